/** After `npm pack`: puts the workspace's manifest back. */
import { existsSync, renameSync } from "node:fs";

const root = new URL("../", import.meta.url);
const kept = new URL("dist/workspace-package.json", root);
if (existsSync(kept)) renameSync(kept, new URL("package.json", root));
