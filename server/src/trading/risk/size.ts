import { costOf, isLess, isPositive, quantityFor, smaller, subtract, zeroQuantity, type Quantity, type Usd } from "../../core/decimal.ts";
import type { TradeIntent } from "./intent.ts";
import type { AccountFunds, LastTrade } from "./risk-context.ts";

/** What goes over the wire, and what it takes up of the limits. */
export type OrderSize =
  | { kind: "notional"; notionalUsd: Usd; reservedUsd: Usd }
  | { kind: "quantity"; qty: Quantity; reservedUsd: Usd };

type Holdings = { lastTrade: LastTrade | null; position: Quantity; openSellQty: Quantity };

/** What of the position is not already on its way out; never negative. */
export function sellableQty({ position, openSellQty }: Pick<Holdings, "position" | "openSellQty">): Quantity {
  const left = subtract(position, openSellQty);
  return isPositive(left) ? left : zeroQuantity;
}

/**
 * A buy is sent as the dollars asked for. A sell is sent as a quantity, at most what the user himself holds: one account
 * serves all users, so the broker's own check would let one sell what another bought.
 * Null when there is no price to size a sell by, or nothing to sell.
 */
export function sizeOf(intent: Pick<TradeIntent, "side" | "notionalUsd">, holdings: Holdings): OrderSize | null {
  if (intent.side === "buy") return { kind: "notional", notionalUsd: intent.notionalUsd, reservedUsd: intent.notionalUsd };
  if (holdings.lastTrade === null) return null;
  const qty = smaller(quantityFor(intent.notionalUsd, holdings.lastTrade.price), sellableQty(holdings));
  if (!isPositive(qty)) return null;
  return { kind: "quantity", qty, reservedUsd: costOf(qty, holdings.lastTrade.price) };
}

/**
 * Whether it can only make a position smaller. Every sell is one: it is sized at most as what the user holds and is not
 * already selling, and nothing is sold short. Exits pass the limits that are there to keep positions from growing.
 */
export const isExit = (intent: Pick<TradeIntent, "side">): boolean => intent.side === "sell";

/** What the broker said is there, less what it has not seen yet. May be negative. */
export const fundsLeft = (account: AccountFunds): Usd => subtract(account.buyingPower, account.inFlightUsd);

export const exceeds = (amount: Usd, limit: Usd): boolean => isLess(limit, amount);
