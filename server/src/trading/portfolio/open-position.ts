import type { Side } from "@nod/contract/primitives";
import { add, averagePrice, isPositive, subtract, type Price, type Quantity } from "../../core/decimal.ts";

/** What one order came to. */
export type Trade = { side: Side; qty: Quantity; price: Price; at: Date };

export type OpenPosition = { qty: Quantity; avgEntry: Price; openedAt: Date };

/**
 * What trades, in the order of time, add up to. The entry is the average of what was bought since the position was last empty:
 * a sale takes away at that average and leaves it as it was. Null when nothing is held. Pure.
 */
export const openPosition = (trades: readonly Trade[]): OpenPosition | null => trades.reduce<OpenPosition | null>(after, null);

function after(position: OpenPosition | null, { side, qty, price, at }: Trade): OpenPosition | null {
  if (side === "buy") {
    if (position === null) return { qty, avgEntry: price, openedAt: at };
    return { ...position, qty: add(position.qty, qty), avgEntry: averagePrice({ qty: position.qty, price: position.avgEntry }, { qty, price }) };
  }
  if (position === null) return null;
  const left: Quantity = subtract(position.qty, qty);
  return isPositive(left) ? { ...position, qty: left } : null;
}
