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
 * A buy at the market is sent as the dollars asked for. One at a limit is sent as the quantity that these dollars buy there,
 * and reserves what that costs at most. A sell is sent as a quantity, at most what the user himself holds: one account
 * serves all users, so the broker's own check would let one sell what another bought.
 * Null when there is no price to size it by, when the dollars buy nothing at it, or when there is nothing to sell.
 */
export function sizeOf(intent: Pick<TradeIntent, "side" | "notionalUsd" | "qty" | "limitPrice">, holdings: Holdings): OrderSize | null {
  const { side, notionalUsd, limitPrice } = intent;
  if (side === "buy" && limitPrice === null && intent.qty === null) return { kind: "notional", notionalUsd, reservedUsd: notionalUsd };
  const at = limitPrice ?? holdings.lastTrade?.price ?? null;
  if (at === null || !isPositive(at)) return null;
  const wanted = intent.qty ?? quantityFor(notionalUsd, at);
  const qty = side === "buy" ? wanted : smaller(wanted, sellableQty(holdings));
  if (!isPositive(qty)) return null;
  return { kind: "quantity", qty, reservedUsd: costOf(qty, at) };
}

/**
 * Whether it can only make a position smaller. Every sell is one: it is sized at most as what the user holds and is not
 * already selling, and nothing is sold short. Exits pass the limits that are there to keep positions from growing.
 */
export const isExit = (intent: Pick<TradeIntent, "side">): boolean => intent.side === "sell";

/** What the broker said is there, less what it has not seen yet. May be negative. */
export const fundsLeft = (account: AccountFunds): Usd => subtract(account.buyingPower, account.inFlightUsd);

export const exceeds = (amount: Usd, limit: Usd): boolean => isLess(limit, amount);
