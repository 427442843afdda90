// @ts-check
/** What each npm script does, in terms of: install, build the client, run a program under Node 24. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findBenchmarks, runBenchmarks } from "./bench.mjs";
import { check } from "./check.mjs";
import { buildClient } from "./client-build.mjs";
import { install } from "./install.mjs";
import { runProgram } from "./run-program.mjs";

const root = join(import.meta.dirname, "..");
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const environmentFile = join(root, "server/.env");
/** The settings of this installation, for whoever keeps them in a file. */
const environment = existsSync(environmentFile) ? [`--env-file=${environmentFile}`] : [];

/**
 * Each gives the exit code.
 * @type {ReadonlyMap<string, (args: string[]) => Promise<number>>}
 */
export const commands = new Map([
  ["start", start],
  ["test", (args) => test(["--project", "unit", "--project", "server", ...args])],
  ["e2e", (args) => test(["--project", "e2e", ...args])],
  ["check", runCheck],
  ["bench", bench],
  ["test:guards", (args) => program("server/guards/main.ts", args)],
  ["chaos", (args) => program("server/chaos/main.ts", args)],
  ["chaos:kills", (args) => program("server/chaos/kills.ts", args)],
  ["soak", (args) => program("server/soak/main.ts", args)],
  ["migrate", migrateDatabase],
  ["seed", seed],
  ["replay", replay],
  ["audit:verify", verifyAudit],
]);

/** @param {string[]} args */
async function start(args) {
  const node = await install(root);
  await buildClient(root, node);
  const stopsWithLauncher = `--import=${new URL("stop-with-launcher.mjs", import.meta.url).href}`;
  return runProgram(node, [...environment, stopsWithLauncher, "server/src/main.ts", ...args], { cwd: root, channel: true });
}

/** @param {string[]} args */
async function test(args) {
  const node = await install(root);
  await buildClient(root, node);
  return runProgram(node, [vitest, "run", ...args], { cwd: root });
}

async function runCheck() {
  return check(root, await install(root));
}

/** @param {string[]} args */
async function bench([name, ...args]) {
  const node = await install(root);
  return runBenchmarks(await findBenchmarks(root), { root, node, name, args });
}

/** @param {string[]} args */
async function seed(args) {
  const node = await install(root);
  return runProgram(node, [...environment, join(root, "server/src/apply-seed.ts"), ...args], { cwd: root });
}

async function migrateDatabase() {
  const node = await install(root);
  return runProgram(node, [...environment, join(root, "server/src/migrate-database.ts")], { cwd: root });
}

/** @param {string[]} args */
async function replay(args) {
  const node = await install(root);
  return runProgram(node, [...environment, join(root, "server/src/replay-days.ts"), ...args], { cwd: root });
}

/** @param {string[]} args */
async function verifyAudit(args) {
  const node = await install(root);
  return runProgram(node, [...environment, join(root, "server/src/verify-audit.ts"), ...args], { cwd: root });
}

/**
 * @param {string} file
 * @param {string[]} args
 */
async function program(file, args) {
  const node = await install(root);
  return runProgram(node, [join(root, file), ...args], { cwd: root });
}
