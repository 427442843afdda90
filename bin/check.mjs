// @ts-check
/**
 * Everything that can be said about the code without running it, each as one check:
 * types of every room, lint, dead code, floors.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Two cores are what the smallest machine that runs this has. */
const atOnce = 2;

/** @typedef {{ name: string, command: string, args: string[] }} Check */

/**
 * @param {string} root
 * @param {string} node
 * @returns {Promise<number>} exit code
 */
export async function check(root, node) {
  const pending = await allChecks(root, node);
  let passed = 0;
  let failed = 0;
  const work = async () => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const startedAt = performance.now();
      const { ok, output } = await runCheck(next, root);
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      console.log(`${ok ? "✓" : "✗"} ${next.name} (${seconds} s)${ok ? "" : `\n${output.trimEnd()}\n`}`);
      if (ok) passed += 1;
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  console.log(`check: ${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/**
 * @param {string} root
 * @param {string} node
 * @returns {Promise<Check[]>}
 */
async function allChecks(root, node) {
  const packages = (await readdir(join(root, "packages"))).sort().map((name) => `packages/${name}`);
  const rooms = ["server", "client/web", ...packages, "bin"].filter((room) => existsSync(join(root, room, "tsconfig.json")));
  const program = (/** @type {string} */ path) => join(root, "node_modules", path);
  return [
    { name: "lint", command: node, args: [program("oxlint/bin/oxlint"), "--type-aware", "--deny-warnings"] },
    ...rooms.map((room) => ({ name: `types of ${room}`, command: node, args: [program("typescript/bin/tsc"), "-p", room] })),
    { name: "dead code", command: node, args: [program("knip/bin/knip.js")] },
    { name: "floors", command: node, args: [join(root, "bin/floors/main.ts"), root] },
  ];
}

/**
 * @param {Check} check
 * @param {string} root
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
function runCheck({ command, args }, root) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ ok: code === 0, output }));
  });
}
