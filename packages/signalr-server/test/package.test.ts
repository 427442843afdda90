import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const modules = join(repository, "node_modules");
const environment = { ...process.env, PATH: `${join(modules, ".bin")}:${process.env["PATH"] ?? ""}` };

/** Compilers and npm, on a machine that is busy with other things. */
const slowBuildMs = 600_000;

/** A stranger's folder: the packed package, and of the workspace only what a stranger would have installed. */
let folder: string;

const stranger = `
import { createServer } from "node:http";
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { createHubServer, defineHub } from "@nod/signalr-server";
import { typedClient } from "@nod/signalr-server/client";

interface Server { double(value: number): Promise<number>; count(upTo: number): AsyncIterable<number> }
interface Client { said(text: string): void }

const hubs = createHubServer();
const hub = hubs.mapHub("/hub", defineHub<Server, Client>({
  methods: {
    double: async (call, value) => { await call.clients.caller.said("doubling"); return value * 2; },
    async *count(_call, upTo) { for (let n = 1; n <= upTo; n += 1) yield n; },
  },
}));
// @ts-expect-error the contract says string
hub.clients.all.said(5);
const server = createServer();
hubs.attach(server);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const port = typeof address === "object" ? address?.port : 0;
const connection = new HubConnectionBuilder().withUrl("http://127.0.0.1:" + port + "/hub").configureLogging(LogLevel.None).build();
const typed = typedClient<Server, Client>(connection);
typed.on("said", (text) => console.log(text.toUpperCase()));
await connection.start();
const doubled: number = await typed.invoke("double", 21);
console.log(doubled);
await connection.stop();
await hubs.close();
server.closeAllConnections();
server.close();
`;

beforeAll(async () => {
  const root = await mkdtemp(join(tmpdir(), "signalr-server-"));
  folder = join(root, "stranger");
  // Packing rewrites the manifest for a moment, so it is done to a copy.
  const copy = join(root, "workspace/packages/signalr-server");
  await mkdir(copy, { recursive: true });
  await cp(join(repository, "tsconfig.base.json"), join(root, "workspace/tsconfig.base.json"));
  await symlink(modules, join(root, "workspace/node_modules"));
  for (const part of ["src", "packaging", "package.json", "tsconfig.build.json", "README.md"]) {
    await cp(join(repository, "packages/signalr-server", part), join(copy, part), { recursive: true });
  }
  const before = await readFile(join(copy, "package.json"), "utf8");
  await run("npm", ["pack", "--pack-destination", root], { cwd: copy, env: environment });
  expect(await readFile(join(copy, "package.json"), "utf8")).toBe(before);
  const [tarball] = (await readdir(root)).filter((name) => name.endsWith(".tgz"));
  const installed = join(folder, "node_modules/@nod/signalr-server");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", join(root, tarball ?? ""), "-C", installed, "--strip-components=1"]);
  for (const dependency of ["ws", "@microsoft", "@types"]) await symlink(join(modules, dependency), join(folder, "node_modules", dependency));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "stranger.ts"), stranger);
  const compilerOptions = { target: "es2023", module: "nodenext", strict: true, skipLibCheck: false, outDir: "out", types: ["node"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
}, slowBuildMs);
afterAll(() => rm(join(folder, ".."), { recursive: true, force: true }));

describe("the packed package", () => {
  it("holds compiled files and no sources, and asks for nothing but ws", async () => {
    const installed = join(folder, "node_modules/@nod/signalr-server");
    const files = await readdir(installed, { recursive: true });
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file) || file.includes("test"))).toEqual([]);
    const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    expect(Object.keys(manifest.dependencies)).toEqual(["ws"]);
    expect(manifest).not.toHaveProperty("private");
    expect(manifest.exports["."]).toEqual({ types: "./dist/index.d.ts", default: "./dist/index.js" });
  });

  it("gives a stranger a typed hub and a typed client, checked strictly and running", async () => {
    await run("tsc", ["-p", "."], { cwd: folder, env: environment });
    const { stdout } = await run("node", ["out/stranger.js"], { cwd: folder, env: environment });
    expect(stdout).toBe("DOUBLING\n42\n");
  }, slowBuildMs);
});
