import type { Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { releaseToken } from "../push/devices-table.ts";
import { takeDuePushes, type DueWindow } from "../push/due-pushes.ts";
import type { PushSender } from "../push/push-sender.ts";
import type { LeaseFence } from "./held-lease.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";

export type PushObserver = { pushed(outcomes: Readonly<Record<"sent" | "gone" | "failed", number>>): void; failed(error: unknown): void };

const defaultWindow: DueWindow = { graceMs: 3_000, notOlderThanMs: 600_000, leastLeftMs: 10_000, limit: 500 };

/** Pushes what no connected device has taken in, looking about once a second. A token that reaches nobody is forgotten. */
export function startPushing(pool: Pool, sender: PushSender, observer: PushObserver, fence: LeaseFence, window: Partial<DueWindow> = {}, intervalMs = 1_000): IntervalLoop {
  const due = { ...defaultWindow, ...window };
  return startInterval({
    intervalMs,
    run: async () => {
      const pushes = await withTransaction(pool, async (tx) => ((await fence.holds(tx)) ? takeDuePushes(tx, due) : []));
      if (pushes.length === 0) return undefined;
      const outcomes = await sender.send(pushes);
      for (const [index, push] of pushes.entries()) if (outcomes[index] === "gone") await releaseToken(pool, push.pushToken, null);
      const count = (outcome: "sent" | "gone" | "failed"): number => outcomes.filter((each) => each === outcome).length;
      observer.pushed({ sent: count("sent"), gone: count("gone"), failed: count("failed") });
      return pushes.length >= due.limit ? { nextInMs: 0 } : undefined;
    },
    onError: (error) => observer.failed(error),
  });
}
