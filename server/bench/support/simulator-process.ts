/** The broker as operators start it in its place: the simulator, in a process of its own and without a rate limit. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const startTimeoutMs = 120_000;

export type SimulatorProcess = { url: string; tradingStreamUrl: string; stop(): Promise<void> };

/** @throws with what it printed, when it does not serve in time */
export async function startSimulatorProcess(flags: readonly string[] = []): Promise<SimulatorProcess> {
  const main = join(import.meta.dirname, "../../../packages/alpaca-simulator/src/main.ts");
  const child = spawn(process.execPath, [main, "--port", "0", "--rate-limit", "0", ...flags], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output = `${output}${text}`.slice(-20_000)));
  const exited = once(child, "exit");
  const killed = (): void => void child.kill("SIGKILL");
  process.once("exit", killed);
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`the simulator did not start:\n${output}`);
    const [, url, tradingStreamUrl] = /listening on (\S+)\s+streams\s+(\S+)/.exec(output) ?? [];
    if (url !== undefined && tradingStreamUrl !== undefined) {
      return {
        url,
        tradingStreamUrl,
        async stop() {
          child.kill("SIGTERM");
          await exited;
          process.off("exit", killed);
        },
      };
    }
    await sleep(50);
  }
}
