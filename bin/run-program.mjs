// @ts-check
/**
 * Runs a program in the foreground as if this launcher were not there: its output, its signals, its
 * exit code.
 *
 * The program gets a process group of its own and every signal once, from here. Otherwise Ctrl-C
 * would reach it two or three times (from the terminal, from npm and from here), and programs take
 * a second one for "at once".
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import process from "node:process";

/** Signals that come within this time after the first are echoes of it. */
const echoMs = 1_000;
const parentCheckMs = 1_000;
/** @type {NodeJS.Signals[]} */
const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

const npmAtStart = npmProcess();
let stopping = false;

/**
 * For a step on the way to the program proper: whatever it made of it, a request to stop is the end of the way.
 * @type {typeof runProgram}
 */
export async function runStep(program, args, options) {
  const code = await runProgram(program, args, options);
  if (stopping) throw new Error("stopped");
  return code;
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, channel?: boolean, env?: NodeJS.ProcessEnv }} options with `channel`, the program can notice the launcher's death
 * @returns {Promise<number>} the exit code, 128 + n when it was ended by signal n
 */
export async function runProgram(program, args, { cwd, channel = false, env = process.env }) {
  /** @type {import("node:child_process").StdioOptions} */
  const stdio = channel ? ["ignore", "inherit", "inherit", "ipc"] : ["ignore", "inherit", "inherit"];
  const child = spawn(program, args, { cwd, env, detached: true, stdio });
  let lastSignalAt = -Infinity;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    const now = performance.now();
    if (now - lastSignalAt < echoMs) return;
    lastSignalAt = now;
    stopping = true;
    signalGroup(child.pid, signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  const watch = watchParent(() => forward("SIGTERM"));
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)));
    });
  } finally {
    clearInterval(watch);
    for (const signal of forwarded) process.off(signal, forward);
  }
}

/**
 * @param {number | undefined} pid leader of the group
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/**
 * When npm is killed it cannot pass that on; then its scripts would go on without anyone to stop them.
 * Started without npm, the launcher may be meant to outlive its shell.
 * @param {() => void} onOrphaned
 */
function watchParent(onOrphaned) {
  if (process.env["npm_lifecycle_event"] === undefined) return undefined;
  return setInterval(() => {
    if (npmProcess() !== npmAtStart) onOrphaned();
  }, parentCheckMs);
}

/** npm starts scripts through a shell, which some systems' shells replace with the script and others do not. */
function npmProcess() {
  const parent = statusOf(process.ppid);
  return parent?.isShell === true ? parent.parent : process.ppid;
}

/**
 * @param {number} pid
 * @returns {{ isShell: boolean, parent: number } | undefined} undefined where there is no /proc; macOS's shell replaces itself
 */
function statusOf(pid) {
  try {
    const [, name = "", parent = ""] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return { isShell: /^(?:ba|da)?sh$/.test(name), parent: Number(parent) };
  } catch {
    return undefined;
  }
}
