import type { Db } from "../db/pool.ts";
import type { CompiledInput } from "../trading/rules/compiled-rule.ts";
import type { CompiledConfigs } from "../trading/config/compiled-configs.ts";
import { feedGroupName } from "../trading/config/due-inputs.ts";
import { stampStates, type StateStamp } from "../trading/config/state-table.ts";
import type { FeedHealth } from "./ingest.ts";

/**
 * `user_trading_state` says when a user's inputs were read and his rules evaluated. Whoever is asked is stamped by the asking
 * statement itself, to the moment. Everyone else is stamped here, in one statement every five minutes: a hundred thousand rows
 * rewritten with every tick would cost as much as a tick of questions, for a figure that a metric gives to the second. A stamp
 * is therefore never later than the truth, and at most this much earlier.
 */
const stampIntervalMs = 300_000;

export type StateStamper = { stampIfDue(configs: CompiledConfigs, feeds: readonly FeedHealth[], evaluatedAt: Date | null): Promise<void> };

export function createStateStamper(db: Db): StateStamper {
  let stampedAtMs = -Infinity;
  return {
    async stampIfDue(configs, feeds, evaluatedAt) {
      if (performance.now() - stampedAtMs < stampIntervalMs) return;
      const fetchedAt = new Map(feeds.map((feed) => [feedGroupName(feed.group), feed.lastFetchedAt]));
      const stamps: StateStamp[] = [];
      for (const firebaseUid of configs.activeUsers()) {
        stamps.push({ firebaseUid, ingestedAt: oldest(configs.get(firebaseUid)?.inputs ?? [], fetchedAt), evaluatedAt });
      }
      await stampStates(db, stamps);
      stampedAtMs = performance.now();
    },
  };
}

/** A user's inputs are read when the last of his feeds is; null while one of them has never been. */
function oldest(inputs: readonly CompiledInput[], fetchedAt: ReadonlyMap<string, Date | null>): Date | null {
  let earliest: Date | null = null;
  for (const input of inputs) {
    const at = fetchedAt.get(feedGroupName(input)) ?? null;
    if (at === null) return null;
    if (earliest === null || at < earliest) earliest = at;
  }
  return earliest;
}
