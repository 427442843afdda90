// @ts-check
/**
 * Installs the dependencies when they are missing or not those of the lockfile, and finds Node 24.
 *
 * What is compared is the content of the files that decide the installation, because a checkout
 * gives files new times without changing them.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { announce } from "./progress.mjs";
import { runStep } from "./run-program.mjs";

const programNode = 24;

/**
 * @param {string} root
 * @returns {Promise<string>} path of a Node that runs the program
 */
export async function install(root) {
  const wanted = await installationDigest(root);
  const stamp = join(root, "node_modules/.nod-installed");
  if ((await readIfThere(stamp)) !== wanted) {
    if (!(await installedByHand(root))) await runInstall(root);
    await writeFile(stamp, wanted);
  }
  return findNode(root);
}

/** @param {string} root */
async function runInstall(root) {
  const done = announce("Installing the dependencies");
  // Not `npm ci`: it refuses a lockfile when a registry lacks another platform's optional packages.
  // --no-save: the lockfile is what it is, whatever this registry lacks.
  const code = await runStep("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, env: installEnvironment() });
  if (code !== 0) throw new Error(`npm install failed (${code}); its own messages are above`);
  done();
}

/** Under `NODE_ENV=production` npm would leave out what builds the client. */
function installEnvironment() {
  return { ...process.env, NODE_ENV: "development" };
}

/**
 * Digest of everything that decides what is installed.
 * @param {string} root
 */
export async function installationDigest(root) {
  const digest = createHash("sha256");
  for (const file of ["package-lock.json", "package.json", ".npmrc"]) digest.update((await readIfThere(join(root, file))) ?? "");
  return digest.digest("hex");
}

/**
 * Somebody ran `npm install` without us: npm's own record of it is newer than the lockfile.
 * @param {string} root
 */
async function installedByHand(root) {
  try {
    const [installed, lockfile] = await Promise.all([stat(join(root, "node_modules/.package-lock.json")), stat(join(root, "package-lock.json"))]);
    return installed.mtimeMs >= lockfile.mtimeMs && existsSync(join(root, "node_modules/.bin/node"));
  } catch {
    return false; // one of the two is not there
  }
}

/** @param {string} root */
async function findNode(root) {
  const packaged = join(root, "node_modules/.bin/node");
  for (const candidate of [packaged, process.execPath]) {
    if ((await majorVersion(candidate)) >= programNode) return candidate;
  }
  throw new Error(
    `Node ${programNode} is not there, though the dependencies are installed: npm probably may not run install scripts (ignore-scripts). ` +
      `Run "npm rebuild node", or start with a Node ${programNode} of your own.`,
  );
}

/** @param {string} node */
async function majorVersion(node) {
  try {
    const { stdout } = await promisify(execFile)(node, ["--version"]);
    return Number.parseInt(stdout.slice(1), 10);
  } catch {
    return 0; // not there, or not for this machine
  }
}

/** @param {string} path */
async function readIfThere(path) {
  return readFile(path, "utf8").catch(() => undefined);
}
