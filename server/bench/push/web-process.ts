/** A web process as operators start it: `main.ts` with ROLE=web, on a free port. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const startTimeoutMs = 120_000;

export type WebProcess = { port: number; stop(): Promise<void> };

/** @throws with what it printed, when it does not serve in time */
export async function startWebProcess(environment: Readonly<Record<string, string>>): Promise<WebProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../src/main.ts")], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ROLE: "web", PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output = `${output}${text}`.slice(-20_000)));
  const exited = once(child, "exit");
  const killed = (): void => void child.kill("SIGKILL");
  process.once("exit", killed);
  const deadline = performance.now() + startTimeoutMs;
  let port: number | undefined;
  while (port === undefined) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`the web process did not start:\n${output}`);
    await sleep(50);
    const address = /Address\s+http:\/\/\S+:(\d+)/.exec(output)?.[1];
    if (address !== undefined) port = Number(address);
  }
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      process.off("exit", killed);
    },
  };
}
