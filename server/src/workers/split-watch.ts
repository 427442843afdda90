import { Decimal } from "decimal.js";
import type { Feed } from "@nod/contract/primitives";
import { addDays, newYorkDate, newYorkInstant, type NewYorkDate } from "../core/trading-day.ts";
import type { Db } from "../db/pool.ts";
import type { BarAdjustment, HistoryPorts, Split } from "../trading/market/bar-ports.ts";
import { fetchAnew, type Coverage } from "../trading/market/coverage-table.ts";
import { markUnsplit, readPendingSplits, recordSplits } from "../trading/market/splits-table.ts";
import type { Bar } from "../trading/ports.ts";

export type SplitObserver = {
  /** The stored history of a symbol is in old shares; it is suspended until the broker's own is in new ones, and is then fetched anew. */
  splitPending(split: { feed: string; symbol: string; exDate: NewYorkDate }): void;
  fetchingAnew(symbol: string, why: "split" | "closes changed"): void;
};

/** Splits are told without a promise of when, so they are asked for through the day. */
const askAgainMs = 15 * 60_000;
const daysAhead = 10;
/** Further back than this nobody holds history in old shares. */
const mostDaysBack = 400;
/** A split's ratio in the broker's own prices, which are rounded to the cent. */
const ratioTolerance = 0.02;
const lookBackDays = 12;

export type SplitWatch = {
  /**
   * Learns of splits, says of what is not split that it is in today's shares, and has the rest fetched anew as soon as the
   * broker's own history is.
   * @throws BrokerUnavailableError: what was learned before it holds
   */
  check(coverage: readonly Coverage[], tradingDay: NewYorkDate, signal: AbortSignal): Promise<void>;
};

export function createSplitWatch(deps: { db: Db; history: HistoryPorts; observer: Partial<SplitObserver>; nowMs?: () => number }): SplitWatch {
  const { db, history, observer, nowMs = () => performance.now() } = deps;
  const asked = new Map<string, { tradingDay: NewYorkDate; atMs: number }>();
  const told = new Set<string>();

  const learn = async (coverage: readonly Coverage[], tradingDay: NewYorkDate, signal: AbortSignal): Promise<void> => {
    const stocks = coverage.filter((row) => row.assetClass === "us_equity");
    const due = [...new Set(stocks.map((row) => row.symbol))].filter((symbol) => {
      const last = asked.get(symbol);
      return last?.tradingDay !== tradingDay || nowMs() - last.atMs >= askAgainMs;
    });
    if (due.length === 0) return;
    const earliest = stocks.reduce((day, row) => (row.adjustedAsOf !== null && row.adjustedAsOf < day ? row.adjustedAsOf : day), addDays(tradingDay, -1));
    const from = earliest < addDays(tradingDay, -mostDaysBack) ? addDays(tradingDay, -mostDaysBack) : earliest;
    await recordSplits(db, await history.fetchSplits({ symbols: due, from, to: addDays(tradingDay, daysAhead) }, signal));
    await markUnsplit(db, due, tradingDay);
    for (const symbol of due) asked.set(symbol, { tradingDay, atMs: nowMs() });
  };

  return {
    async check(coverage, tradingDay, signal) {
      await learn(coverage, tradingDay, signal);
      const pending = await readPendingSplits(db, tradingDay);
      for (const [name, splits] of Map.groupBy(pending, ({ feed, symbol }) => `${feed} ${symbol}`)) {
        const row = coverage.find(({ feed, symbol }) => `${feed} ${symbol}` === name);
        const [first] = splits;
        if (row === undefined || first === undefined) continue;
        if (!told.has(`${name} ${first.exDate}`)) observer.splitPending?.(first);
        told.add(`${name} ${first.exDate}`);
        if (!(await isWorkedIn(history, row.feed, splits, signal))) continue;
        await fetchAnew(db, row.feed, [row.symbol], tradingDay);
        observer.fetchingAnew?.(row.symbol, "split");
      }
    },
  };
}

/** Whether the broker's adjusted closes before the split differ from the raw ones by its ratio. */
async function isWorkedIn(history: HistoryPorts, feed: Feed, splits: readonly Split[], signal: AbortSignal): Promise<boolean> {
  const [first] = splits;
  if (first === undefined) return true;
  const to = newYorkInstant(first.exDate, "00:00");
  const closes = async (adjustment: BarAdjustment): Promise<Bar | undefined> => {
    let last: Bar | undefined;
    const request = { feed, assetClass: "us_equity" as const, symbols: [first.symbol], timeframe: "1Day" as const, from: newYorkInstant(addDays(first.exDate, -lookBackDays), "00:00"), to, adjustment };
    for await (const page of history.fetchBars(request, signal)) last = page.at(-1) ?? last;
    return last;
  };
  const [raw, adjusted] = [await closes("raw"), await closes("split")];
  // Nothing was traded before it, so nothing is in old shares.
  if (raw === undefined || adjusted === undefined) return raw === adjusted;
  if (newYorkDate(raw.startsAt) !== newYorkDate(adjusted.startsAt)) return false;
  const expected = splits.reduce((product, split) => product.times(split.ratio), new Decimal(1));
  return new Decimal(raw.close).dividedBy(adjusted.close).dividedBy(expected).minus(1).abs().lessThan(ratioTolerance);
}
