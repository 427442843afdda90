import { compare } from "../../core/decimal.ts";
import type { BrokerOrder, OrderTicket } from "../ports.ts";
import type { OrderRecord } from "./order-record.ts";

/** What is sent for an order. It follows from the row alone, so that it is the same whoever sends it. */
export function ticketOf(order: OrderRecord): OrderTicket {
  const size = order.qty !== null ? ({ kind: "quantity", qty: order.qty } as const) : order.notionalUsd !== null ? ({ kind: "notional", notionalUsd: order.notionalUsd } as const) : null;
  if (size === null) throw new Error(`order ${order.id} has no size`);
  return { clientOrderId: order.clientOrderId, symbol: order.symbol, assetClass: order.assetClass, side: order.side, orderType: order.orderType, limitPrice: order.limitPrice, size };
}

/** Some of the broker's paths leave the slash of a pair out: BTC/USD is BTCUSD there. */
const plainSymbol = (symbol: string): string => symbol.replace("/", "");

/** In what the broker's order is another than ours, in words; null when it is the one that we asked for. */
export function differenceFrom(order: OrderRecord, found: BrokerOrder): string | null {
  if (plainSymbol(found.symbol) !== plainSymbol(order.symbol)) return `it is for ${found.symbol} and not for ${order.symbol}`;
  if (found.side !== order.side) return `it is a ${found.side} and not a ${order.side}`;
  if (order.qty !== null && (found.qty === null || compare(found.qty, order.qty) !== 0)) return `it is for ${found.qty ?? "no"} shares and not for ${order.qty}`;
  if (order.qty === null && order.notionalUsd !== null && (found.notionalUsd === null || compare(found.notionalUsd, order.notionalUsd) !== 0)) {
    return `it is for $${found.notionalUsd ?? "?"} and not for $${order.notionalUsd}`;
  }
  if (order.limitPrice !== null && (found.limitPrice === null || compare(found.limitPrice, order.limitPrice) !== 0)) {
    return `it is at ${found.limitPrice === null ? "no limit" : `a limit of $${found.limitPrice}`} and not at $${order.limitPrice}`;
  }
  return null;
}
