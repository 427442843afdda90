// @ts-check
/** The benchmarks are the files `server/bench/*.ts` and `packages/<name>/bench/*.ts`, each named by its file. */
import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { runProgram } from "./run-program.mjs";

/**
 * @param {string} root
 * @returns {Promise<Map<string, string>>} name → file
 */
export async function findBenchmarks(root) {
  const packages = await readdir(join(root, "packages"));
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const folder of ["server/bench", ...packages.sort().map((name) => `packages/${name}/bench`)]) {
    const files = await readdir(join(root, folder)).catch(() => []);
    for (const file of files.filter((name) => name.endsWith(".ts")).sort()) {
      const name = basename(file, ".ts");
      const twin = found.get(name);
      if (twin !== undefined) throw new Error(`two benchmarks are called ${name}: ${relative(root, twin)} and ${folder}/${file}`);
      found.set(name, join(root, folder, file));
    }
  }
  return found;
}

/**
 * One after the other, since they measure; goes on after a failure and reports it at the end.
 * @param {Map<string, string>} benchmarks
 * @param {{ root: string, node: string, name: string | undefined, args: string[] }} options without a name: all
 * @returns {Promise<number>} exit code
 */
export async function runBenchmarks(benchmarks, { root, node, name, args }) {
  if (name !== undefined && !benchmarks.has(name)) {
    console.error(`there is no benchmark "${name}"; there are: ${[...benchmarks.keys()].join(", ") || "none"}`);
    return 1;
  }
  const failed = [];
  for (const [each, file] of benchmarks) {
    if (name !== undefined && each !== name) continue;
    console.log(`\n── ${each} (${relative(root, file)})`);
    const code = await runProgram(node, ["--expose-gc", file, ...args], { cwd: root });
    if (code > 128) return code; // stopped by hand: the rest is not wanted either
    if (code !== 0) failed.push(each);
  }
  if (failed.length > 0) console.error(`\nfailed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}
