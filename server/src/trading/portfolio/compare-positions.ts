import { add, compare, isGreater, isLess, shareOf, subtract, zeroQuantity, type Quantity } from "../../core/decimal.ts";
import type { BrokerPosition } from "../ports.ts";

/** What the orders of all users have executed in a symbol. Moving: one of them may execute more at any moment. */
export type TradedSymbol = { symbol: string; isCrypto: boolean; bought: Quantity; sold: Quantity; isMoving: boolean };

export type PositionDifference = { symbol: string; brokerQty: Quantity; ourQty: Quantity };

/** `moving`: symbols of which nothing can be said this time. */
export type ComparedPositions = { differing: PositionDifference[]; moving: string[] };

/**
 * Alpaca takes its fee for coins out of what was bought, where the order says all of it: 0.25 % at most, and each time rounded.
 * Source: its crypto fees, charged on the credited side.
 */
const mostCoinFeePct = 0.3;

/**
 * The account's positions beside what all orders come to. Pure.
 * @param before what they came to before the broker was asked, and @param after since: in what stood still between, and may not
 *   execute now, what the broker said was about the same orders
 */
export function comparePositions(before: readonly TradedSymbol[], broker: readonly BrokerPosition[], after: readonly TradedSymbol[]): ComparedPositions {
  const [earlier, later] = [bySymbol(before), bySymbol(after)];
  const held = new Map(broker.map(({ symbol, qty }) => [symbol, qty]));
  const compared: ComparedPositions = { differing: [], moving: [] };
  for (const symbol of new Set([...held.keys(), ...earlier.keys(), ...later.keys()])) {
    const ours = later.get(symbol) ?? nothingOf(symbol);
    const brokerQty = held.get(symbol) ?? zeroQuantity;
    if (!stoodStill(earlier.get(symbol) ?? nothingOf(symbol), ours)) compared.moving.push(symbol);
    else if (!agrees(brokerQty, ours)) compared.differing.push({ symbol, brokerQty, ourQty: subtract(ours.bought, ours.sold) });
  }
  return compared;
}

const bySymbol = (traded: readonly TradedSymbol[]) => new Map(traded.map((each) => [each.symbol, each]));

const nothingOf = (symbol: string): TradedSymbol => ({ symbol, isCrypto: false, bought: zeroQuantity, sold: zeroQuantity, isMoving: false });

const stoodStill = (before: TradedSymbol, after: TradedSymbol): boolean =>
  !before.isMoving && !after.isMoving && compare(before.bought, after.bought) === 0 && compare(before.sold, after.sold) === 0;

function agrees(brokerQty: Quantity, { bought, sold, isCrypto }: TradedSymbol): boolean {
  const fees = isCrypto ? shareOf(bought, mostCoinFeePct) : zeroQuantity;
  return !isGreater(add(brokerQty, sold), bought) && !isLess(add(add(brokerQty, sold), fees), bought);
}
