import type { Pool } from "../db/pool.ts";
import { expireQuestions } from "../pipeline/expire.ts";
import type { LeaseFence } from "./held-lease.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";

export type ExpiryObserver = { expired(count: number): void; failed(error: unknown): void };

/** Closes what nobody answered in time, about once a second; an answer that comes first closes it itself. */
export function startQuestionExpiry(pool: Pool, observer: ExpiryObserver, fence: LeaseFence, intervalMs = 1_000): IntervalLoop {
  return startInterval({
    intervalMs,
    run: async () => {
      const count = await expireQuestions(pool, (tx) => fence.holds(tx));
      if (count > 0) observer.expired(count);
      return undefined;
    },
    onError: (error) => observer.failed(error),
  });
}
