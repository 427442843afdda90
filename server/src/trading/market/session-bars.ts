/**
 * Bars as rules see them, made of minutes: pure, by the session's own clock. A session's buckets are counted from its open, so
 * the hours of a stock begin at 09:30, the last one is as short as what is left before the close, and a half day or a day on
 * which the clocks change needs no rule of its own. Minutes outside of regular sessions are in no bucket. Crypto trades always:
 * its buckets are UTC's.
 */
import type { Timeframe } from "@nod/contract/rule-language";
import { add, compare, quantity, type Price, type Quantity } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Bar } from "../ports.ts";

export type IntradayTimeframe = Exclude<Timeframe, "1Day">;
export const minutesOf: Readonly<Record<IntradayTimeframe, number>> = { "1Min": 1, "5Min": 5, "15Min": 15, "1Hour": 60 };
const minuteMs = 60_000;

/** A bar that is over. `tradingDay` is the session's that it belongs to; crypto's is New York's date. */
export type FinishedBar = Bar & { endsAt: Date; tradingDay: NewYorkDate };

/** When the session that a minute belongs to opens and closes; null for crypto. */
export type SessionHours = { opensAtMs: number; closesAtMs: number } | null;
export type SessionMinute = { bar: Bar; tradingDay: NewYorkDate; session: SessionHours };

/** From when to when the bucket is that an instant of a session lies in. */
function bucketAt(instantMs: number, timeframe: IntradayTimeframe, session: SessionHours): { startsAtMs: number; endsAtMs: number } {
  const widthMs = minutesOf[timeframe] * minuteMs;
  const originMs = session?.opensAtMs ?? 0;
  const startsAtMs = originMs + Math.floor((instantMs - originMs) / widthMs) * widthMs;
  return { startsAtMs, endsAtMs: Math.min(startsAtMs + widthMs, session?.closesAtMs ?? Infinity) };
}

/** Makes one timeframe's bars of minutes that come in the order of time. */
export type BarAggregator = {
  /** @returns the bar that this minute shows to be over, if it does */
  add(minute: SessionMinute): FinishedBar | null;
  /** Every minute before `untilMs` has been added. @returns the bar that is over by then, if there is one */
  finish(untilMs: number): FinishedBar | null;
};

export function createBarAggregator(timeframe: IntradayTimeframe): BarAggregator {
  let open: FinishedBar | null = null;
  let endsAtMs = -Infinity;
  return {
    add({ bar, tradingDay, session }) {
      const startMs = bar.startsAt.getTime();
      if (open !== null && startMs < endsAtMs) {
        merge(open, bar);
        return null;
      }
      const finished = open;
      const bucket = bucketAt(startMs, timeframe, session);
      endsAtMs = bucket.endsAtMs;
      open = { ...bar, startsAt: new Date(bucket.startsAtMs), endsAt: new Date(endsAtMs), tradingDay };
      return finished;
    },
    finish(untilMs) {
      if (open === null || endsAtMs > untilMs) return null;
      const finished = open;
      open = null;
      return finished;
    },
  };
}

/** All bars of `minutes` that are over at `untilMs`, in the order of time. */
export function aggregateMinutes(minutes: Iterable<SessionMinute>, timeframe: IntradayTimeframe, untilMs: number): FinishedBar[] {
  const aggregator = createBarAggregator(timeframe);
  const bars: FinishedBar[] = [];
  for (const minute of minutes) {
    const finished = aggregator.add(minute);
    if (finished !== null) bars.push(finished);
  }
  const last = aggregator.finish(untilMs);
  if (last !== null) bars.push(last);
  return bars;
}

function merge(into: FinishedBar, { high, low, close, volume }: Bar): void {
  if (isAbove(high, into.high)) into.high = high;
  if (isAbove(into.low, low)) into.low = low;
  into.close = close;
  into.volume = sum(into.volume, volume);
}

/** Doubles tell nearly all prices apart at once; where they do not, the decimals decide. */
function isAbove(a: Price, b: Price): boolean {
  const difference = Number(a) - Number(b);
  return difference === 0 ? a !== b && compare(a, b) > 0 : difference > 0;
}

/** Whole shares are added as integers, which is exact and ten times as fast. */
function sum(a: Quantity, b: Quantity): Quantity {
  const total = Number(a) + Number(b);
  return a.includes(".") || b.includes(".") || !Number.isSafeInteger(total) ? add(a, b) : quantity(total);
}
