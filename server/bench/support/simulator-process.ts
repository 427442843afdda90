/** The broker as operators start it in its place: the simulator, in a process of its own and without a rate limit. */
import { join } from "node:path";
import { startChildProgram } from "./child-process.ts";

export type SimulatorProcess = { url: string; tradingStreamUrl: string; stop(): Promise<void> };

/** @throws with what it printed, when it does not serve in time */
export function startSimulatorProcess(flags: readonly string[] = []): Promise<SimulatorProcess> {
  return startChildProgram({
    name: "the simulator",
    file: join(import.meta.dirname, "../../../packages/alpaca-simulator/src/main.ts"),
    flags: ["--port", "0", "--rate-limit", "0", ...flags],
    started(output) {
      const [, url, tradingStreamUrl] = /listening on (\S+)\s+streams\s+(\S+)/.exec(output) ?? [];
      return url === undefined || tradingStreamUrl === undefined ? null : { url, tradingStreamUrl };
    },
  });
}
