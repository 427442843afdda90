import { Decimal, ZERO } from "../money.ts";
import type { Account } from "./ledger.ts";
import type { OrderRequest } from "./order-request.ts";
import type { StoredOrder, WireOrder } from "./records.ts";
import type { Venue } from "./venue.ts";

export type OrderIdentity = { sequence: number; id: string; clientOrderId: string; stamp: string };

/** An accepted order: `pending_new` when it can be routed now, `accepted` when it waits for the next open. */
export function newOrder(account: Account, request: OrderRequest, identity: OrderIdentity, venue: Venue): StoredOrder {
  const { asset, side, type } = request;
  const { id, clientOrderId, stamp, sequence } = identity;
  const expiresMs = request.timeInForce === "day" ? venue.dayOrderExpiryMs(request.extendedHours) : null;
  const held = account.positions.get(asset.symbol)?.qty ?? ZERO;
  const closes = side === "sell" ? held.greaterThan(0) : held.lessThan(0);
  const routable = venue.canTrade(asset, request.extendedHours) || venue.isOpen();
  const wire: WireOrder = {
    id,
    client_order_id: clientOrderId,
    created_at: stamp,
    updated_at: stamp,
    submitted_at: stamp,
    filled_at: null,
    expired_at: null,
    canceled_at: null,
    failed_at: null,
    replaced_at: null,
    replaced_by: null,
    replaces: null,
    asset_id: asset.id,
    symbol: asset.symbol,
    asset_class: asset.class,
    notional: text(request.notional),
    qty: text(request.qty),
    filled_qty: "0",
    filled_avg_price: null,
    order_class: "",
    order_type: type,
    type,
    side,
    position_intent: `${side}_to_${closes ? "close" : "open"}`,
    time_in_force: request.timeInForce,
    limit_price: text(request.limitPrice),
    stop_price: text(request.stopPrice),
    status: routable ? "pending_new" : "accepted",
    extended_hours: request.extendedHours,
    legs: null,
    trail_percent: null,
    trail_price: null,
    hwm: null,
    subtag: null,
    source: null,
    expires_at: expiresMs === null ? null : new Date(expiresMs).toISOString(),
  };
  return { account: account.id, sequence, receivedMs: venue.now(), expiresMs, triggered: false, wire };
}

/**
 * The order that takes the place of another, with what a PATCH changed on it. It goes on with
 * what is not filled yet; the fills stay with the order they were made under.
 */
export function successor(old: StoredOrder, changes: Partial<WireOrder>, identity: OrderIdentity, receivedMs: number): StoredOrder {
  const { id, clientOrderId, stamp, sequence } = identity;
  const qty = changes.qty ?? old.wire.qty;
  const wire: WireOrder = {
    ...old.wire,
    ...changes,
    qty: qty === null ? null : new Decimal(qty).minus(old.wire.filled_qty).toString(),
    filled_qty: "0",
    filled_avg_price: null,
    filled_at: null,
    id,
    client_order_id: clientOrderId,
    replaces: old.wire.id,
    replaced_by: null,
    replaced_at: null,
    status: "new",
    created_at: stamp,
    submitted_at: stamp,
    updated_at: stamp,
  };
  return { ...old, sequence, receivedMs, wire };
}

function text(value: Decimal | undefined): string | null {
  return value?.toString() ?? null;
}
