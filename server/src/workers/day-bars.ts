import type { Db } from "../db/pool.ts";
import { readMissingBars, saveMinuteBars, type MissingBars } from "../trading/market/minute-bars-table.ts";
import type { MinuteBarsPort } from "../trading/ports.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";

export type DayBarsSettings = {
  db: Db;
  bars: MinuteBarsPort;
  /** With several processes only the one that ticks fetches. */
  isLeader: () => boolean;
  onError: (error: unknown) => void;
  /** How often it is looked whether a symbol is new. Default 2,000. */
  lookEveryMs?: number;
  fetchTimeoutMs?: number;
};

/** A symbol is asked for again at most this often; its newest minutes are known from its last trades. */
const refreshEveryMs = 5 * 60_000;

/**
 * Keeps the minutes of today for what is followed, so that a chart shows the whole day and not only what happened since this
 * process was started. Charts hang on it and nothing else: no rule and no guardrail reads a bar.
 */
export function startDayBars(settings: DayBarsSettings): IntervalLoop {
  const { db, bars, lookEveryMs = 2_000, fetchTimeoutMs = 15_000 } = settings;
  const fetchedAtMs = new Map<string, number>();
  return startInterval({
    intervalMs: lookEveryMs,
    retryMs: 30_000,
    onError: settings.onError,
    async run(stopping) {
      if (!settings.isLeader()) return undefined;
      const nowMs = performance.now();
      const missing = await readMissingBars(db, refreshEveryMs / 1_000);
      const due = missing.filter((each) => nowMs - (fetchedAtMs.get(nameOf(each)) ?? -Infinity) >= refreshEveryMs);
      for (const group of byFeed(due)) {
        const signal = AbortSignal.any([stopping, AbortSignal.timeout(fetchTimeoutMs)]);
        await saveMinuteBars(db, group, await bars.fetchMinuteBars(group, signal));
        for (const symbol of group.symbols) fetchedAtMs.set(nameOf({ ...group, symbol }), nowMs);
      }
      return undefined;
    },
  });
}

const nameOf = ({ feed, assetClass, symbol }: Omit<MissingBars, "since">): string => `${feed} ${assetClass} ${symbol}`;

/** One request for each feed, from the earliest moment that one of its symbols misses. */
function byFeed(missing: readonly MissingBars[]) {
  const groups = new Map<string, { feed: MissingBars["feed"]; assetClass: MissingBars["assetClass"]; symbols: string[]; since: Date }>();
  for (const { feed, assetClass, symbol, since } of missing) {
    const group = groups.get(`${feed} ${assetClass}`) ?? { feed, assetClass, symbols: [], since };
    group.symbols.push(symbol);
    if (since < group.since) group.since = since;
    groups.set(`${feed} ${assetClass}`, group);
  }
  return groups.values();
}
