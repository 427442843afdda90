/** Gives a reader, the tick for one, every finished bar once and in the order of time. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Timeframe } from "@nod/contract/rule-language";
import { addDays, newYorkInstant } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";
import { baseTimeframes, readCoveredBars, type BarCursor, type BaseTimeframe, type CoveredBars } from "./bars-table.ts";
import { aggregateMinutes, minutesOf, type FinishedBar } from "./session-bars.ts";

/** How many finished bars of a symbol somebody needs. */
export type WantedBars = { feed: Feed; assetClass: AssetClass; symbol: string; timeframe: Timeframe; bars: number };

/**
 * What is new of one symbol and timeframe, in the order of time. `restarted`: it is not a continuation of what was delivered
 * before (the first delivery; more history is wanted, or has come; prices are in other shares since a split): whoever keeps a
 * series drops it and begins with these. At least as many as were wanted, where the market has them.
 */
export type BarDelivery = { feed: Feed; assetClass: AssetClass; symbol: string; timeframe: Timeframe; restarted: boolean; bars: readonly FinishedBar[] };

type Place = { generation: number; most: number; coveredTo: Date; endMsOf: ReadonlyMap<Timeframe, number> };
/** What has been delivered; to be handed back at the next reading. */
export type BarsWatermark = ReadonlyMap<string, Place>;
export const beforeAllBars: BarsWatermark = new Map();

type Need = { name: string; cursor: BarCursor; timeframes: Timeframe[]; place: Place | undefined };

/**
 * Every bar that is over and was not delivered yet, in one statement for all symbols. A symbol whose history is not complete is
 * left out until it is, one without news costs next to nothing; what is corrected or comes late after its time was delivered is not delivered again.
 */
export async function readBarsChangedSince(db: Db, watermark: BarsWatermark, wanted: readonly WantedBars[]): Promise<{ watermark: BarsWatermark; deliveries: BarDelivery[] }> {
  const needs = needsOf(watermark, wanted);
  const next = new Map<string, Place>();
  const deliveries: BarDelivery[] = [];
  if (needs.length === 0) return { watermark: next, deliveries };
  const found = await readCoveredBars(db, needs.map((need) => need.cursor));
  for (const [n, need] of needs.entries()) {
    const covered = found.get(n);
    if (covered === undefined) {
      if (need.place !== undefined) next.set(need.name, need.place);
      continue;
    }
    const place = need.place?.generation === covered.generation ? need.place : null;
    const restarted = place === null;
    const endMsOf = new Map<Timeframe, number>();
    for (const timeframe of need.timeframes) {
      const afterMs = place?.endMsOf.get(timeframe) ?? covered.coveredFrom.getTime();
      const bars = barsOf(covered, need.cursor.assetClass, timeframe, afterMs, restarted && covered.bars.length >= need.cursor.most);
      endMsOf.set(timeframe, bars.at(-1)?.endsAt.getTime() ?? afterMs);
      const { feed, assetClass, symbol } = need.cursor;
      if (restarted || bars.length > 0) deliveries.push({ feed, assetClass, symbol, timeframe, restarted, bars });
    }
    next.set(need.name, { generation: covered.generation, most: need.cursor.most, coveredTo: covered.coveredTo, endMsOf });
  }
  return { watermark: next, deliveries };
}

/** One cursor for each symbol's minutes and one for its days. Whoever wants more than before is given everything again. */
function needsOf(watermark: BarsWatermark, wanted: readonly WantedBars[]): Need[] {
  const needs = new Map<string, Need>();
  for (const { feed, assetClass, symbol, timeframe, bars } of wanted) {
    const base: BaseTimeframe = timeframe === "1Day" ? "1Day" : "1Min";
    const name = nameOf({ feed, assetClass, symbol }, base);
    // A bucket more, since the first one may have been cut.
    const most = timeframe === "1Day" ? bars : (bars + 1) * minutesOf[timeframe];
    const need = needs.get(name) ?? { name, cursor: { feed, assetClass, symbol, timeframe: base, generation: -1, after: null, seen: null, most: 1 }, timeframes: [], place: undefined };
    needs.set(name, need);
    need.cursor.most = Math.max(need.cursor.most, most);
    if (!need.timeframes.includes(timeframe)) need.timeframes.push(timeframe);
  }
  for (const need of needs.values()) {
    const place = watermark.get(need.name);
    if (place === undefined || place.most < need.cursor.most || !need.timeframes.every((timeframe) => place.endMsOf.has(timeframe))) continue;
    need.place = place;
    need.cursor.generation = place.generation;
    need.cursor.after = new Date(Math.min(...need.timeframes.map((timeframe) => place.endMsOf.get(timeframe) ?? 0)));
    need.cursor.seen = place.coveredTo;
    need.cursor.most = place.most;
  }
  return [...needs.values()];
}

const dayMs = 86_400_000;

/** A stock's day is New York's, with 23 hours or 25 when the clocks change. */
function barsOf({ bars, coveredFrom, coveredTo }: CoveredBars, assetClass: AssetClass, timeframe: Timeframe, afterMs: number, isCut: boolean): FinishedBar[] {
  const fresh = bars.filter(({ bar }) => bar.startsAt.getTime() >= afterMs);
  if (timeframe !== "1Day") {
    const finished = aggregateMinutes(fresh, timeframe, coveredTo.getTime());
    // Minutes are missing from a bucket that begins before what is covered, and may be from the first one of a reading that was cut.
    const whole = finished.filter(({ startsAt }) => startsAt >= coveredFrom);
    return isCut && timeframe !== "1Min" && whole.length === finished.length ? whole.slice(1) : whole;
  }
  return fresh.map(({ bar, tradingDay }) => ({ ...bar, tradingDay, endsAt: assetClass === "crypto" ? new Date(bar.startsAt.getTime() + dayMs) : newYorkInstant(addDays(tradingDay, 1), "00:00") }));
}

/** The next reading gives everything of these symbols again, and goes on with the others. */
export function forgetBars(watermark: BarsWatermark, symbols: readonly Pick<WantedBars, "feed" | "assetClass" | "symbol">[]): BarsWatermark {
  const names = new Set(symbols.flatMap((of) => baseTimeframes.map((timeframe) => nameOf(of, timeframe))));
  return new Map([...watermark].filter(([name]) => !names.has(name)));
}

const nameOf = ({ feed, assetClass, symbol }: Pick<WantedBars, "feed" | "assetClass" | "symbol">, base: BaseTimeframe): string => `${feed} ${assetClass} ${symbol} ${base}`;
