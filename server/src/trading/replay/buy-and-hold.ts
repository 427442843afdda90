/** What doing nothing but holding would have made: from the first minute's open to the last one's close, splits included. */
import { percentFrom, splitPrice, type Percent, type Price } from "../../core/decimal.ts";
import type { Moment } from "./timeline.ts";

export type HeldSymbol = { symbol: string; from: Price; to: Price; pct: Percent };

export type BuyAndHold = { take(moment: Moment): void; result(): HeldSymbol[] };

export function createBuyAndHold(): BuyAndHold {
  const held = new Map<string, { from: Price; to: Price }>();
  return {
    take({ events }) {
      for (const event of events) {
        if (event.kind === "bar" && event.timeframe === "1Min") {
          const known = held.get(event.market.symbol);
          if (known === undefined) held.set(event.market.symbol, { from: event.bar.open, to: event.bar.close });
          else known.to = event.bar.close;
        } else if (event.kind === "split") {
          const known = held.get(event.market.symbol);
          if (known !== undefined) held.set(event.market.symbol, { from: splitPrice(known.from, event.ratio), to: splitPrice(known.to, event.ratio) });
        }
      }
    },
    result: () => [...held].map(([symbol, { from, to }]) => ({ symbol, from, to, pct: percentFrom(from, to) })),
  };
}
