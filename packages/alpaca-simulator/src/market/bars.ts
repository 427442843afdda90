import type { Split } from "./recorded-data.ts";
import { ticksToJson, type Ticks } from "./ticks.ts";

/** A bar where it happens now; `recordedDate` says which recorded trading day it comes from. */
export type Bar = { t: number; o: Ticks; h: Ticks; l: Ticks; c: Ticks; v: number; recordedDate: string };

export type Timeframe = { unit: "Min" | "Hour" | "Day" | "Week" | "Month"; count: number };

/** `1Min`…`59Min`, `1Hour`…`23Hour`, `1Day`, `1Week`, `1|2|3|4|6|12Month`, with Alpaca's short forms (`1T`, `1H`, `1D`, `1W`, `1M`). */
export function parseTimeframe(text: string): Timeframe | undefined {
  const match = /^(\d{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)$/.exec(text);
  if (match === null) return undefined;
  const count = Number(match[1]);
  switch (match[2]) {
    case "Min":
    case "T":
      return count >= 1 && count <= 59 ? { unit: "Min", count } : undefined;
    case "Hour":
    case "H":
      return count >= 1 && count <= 23 ? { unit: "Hour", count } : undefined;
    case "Day":
    case "D":
      return count === 1 ? { unit: "Day", count } : undefined;
    case "Week":
    case "W":
      return count === 1 ? { unit: "Week", count } : undefined;
    default:
      return [1, 2, 3, 4, 6, 12].includes(count) ? { unit: "Month", count } : undefined;
  }
}

/** Merges bars, in order, into the buckets that `bucketOf` names by their start. */
export function aggregate(bars: Iterable<Bar>, bucketOf: (bar: Bar) => number): Bar[] {
  const merged: Bar[] = [];
  for (const bar of bars) {
    const t = bucketOf(bar);
    const last = merged.at(-1);
    if (last?.t === t) {
      last.h = Math.max(last.h, bar.h);
      last.l = Math.min(last.l, bar.l);
      last.c = bar.c;
      last.v += bar.v;
    } else {
      merged.push({ ...bar, t });
    }
  }
  return merged;
}

/** The bar in today's shares: older prices divided, volumes multiplied, by every split up to `today`. */
export function splitAdjusted(bar: Bar, splits: readonly Split[], today: string): Bar {
  let ratio = 1;
  for (const split of splits) if (bar.recordedDate < split.exDate && split.exDate <= today) ratio *= split.ratio;
  if (ratio === 1) return bar;
  const price = (ticks: Ticks): Ticks => Math.round(ticks / ratio);
  return { ...bar, o: price(bar.o), h: price(bar.h), l: price(bar.l), c: price(bar.c), v: Math.round(bar.v * ratio) };
}

export type WireBar = { c: number; h: number; l: number; n: number; o: number; t: string; v: number; vw: number };

/** Alpaca's JSON bar. The recording has no trades, so `n` counts lots of 100 and `vw` is the typical price. */
export function wireBar(bar: Bar): WireBar {
  return {
    c: ticksToJson(bar.c),
    h: ticksToJson(bar.h),
    l: ticksToJson(bar.l),
    n: Math.max(1, Math.round(bar.v / 100)),
    o: ticksToJson(bar.o),
    t: `${new Date(bar.t).toISOString().slice(0, 19)}Z`,
    v: bar.v,
    vw: ticksToJson(Math.round((bar.h + bar.l + bar.c) / 3)),
  };
}
