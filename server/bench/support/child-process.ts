/** A program of ours as operators start it, in a process of its own, for as long as a measurement needs it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const startTimeoutMs = 120_000;

export type ChildProgram<Started> = {
  /** For whoever reads that it did not start. */
  name: string;
  file: string;
  flags?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** What it has printed once it serves; null before. */
  started(output: string): Started | null;
};

/** @throws with what it printed, when it does not serve in time */
export async function startChildProgram<Started>({ name, file, flags = [], environment = {}, started }: ChildProgram<Started>): Promise<Started & { stop(): Promise<void> }> {
  const child = spawn(process.execPath, [file, ...flags], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output = `${output}${text}`.slice(-20_000)));
  const exited = once(child, "exit");
  const killed = (): void => void child.kill("SIGKILL");
  process.once("exit", killed);
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`${name} did not start:\n${output}`);
    const found = started(output);
    if (found !== null) {
      return {
        ...found,
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
