import type { Anchor } from "../time/timeline.ts";

export type Side = "buy" | "sell";
export type OrderType = "market" | "limit" | "stop" | "stop_limit";
export type TimeInForce = "day" | "gtc" | "ioc" | "fok";

/** An order exactly as Alpaca writes it in answers and in trade updates. */
export type WireOrder = {
  id: string;
  client_order_id: string;
  created_at: string;
  updated_at: string;
  submitted_at: string;
  filled_at: string | null;
  expired_at: string | null;
  canceled_at: string | null;
  failed_at: string | null;
  replaced_at: string | null;
  replaced_by: string | null;
  replaces: string | null;
  asset_id: string;
  symbol: string;
  asset_class: "us_equity" | "crypto";
  notional: string | null;
  qty: string | null;
  filled_qty: string;
  filled_avg_price: string | null;
  order_class: "";
  order_type: OrderType;
  type: OrderType;
  side: Side;
  position_intent: string;
  time_in_force: TimeInForce;
  limit_price: string | null;
  stop_price: string | null;
  status: string;
  extended_hours: boolean;
  legs: null;
  trail_percent: null;
  trail_price: null;
  hwm: null;
  subtag: null;
  source: null;
  expires_at: string | null;
};

/** An order with what the simulator keeps about it beside the wire. */
export type StoredOrder = {
  account: string;
  /** Position in the book, from 1; also what its seeded latencies depend on. */
  sequence: number;
  receivedMs: number;
  /** When a day order expires; null for gtc. */
  expiresMs: number | null;
  /** A stop order whose stop price was reached. */
  triggered: boolean;
  wire: WireOrder;
};

/** A POST that was accepted, as it arrived: what an independent checker compares its own list with. */
export type AcceptedPost = {
  account: string;
  receivedMs: number;
  rawBody: string;
  orderId: string;
  clientOrderId: string;
};

export type Execution = {
  kind: "fill" | "trade_bust" | "trade_correct";
  executionId: string;
  /** The execution that a bust or correction is about. */
  previousExecutionId: string | null;
  account: string;
  orderId: string;
  symbol: string;
  side: Side;
  qty: string;
  price: string;
  at: string;
  atMs: number;
  /** Position and order quantities after it. */
  positionQty: string;
  cumQty: string;
  leavesQty: string;
  orderStatus: string;
};

/** One line of the journal holds a list of these; the book is what they add up to. */
export type BookRecord =
  | { record: "anchor"; anchor: Anchor }
  | { record: "account"; account: string; cash: string }
  | { record: "cash"; account: string; cash: string }
  | { record: "post"; post: AcceptedPost }
  | { record: "order"; order: StoredOrder }
  | { record: "execution"; execution: Execution }
  | { record: "split"; account: string; symbol: string; ratio: number; date: string }
  | { record: "day"; account: string; date: string; lastEquity: string };

const TERMINAL: ReadonlySet<string> = new Set(["filled", "canceled", "expired", "rejected", "replaced"]);

/** Whether nothing more is expected of an order in this status. */
export function isTerminal(status: string): boolean {
  return TERMINAL.has(status);
}
