/** Sets kill switches by itself when a rule says so. Any number of processes may watch: who is second finds it set. */
import type { Pool } from "../db/pool.ts";
import { isGreater } from "../core/decimal.ts";
import { withTransaction } from "../db/transaction.ts";
import { feedGroupName } from "../trading/config/due-inputs.ts";
import { maxSessionAgeSeconds } from "../trading/market/session-table.ts";
import {
  haltForDailyLoss,
  haltForDrawdown,
  haltForMarketDataGap,
  haltForReconciliation,
  haltForRejections,
  haltLimits,
  peakAfter,
  watchAfter,
  type Halt,
  type Watch,
} from "../trading/risk/halt-rules.ts";
import { raisePeaks, readMarketState, readRejections, readWatchedDays, type WatchedDay } from "../trading/risk/halts-table.ts";
import { dayResult } from "../trading/risk/holdings.ts";
import { halt } from "../trading/risk/kill-switch-table.ts";
import type { KillSwitchScope } from "../trading/risk/kill-switch-scope.ts";
import type { FeedHealth } from "./ingest.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";

export type HaltObserver = { halted(scope: KillSwitchScope, why: Halt): void; failed(error: unknown): void };

export type HaltWatchDeps = {
  pool: Pool;
  /** The stock feeds that this process reads, each with how long it has not been readable; empty where another process reads them. */
  feeds: () => readonly { name: string; failingForSeconds: number }[];
  observer: HaltObserver;
};

/** @param intervalMs how soon a cause is seen; from then on the switch holds in every process that decides or sends */
export function startHaltWatch(deps: HaltWatchDeps, intervalMs = 1_000): IntervalLoop {
  const watch = createHaltWatch(deps);
  return startInterval({
    intervalMs,
    run: async () => {
      await watch.look();
      return undefined;
    },
    onError: (error) => deps.observer.failed(error),
  });
}

export function createHaltWatch({ pool, feeds, observer }: HaltWatchDeps): { look(): Promise<void> } {
  let watch: Watch | null = null;

  const set = async (scope: KillSwitchScope, why: Halt | null): Promise<void> => {
    if (why !== null && (await withTransaction(pool, (tx) => halt(tx, scope, why)))) observer.halted(scope, why);
  };

  return {
    look: async () => {
      const market = await readMarketState(pool, maxSessionAgeSeconds);
      watch = watchAfter(watch, market.at);
      await set({ scope: "all" }, haltForReconciliation({ at: market.at, reconciledAt: market.reconciledAt, watchingSince: watch.since }));
      await set({ scope: "all" }, haltForMarketDataGap({ marketIsOpen: market.isOpen, feeds: feeds() }));
      for (const { firebaseUid, count } of await readRejections(pool, { atLeast: haltLimits.rejections, withinSeconds: haltLimits.rejectionsWithinSeconds })) {
        await set({ scope: "user", firebaseUid }, haltForRejections({ withinWindow: count }));
      }
      const days = (await readWatchedDays(pool, maxSessionAgeSeconds)).map((day) => ({ ...day, result: dayResult(day.holdings) }));
      await raisePeaks(pool, days.flatMap(raisedPeak));
      for (const { firebaseUid, result, peak, maxDailyLoss, maxDrawdown } of days) {
        await set({ scope: "user", firebaseUid }, haltForDailyLoss({ result, limit: maxDailyLoss }) ?? haltForDrawdown({ result, peak, limit: maxDrawdown }));
      }
    },
  };
}

/** Coins trade whether the stock market is open or not, so their feed is left out. `now` is this process's, as `failingSince` is. */
export function failingStockFeeds(feeds: readonly FeedHealth[], now: Date): { name: string; failingForSeconds: number }[] {
  return feeds
    .filter(({ group }) => group.assetClass === "us_equity")
    .map(({ group, failingSince }) => ({ name: feedGroupName(group), failingForSeconds: failingSince === null ? 0 : (now.getTime() - failingSince.getTime()) / 1_000 }));
}

function raisedPeak({ firebaseUid, tradingDay, peak, result, maxDrawdown }: WatchedDay & { result: ReturnType<typeof dayResult> }) {
  if (result === null || maxDrawdown === null || !isGreater(result, peak)) return [];
  return [{ firebaseUid, tradingDay, peak: peakAfter(peak, result) }];
}
