/** Nod as its users start it: `main.ts` in a process of its own, on a free port, with its own folder. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { freePort } from "../../src/db/free-port.ts";

const entry = join(import.meta.dirname, "../../src/main.ts");
const readyTimeoutMs = 300_000;
const exitTimeoutMs = 60_000;

export type NodProcess = {
  address: string;
  child: ChildProcess;
  /** Everything that it printed so far. */
  output(): string;
  ready(): Promise<void>;
  /** Sends the signal, if one is given, and waits for the end. */
  ended(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

/** A folder for a Nod of this test alone; whatever still runs in it is ended with the test. */
export async function createDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nod-process-"));
  await chmod(folder, 0o755); // PostgreSQL's own account passes through it
  onTestFinished(async () => {
    for (const pid of await processesOf(folder)) process.kill(pid, "SIGKILL");
    await untilNone(folder);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Processes that name the folder in their command line: the PostgreSQL of a Nod, and that Nod itself where it was told so. */
export async function processesOf(folder: string): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const commandLine = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (commandLine.includes(folder)) pids.push(Number(name));
  }
  return pids;
}

async function untilNone(folder: string): Promise<void> {
  const deadline = Date.now() + exitTimeoutMs;
  while ((await processesOf(folder)).length > 0) {
    if (Date.now() > deadline) throw new Error(`processes are left in ${folder}`);
    await sleep(50);
  }
}

export async function startNodProcess(dataFolder: string, environment: Record<string, string> = {}): Promise<NodProcess> {
  const port = environment["PORT"] ?? String(await freePort());
  const address = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], DATA_DIR: join(dataFolder, ".data"), QUESTION_WORKER_INTERVAL_SECONDS: "1", ...environment, PORT: port },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exited = once(child, "exit").then(() => ({ code: child.exitCode, signal: child.signalCode }));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
  });
  return {
    address,
    child,
    output: () => output,
    async ready() {
      const deadline = Date.now() + readyTimeoutMs;
      while (Date.now() < deadline) {
        if (child.exitCode !== null) throw new Error(`Nod ended with ${child.exitCode}:\n${output}`);
        const response = await fetch(`${address}/readyz`).catch(() => null);
        if (response?.ok === true) return;
        await sleep(50);
      }
      throw new Error(`Nod was not ready in time:\n${output}`);
    },
    async ended(signal) {
      if (signal !== undefined) child.kill(signal);
      return exited;
    },
  };
}
