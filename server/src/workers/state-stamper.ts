import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import type { CompiledInput } from "../trading/rules/compiled-rule.ts";
import type { CompiledConfigs } from "../trading/config/compiled-configs.ts";
import { feedGroupName } from "../trading/config/due-inputs.ts";
import { stampStates } from "../trading/config/state-table.ts";
import type { FeedHealth } from "./ingest.ts";

/** When a feed was last read; null: never. */
export type FeedTime = Pick<FeedHealth, "group" | "lastFetchedAt">;

/** `readFeeds` is called when it is time; `holds` says in the transaction whether these users are still this process's to look after. */
export type Stamping = { configs: CompiledConfigs; readFeeds: () => Promise<readonly FeedTime[]>; evaluatedAt: Date | null; holds: (tx: Db) => Promise<boolean> };

/**
 * `user_trading_state` says when a user's inputs were read and his rules evaluated. Whoever is asked is stamped by the asking
 * statement itself, to the moment. Everyone else is stamped here, in one statement every five minutes: a hundred thousand rows
 * rewritten with every tick would cost as much as a tick of questions, for a figure that a metric gives to the second. A stamp
 * is therefore never later than the truth, and at most this much earlier.
 */
const stampIntervalMs = 300_000;
/** A hundred thousand rows take some seconds. */
const stampTimeoutMs = 60_000;

export type StateStamper = { stampIfDue(stamping: Stamping): Promise<void> };

export function createStateStamper(pool: Pool): StateStamper {
  let stampedAtMs = -Infinity;
  return {
    async stampIfDue({ configs, readFeeds, evaluatedAt, holds }) {
      if (performance.now() - stampedAtMs < stampIntervalMs) return;
      const fetchedAt = new Map((await readFeeds()).map((feed) => [feedGroupName(feed.group), feed.lastFetchedAt]));
      // Users of one template share their inputs.
      const known = new Map<readonly CompiledInput[], Date | null>();
      const ingestedAtOf = (inputs: readonly CompiledInput[]): Date | null => {
        const at = known.get(inputs);
        if (at !== undefined) return at;
        const earliest = oldest(inputs, fetchedAt);
        known.set(inputs, earliest);
        return earliest;
      };
      const users = Array.from(configs.activeUsers(), (firebaseUid) => ({ firebaseUid, ingestedAt: ingestedAtOf(configs.get(firebaseUid)?.inputs ?? noInputs) }));
      await withTransaction(pool, async (tx) => {
        if (await holds(tx)) await stampStates(tx, { evaluatedAt, users });
      }, { timeoutMs: stampTimeoutMs });
      stampedAtMs = performance.now();
    },
  };
}

const noInputs: readonly CompiledInput[] = [];

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
