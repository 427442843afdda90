import { add, averagePrice, isPositive, smaller, subtract, zeroQuantity, type Price, type Quantity } from "../../core/decimal.ts";
import type { Side } from "@nod/contract/primitives";

/** What one order has executed so far. */
export type Executed = { symbol: string; side: Side; qty: Quantity; avgPrice: Price };

export type HeldPosition = { symbol: string; qty: Quantity; avgEntryPrice: Price };

/**
 * What is held after all of it, in the order in which it happened: a buy moves the average entry price, a sell does not,
 * and an emptied position begins anew. Pure. Nothing is ever sold short, so what was sold beyond the holding is left out.
 */
export function positionsAfter(executed: readonly Executed[]): HeldPosition[] {
  const held = new Map<string, HeldPosition>();
  for (const { symbol, side, qty, avgPrice } of executed) {
    const before = held.get(symbol);
    if (side === "buy") {
      const entry = before === undefined ? avgPrice : averagePrice({ qty: before.qty, price: before.avgEntryPrice }, { qty, price: avgPrice });
      held.set(symbol, { symbol, qty: add(before?.qty ?? zeroQuantity, qty), avgEntryPrice: entry });
    } else if (before !== undefined) {
      const left = subtract(before.qty, smaller(qty, before.qty));
      if (isPositive(left)) held.set(symbol, { ...before, qty: left });
      else held.delete(symbol);
    }
  }
  return [...held.values()].toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
}
