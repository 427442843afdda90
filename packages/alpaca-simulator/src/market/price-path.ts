import { seededInteger } from "../seeded.ts";
import type { DailyRow, MinuteBar } from "./recorded-data.ts";
import { CENT, type Ticks } from "./ticks.ts";

type Waypoint = readonly [at: number, price: Ticks];

/**
 * The way of a price through a bar: from its open over the nearer extreme and the farther one
 * to its close (low before high when the bar rose, high before low when it fell). Where on the
 * way the extremes lie is seeded; all four prices of the bar are reached exactly.
 */
function waypoints(bar: MinuteBar | DailyRow, length: number, seed: string, ...purpose: (string | number)[]): Waypoint[] {
  const rose = bar.c >= bar.o;
  const early = seededInteger(Math.ceil(length * 0.15), Math.floor(length * 0.4), seed, "early", ...purpose);
  const late = seededInteger(Math.ceil(length * 0.5), Math.floor(length * 0.85), seed, "late", ...purpose);
  return [
    [0, bar.o],
    [early, rose ? bar.l : bar.h],
    [late, rose ? bar.h : bar.l],
    [length - 1, bar.c],
  ];
}

function along(points: readonly Waypoint[], at: number): Ticks {
  let [fromAt, fromPrice] = points[0] ?? [0, 0];
  for (const [toAt, toPrice] of points) {
    if (at === toAt) return toPrice;
    if (at < toAt) {
      const exact = fromPrice + ((toPrice - fromPrice) * (at - fromAt)) / (toAt - fromAt);
      const low = Math.min(fromPrice, toPrice);
      const high = Math.max(fromPrice, toPrice);
      return Math.min(high, Math.max(low, Math.round(exact / CENT) * CENT));
    }
    [fromAt, fromPrice] = [toAt, toPrice];
  }
  return fromPrice;
}

/** The price in second 0…59 of a recorded minute. */
export function priceInMinute(bar: MinuteBar, second: number, seed: string, symbol: string): Ticks {
  return along(waypoints(bar, 60, seed, symbol, bar.t), second);
}

/** The bar as it stands after `second` 0…59 of its minute. */
export function barSoFar(bar: MinuteBar, second: number, seed: string, symbol: string): MinuteBar {
  if (second >= 59) return bar;
  const points = waypoints(bar, 60, seed, symbol, bar.t);
  let high = bar.o;
  let low = bar.o;
  let last = bar.o;
  for (let at = 1; at <= second; at += 1) {
    last = along(points, at);
    high = Math.max(high, last);
    low = Math.min(low, last);
  }
  return { t: bar.t, o: bar.o, h: high, l: low, c: last, v: Math.floor((bar.v * (second + 1)) / 60) };
}

/**
 * Regular-session minutes drawn through a recorded daily bar, for a symbol of which only the
 * day is known: its true open, high, low and close, and a straight way between them.
 */
export function minutesFromDaily(row: DailyRow, openMs: number, closeMs: number, seed: string, symbol: string): MinuteBar[] {
  const count = Math.round((closeMs - openMs) / 60_000);
  const points = waypoints(row, count + 1, seed, symbol, row.date);
  const volume = Math.floor(row.v / count);
  return Array.from({ length: count }, (_, minute) => {
    const o = along(points, minute);
    const c = along(points, minute + 1);
    return { t: openMs + minute * 60_000, o, h: Math.max(o, c), l: Math.min(o, c), c, v: volume };
  });
}
