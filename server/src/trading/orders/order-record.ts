import type { Order, OrderStatus, OrderType } from "@nod/contract/order";
import type { AssetClass, Side, TradingMode } from "@nod/contract/primitives";
import { price, quantity, usd, type Price, type Quantity, type Usd } from "../../core/decimal.ts";
import type { BrokerSum } from "./standing.ts";

/** A row of `trade_orders`. */
export type OrderRecord = {
  id: string;
  firebaseUid: string;
  intentId: string;
  questionId: string | null;
  ruleId: string | null;
  clientOrderId: string;
  alpacaOrderId: string | null;
  symbol: string;
  assetClass: AssetClass;
  side: Side;
  orderType: OrderType;
  /** What a limit order pays at most, or takes at least; null at the market. */
  limitPrice: Price | null;
  notionalUsd: Usd | null;
  qty: Quantity | null;
  reservedUsd: Usd;
  mode: TradingMode;
  status: OrderStatus;
  statusReason: string | null;
  filledQty: Quantity;
  filledAvgPrice: Price | null;
  tradingDay: string;
  approvalExpiresAt: Date;
  /** Until then it waits, and can be taken back. */
  undoUntil: Date | null;
  submitAttempts: number;
  lookupAttempts: number;
  unknownSince: Date | null;
  /** When it was given back to be sent once more; at most once. */
  sentAgainAt: Date | null;
  brokerUpdatedAt: Date | null;
  /** The broker's own time of the last bust or correction of one of its executions. */
  amendedAt: Date | null;
  brokerSum: BrokerSum | null;
  createdAt: Date;
  submittedAt: Date | null;
  filledAt: Date | null;
  updatedAt: Date;
};

/** The columns that `decodeOrder` reads, for every statement that returns orders; the table goes by `o`. */
export const orderColumns = `
  o.id, o.firebase_uid, o.intent_id, o.question_id, o.rule_id, o.client_order_id, o.alpaca_order_id, o.symbol, o.asset_class,
  o.side, o.order_type, o.limit_price, o.notional_usd, o.qty, o.reserved_notional_usd, o.mode, o.status, o.status_reason, o.filled_qty,
  o.filled_avg_price, o.trading_day, o.approval_expires_at, o.undo_until, o.submit_attempts, o.lookup_attempts, o.unknown_since, o.sent_again_at,
  o.broker_updated_at, o.amended_at, o.broker_sum_qty, o.broker_sum_avg_price, o.broker_sum_at, o.created_at, o.submitted_at, o.filled_at, o.updated_at`;

export type RawOrder = {
  id: string;
  firebase_uid: string;
  intent_id: string;
  question_id: string | null;
  rule_id: string | null;
  client_order_id: string;
  alpaca_order_id: string | null;
  symbol: string;
  asset_class: AssetClass;
  side: Side;
  order_type: OrderType;
  limit_price: string | null;
  notional_usd: string | null;
  qty: string | null;
  reserved_notional_usd: string;
  mode: TradingMode;
  status: OrderStatus;
  status_reason: string | null;
  filled_qty: string;
  filled_avg_price: string | null;
  trading_day: string;
  approval_expires_at: Date;
  undo_until: Date | null;
  submit_attempts: number;
  lookup_attempts: number;
  unknown_since: Date | null;
  sent_again_at: Date | null;
  broker_updated_at: Date | null;
  amended_at: Date | null;
  broker_sum_qty: string | null;
  broker_sum_avg_price: string | null;
  broker_sum_at: Date | null;
  created_at: Date;
  submitted_at: Date | null;
  filled_at: Date | null;
  updated_at: Date;
};

export function decodeOrder(row: RawOrder): OrderRecord {
  return {
    id: row.id,
    firebaseUid: row.firebase_uid,
    intentId: row.intent_id,
    questionId: row.question_id,
    ruleId: row.rule_id,
    clientOrderId: row.client_order_id,
    alpacaOrderId: row.alpaca_order_id,
    symbol: row.symbol,
    assetClass: row.asset_class,
    side: row.side,
    orderType: row.order_type,
    limitPrice: row.limit_price === null ? null : price(row.limit_price),
    notionalUsd: row.notional_usd === null ? null : usd(row.notional_usd),
    qty: row.qty === null ? null : quantity(row.qty),
    reservedUsd: usd(row.reserved_notional_usd),
    mode: row.mode,
    status: row.status,
    statusReason: row.status_reason,
    filledQty: quantity(row.filled_qty),
    filledAvgPrice: row.filled_avg_price === null ? null : price(row.filled_avg_price),
    tradingDay: row.trading_day,
    approvalExpiresAt: row.approval_expires_at,
    undoUntil: row.undo_until,
    submitAttempts: row.submit_attempts,
    lookupAttempts: row.lookup_attempts,
    unknownSince: row.unknown_since,
    sentAgainAt: row.sent_again_at,
    brokerUpdatedAt: row.broker_updated_at,
    amendedAt: row.amended_at,
    brokerSum: brokerSumIn(row),
    createdAt: row.created_at,
    submittedAt: row.submitted_at,
    filledAt: row.filled_at,
    updatedAt: row.updated_at,
  };
}

function brokerSumIn({ broker_sum_qty: qty, broker_sum_avg_price: at, broker_sum_at: saidAt }: RawOrder): BrokerSum | null {
  return qty === null || saidAt === null ? null : { qty: quantity(qty), avgPrice: at === null ? null : price(at), at: saidAt };
}

/** As it goes over the wire to its owner. */
export function describeOrder(order: OrderRecord): Order {
  return {
    id: order.id,
    client_order_id: order.clientOrderId,
    alpaca_order_id: order.alpacaOrderId,
    question_id: order.questionId,
    rule_id: order.ruleId,
    symbol: order.symbol,
    asset_class: order.assetClass,
    side: order.side,
    order_type: order.orderType,
    limit_price: order.limitPrice,
    notional_usd: order.notionalUsd,
    qty: order.qty,
    filled_qty: order.filledQty,
    filled_avg_price: order.filledAvgPrice,
    status: order.status,
    status_reason: order.statusReason,
    mode: order.mode,
    undo_until: order.undoUntil?.toISOString() ?? null,
    created_at: order.createdAt.toISOString(),
    submitted_at: order.submittedAt?.toISOString() ?? null,
    filled_at: order.filledAt?.toISOString() ?? null,
    updated_at: order.updatedAt.toISOString(),
  };
}
