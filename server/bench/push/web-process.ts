/** A web process as operators start it: `main.ts` with ROLE=web, on a free port. */
import { join } from "node:path";
import { startChildProgram } from "../support/child-process.ts";

export type WebProcess = { port: number; stop(): Promise<void> };

/** @throws with what it printed, when it does not serve in time */
export function startWebProcess(environment: Readonly<Record<string, string>>): Promise<WebProcess> {
  return startChildProgram({
    name: "the web process",
    file: join(import.meta.dirname, "../../src/main.ts"),
    environment: { ROLE: "web", PORT: "0", ...environment },
    started(output) {
      const address = /Address\s+http:\/\/\S+:(\d+)/.exec(output)?.[1];
      return address === undefined ? null : { port: Number(address) };
    },
  });
}
