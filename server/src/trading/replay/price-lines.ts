/** How each symbol's price went, for a chart: the last price of each interval, splits included. Of a bounded size, however long it was. */
import { maxPreviewPoints } from "@nod/contract/preview";
import { splitPrice, type Price } from "../../core/decimal.ts";
import type { Moment } from "./timeline.ts";

export type PricePoint = { as_of: string; price: Price };

/** Every interval without a trade is left out, nights among them. */
export type PriceLine = { symbol: string; interval_seconds: number; points: PricePoint[] };

export type PriceLines = { take(moment: Moment): void; result(): PriceLine[] };

const minuteMs = 60_000;

type Line = { intervalMs: number; points: { atMs: number; price: Price }[] };

export function createPriceLines(maxPoints = maxPreviewPoints): PriceLines {
  const lines = new Map<string, Line>();
  const add = (line: Line, atMs: number, price: Price): void => {
    const last = line.points.at(-1);
    if (last !== undefined && intervalOf(line, last.atMs) === intervalOf(line, atMs)) line.points.pop();
    line.points.push({ atMs, price });
    while (line.points.length > maxPoints) coarsen(line);
  };
  return {
    take({ atMs, events }) {
      for (const event of events) {
        if (event.kind === "bar" && event.timeframe === "1Min") {
          const known = lines.get(event.market.symbol) ?? { intervalMs: minuteMs, points: [] };
          lines.set(event.market.symbol, known);
          add(known, atMs, event.bar.close);
        } else if (event.kind === "split") {
          const known = lines.get(event.market.symbol);
          for (const point of known?.points ?? []) point.price = splitPrice(point.price, event.ratio);
        }
      }
    },
    result: () =>
      [...lines].map(([symbol, { intervalMs, points }]) => ({ symbol, interval_seconds: intervalMs / 1_000, points: points.map(({ atMs, price }) => ({ as_of: new Date(atMs).toISOString(), price })) })),
  };
}

/** A minute that has just ended belongs to the interval that it lies in. */
const intervalOf = ({ intervalMs }: Line, atMs: number): number => Math.ceil(atMs / intervalMs);

/** Twice the interval: of two that have become one the later price is kept. */
function coarsen(line: Line): void {
  line.intervalMs *= 2;
  line.points = line.points.filter((point, n) => {
    const next = line.points[n + 1];
    return next === undefined || intervalOf(line, next.atMs) !== intervalOf(line, point.atMs);
  });
}
