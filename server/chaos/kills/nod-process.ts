/** A real Nod, `main.ts` in a process of its own, on the database and the broker of the run. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const entry = join(import.meta.dirname, "../../src/main.ts");
const readyTimeoutMs = 300_000;
/** Past the time that Nod gives itself. */
const stopTimeoutMs = 120_000;
/** Who is asked and does not answer is asked anew. */
const probeTimeoutMs = 20_000;
const outputLimit = 20_000;

export type NodProcess = {
  /** 0 when it could not even be started. */
  pid: number;
  isRunning(): boolean;
  /** False when it ended, or was killed, before it was ready. @throws when it is neither ready nor over in time */
  ready(): Promise<boolean>;
  kill(): Promise<void>;
  /** Resolves when it is over, whoever ended it. */
  ended: Promise<unknown>;
  /** @throws when it does not stop in good order */
  stop(): Promise<void>;
  output(): string;
};

const running = new Set<ChildProcess>();
// Whoever leaves in haste leaves nobody behind.
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export function startNodProcess(address: string, environment: Record<string, string>): NodProcess {
  const child: ChildProcess = spawn(process.execPath, [entry], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-outputLimit)));
  const exited = once(child, "exit");
  running.add(child);
  child.once("exit", () => running.delete(child));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    isRunning,
    ready: async () => {
      const givesUpAt = performance.now() + readyTimeoutMs;
      while (isRunning()) {
        const response = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(probeTimeoutMs) }).catch(() => null);
        await response?.body?.cancel();
        if (response?.ok === true) return true;
        if (performance.now() > givesUpAt) throw new Error(`Nod was not ready in time:\n${output}`);
        await sleep(25);
      }
      return false;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      child.kill("SIGTERM");
      const stopped = await Promise.race([exited.then(() => true), sleep(stopTimeoutMs, false, { ref: false })]);
      if (!stopped) child.kill("SIGKILL");
      if (!stopped || child.exitCode !== 0) throw new Error(`Nod did not stop in good order (${child.exitCode ?? child.signalCode ?? "still running"}):\n${output}`);
    },
    ended: exited,
    output: () => output,
  };
}
