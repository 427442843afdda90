import type { Performance } from "@nod/contract/performance";
import { add, compare, exactValueOf, splitPrice, splitQuantity, subtract, usd, zeroQuantity, zeroUsd, type Price, type Quantity, type Usd } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";

/** A price as it was stored, in the shares of a day: a split between then and now makes it another price. */
export type StoredPrice = { price: Price; inSharesOf: NewYorkDate };

/** An instant of the curve, with what is known of the prices then. */
export type CurveInstant = { at: Date; prices: ReadonlyMap<string, StoredPrice> };

/**
 * What was executed of a symbol after the instant before `instant` (an index of the curve) and until it, between the same two
 * splits. Signed: buys add to `qty` and take from `cashUsd`. `splitsBefore`: how many of the symbol's splits had happened.
 */
export type ExecutedUntil = { symbol: string; instant: number; splitsBefore: number; qty: Quantity; cashUsd: Usd };

export type KnownSplit = { symbol: string; exDate: NewYorkDate; ratio: string };

export type CurveParts = { since: Date | null; instants: readonly CurveInstant[]; executed: readonly ExecutedUntil[]; /** In the order of time. */ splits: readonly KnownSplit[] };

/** The curve in today's shares. A point for which a price is missing is unknown, and so is the change from or to it. Pure. */
export function performanceOf({ since, instants, executed, splits }: CurveParts): Pick<Performance, "points" | "change_usd" | "unpriced"> {
  const splitsOf = (symbol: string): KnownSplit[] => splits.filter((split) => split.symbol === symbol);
  const held = new Map<string, Quantity>();
  const unpriced = new Set<string>();
  const points: Performance["points"] = [];
  let cash = zeroUsd;
  for (const [n, { at, prices }] of instants.entries()) {
    for (const each of executed) {
      if (each.instant !== n) continue;
      const qty = splitsOf(each.symbol).slice(each.splitsBefore).reduce((shares, { ratio }) => splitQuantity(shares, ratio), each.qty);
      held.set(each.symbol, add(held.get(each.symbol) ?? zeroQuantity, qty));
      cash = add(cash, each.cashUsd);
    }
    if (since === null || at < since) continue;
    const value = worthOf(held, prices, splitsOf, unpriced);
    points.push({ at: at.toISOString(), value_usd: value, result_usd: value === null ? null : add(value, cash) });
  }
  const beginsInside = since !== null && (instants[0] === undefined || since > instants[0].at);
  if (beginsInside) points.unshift({ at: since.toISOString(), value_usd: zeroUsd, result_usd: zeroUsd });
  return { points, change_usd: changeOf(points), unpriced: [...unpriced].toSorted() };
}

function worthOf(held: ReadonlyMap<string, Quantity>, prices: CurveInstant["prices"], splitsOf: (symbol: string) => KnownSplit[], unpriced: Set<string>): Usd | null {
  let total: Usd | null = zeroUsd;
  for (const [symbol, qty] of held) {
    if (compare(qty, zeroQuantity) === 0) continue;
    const stored = prices.get(symbol);
    if (stored === undefined) {
      unpriced.add(symbol);
      total = null;
      continue;
    }
    const now = splitsOf(symbol).filter(({ exDate }) => exDate > stored.inSharesOf).reduce((price, { ratio }) => splitPrice(price, ratio), stored.price);
    total = total === null ? null : add(total, exactValueOf(qty, now));
  }
  return total;
}

function changeOf(points: Performance["points"]): Usd | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || first.result_usd === null || last.result_usd === null) return null;
  return subtract(usd(last.result_usd), usd(first.result_usd));
}
