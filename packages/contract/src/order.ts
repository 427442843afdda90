import { Type, type Static } from "typebox";
import { AssetClass, DecimalString, Instant, MarketSymbol, Side, TradingMode, Uuid } from "./primitives.ts";

/**
 * The life of an order. The first five words are ours; the others are the broker's.
 * `pending_submit`: committed, not sent. `submitting`: a POST may be under way. `unknown`: the POST's
 * outcome is not a clear yes or no, and is being looked up. `denied`: a guardrail stopped it right before
 * the POST. `not_placed`: it ended without ever reaching the broker's book.
 */
export const OrderStatus = Type.Enum([
  "pending_submit",
  "submitting",
  "unknown",
  "denied",
  "not_placed",
  "pending_new",
  "accepted",
  "accepted_for_bidding",
  "new",
  "held",
  "partially_filled",
  "filled",
  "done_for_day",
  "pending_cancel",
  "canceled",
  "pending_replace",
  "replaced",
  "stopped",
  "suspended",
  "calculated",
  "expired",
  "rejected",
]);
export type OrderStatus = Static<typeof OrderStatus>;

export const OrderType = Type.Enum(["market", "limit"]);
export type OrderType = Static<typeof OrderType>;

export const Order = Type.Object(
  {
    id: Uuid,
    client_order_id: Type.String({ maxLength: 48 }),
    alpaca_order_id: Type.Union([Type.String(), Type.Null()]),
    question_id: Type.Union([Uuid, Type.Null()]),
    rule_id: Type.Union([Type.String(), Type.Null()]),
    symbol: MarketSymbol,
    asset_class: AssetClass,
    side: Side,
    order_type: OrderType,
    limit_price: Type.Union([DecimalString, Type.Null()], { description: "Of a limit order: what it pays at most, or takes at least. Null: at the market." }),
    notional_usd: Type.Union([DecimalString, Type.Null()]),
    qty: Type.Union([DecimalString, Type.Null()]),
    filled_qty: DecimalString,
    filled_avg_price: Type.Union([DecimalString, Type.Null()]),
    status: OrderStatus,
    status_reason: Type.Union([Type.String(), Type.Null()], { description: "Why it is denied, rejected, unknown or not placed, in plain words." }),
    mode: TradingMode,
    undo_until: Type.Union([Instant, Type.Null()], { description: "Until then nothing is sent and the approval can be taken back. Null: it could not be." }),
    created_at: Instant,
    submitted_at: Type.Union([Instant, Type.Null()]),
    filled_at: Type.Union([Instant, Type.Null()]),
    updated_at: Instant,
  },
  { $id: "Order", additionalProperties: false },
);
export type Order = Static<typeof Order>;

export const OrdersPage = Type.Object(
  { orders: Type.Array(Order), next_cursor: Type.Union([Type.String(), Type.Null()]) },
  { $id: "OrdersPage", additionalProperties: false },
);
export type OrdersPage = Static<typeof OrdersPage>;
