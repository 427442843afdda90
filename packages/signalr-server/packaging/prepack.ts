/** Before `npm pack`: compiles `src` to `dist` and puts the published manifest in place of the workspace's. */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { publishedManifest } from "./published-manifest.ts";

const root = new URL("../", import.meta.url);
const manifestFile = new URL("package.json", root);

rmSync(new URL("dist", root), { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
const manifest: unknown = JSON.parse(readFileSync(manifestFile, "utf8"));
copyFileSync(manifestFile, new URL("dist/workspace-package.json", root));
writeFileSync(manifestFile, `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
