import { Decimal, ZERO } from "../money.ts";
import { balances, heldForOrders } from "./account-view.ts";
import type { Account } from "./ledger.ts";
import type { OrderRequest } from "./order-request.ts";
import { isTerminal } from "./records.ts";
import { forbidden, invalid, unprocessable } from "./refusal.ts";
import type { Venue } from "./venue.ts";

/**
 * A client order id is spent with the first order accepted under it, also after that one ended.
 * Throws Alpaca's 422: code 42210000 while that order is open, 40010001 once it is terminal.
 */
export function refuseSpentClientOrderId(account: Account, clientOrderId: string | undefined): void {
  const orderId = clientOrderId === undefined ? undefined : account.clientOrderIds.get(clientOrderId);
  const first = orderId === undefined ? undefined : account.orders.get(orderId);
  if (first === undefined) return;
  const words = "client_order_id must be unique";
  throw isTerminal(first.wire.status) ? invalid(words) : unprocessable(words);
}

/** Throws a 403 when the account cannot carry the order: wash trade, short of shares, short of money. */
export function refuseUnaffordable(account: Account, request: OrderRequest, venue: Venue, multiplier: number): void {
  refuseWashTrade(account, request);
  const price = request.limitPrice ?? request.stopPrice ?? venue.lastPrice(request.asset.symbol) ?? ZERO;
  const position = account.positions.get(request.asset.symbol)?.qty ?? ZERO;
  if (request.side === "sell" && refuseShortOfShares(account, request, venue, price, position)) return;
  const covers = request.side === "buy" && position.isNegative() && request.qty?.lessThanOrEqualTo(position.abs()) === true;
  if (covers) return;
  const cost = request.notional ?? (request.qty ?? ZERO).times(price);
  const money = balances(account, venue, multiplier);
  const available = request.asset.class === "crypto" ? money.cashBuyingPower : money.buyingPower;
  if (cost.greaterThan(available)) {
    throw forbidden("insufficient buying power", { buying_power: available.toDecimalPlaces(2).toString(), cost_basis: cost.toDecimalPlaces(2).toString() });
  }
}

/** True when the sale is covered by what is held; false when it opens a short position. */
function refuseShortOfShares(account: Account, request: OrderRequest, venue: Venue, price: Decimal, position: Decimal): boolean {
  const { symbol } = request.asset;
  const requested = request.qty ?? (price.isZero() ? ZERO : (request.notional ?? ZERO).dividedBy(price));
  const held = heldForOrders(account, symbol, venue);
  const available = Decimal.max(0, position.minus(held));
  if (position.isPositive() && !position.isZero() && requested.lessThanOrEqualTo(available)) return true;
  const canShort = !position.isPositive() || position.isZero();
  if (canShort && request.asset.shortable && request.qty?.isInteger() === true) return false;
  throw forbidden(`insufficient qty available for order (requested: ${requested.toDecimalPlaces(9).toString()}, available: ${available.toString()})`, {
    available: available.toString(),
    existing_qty: position.toString(),
    held_for_orders: held.toDecimalPlaces(9).toString(),
    symbol,
  });
}

function refuseWashTrade(account: Account, request: OrderRequest): void {
  for (const { wire } of account.open.values()) {
    if (wire.symbol !== request.asset.symbol || wire.side === request.side) continue;
    const both = wire.limit_price !== null && request.limitPrice !== undefined;
    const buyLimit = request.side === "buy" ? (request.limitPrice ?? ZERO) : new Decimal(wire.limit_price ?? 0);
    const sellLimit = request.side === "sell" ? (request.limitPrice ?? ZERO) : new Decimal(wire.limit_price ?? 0);
    if (both && buyLimit.lessThan(sellLimit)) continue;
    throw forbidden("potential wash trade detected. use complex orders", {
      existing_order_id: wire.id,
      reject_reason: both ? "opposite side limit order exists" : "opposite side market/stop order exists",
    });
  }
}
