// @ts-check
/** Builds the web client when what it is made of has changed. */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { announce } from "./progress.mjs";
import { runStep } from "./run-program.mjs";

/** What the built client depends on. */
const sources = ["client/web", "packages/contract/src", "package-lock.json", "tsconfig.base.json"];
const ignoredFolders = new Set(["node_modules", "dist", "e2e"]);

/**
 * @param {string} root
 * @param {string} node
 */
export async function buildClient(root, node) {
  const stamp = join(root, "client/web/dist/.nod-built");
  const wanted = await sourcesDigest(root);
  if ((await readFile(stamp, "utf8").catch(() => undefined)) === wanted) return;
  const done = announce("Building the client");
  await rm(stamp, { force: true });
  const code = await runStep(node, [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"], { cwd: join(root, "client/web") });
  if (code !== 0) throw new Error(`the client could not be built (${code}); the reason is above`);
  await writeFile(stamp, wanted);
  done();
}

/** @param {string} root */
export async function sourcesDigest(root) {
  const digest = createHash("sha256");
  for (const source of sources) {
    for (const file of await filesOf(join(root, source))) {
      digest.update(`${relative(root, file)}\0`);
      digest.update(await readFile(file));
    }
  }
  return digest.digest("hex");
}

/**
 * @param {string} path of a file or folder
 * @returns {Promise<string[]>} in a fixed order
 */
async function filesOf(path) {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  const found = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) found.push(...(ignoredFolders.has(entry.name) ? [] : await filesOf(inner)));
    else if (entry.isFile() && !entry.name.includes(".test.")) found.push(inner);
  }
  return found;
}
