/** What is done by the clock. */
import type { Logger } from "pino";
import { Counter, Histogram, type Registry } from "prom-client";
import type { ChoreObserver } from "../workers/chores.ts";
import { choreSeconds } from "./buckets.ts";

export function choreTelemetry(registry: Registry, logger: Logger): ChoreObserver {
  const registers = [registry];
  const chores = new Counter({ name: "nod_chores_total", help: "Scheduled chores by how they ended; one that failed is tried again", labelNames: ["chore", "outcome"], registers });
  const seconds = new Histogram({ name: "nod_chore_seconds", help: "Duration of a scheduled chore", labelNames: ["chore"], buckets: choreSeconds, registers });
  return {
    choreDone(chore, tookMs) {
      chores.inc({ chore, outcome: "done" });
      seconds.observe({ chore }, tookMs / 1_000);
      logger.info({ chore, ms: Math.round(tookMs) }, "a chore is done");
    },
    choreFailed(chore, error, tookMs) {
      chores.inc({ chore, outcome: "failed" });
      seconds.observe({ chore }, tookMs / 1_000);
      logger.error({ err: error, chore }, "a chore failed and will be tried again");
    },
    remarked: (message) => logger.debug({ message }, "what runs the chores has something to say"),
  };
}
