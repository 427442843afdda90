/** The book of a broker that does what it is told: orders, executions and messages as they are on Alpaca's wire. */
import { Decimal } from "decimal.js";
import { newUuid } from "../../src/core/ids.ts";

export type WireOrder = {
  id: string;
  client_order_id: string;
  symbol: string;
  side: string;
  qty: string | null;
  notional: string | null;
  status: string;
  filled_qty: string;
  filled_avg_price: string | null;
  updated_at: string;
} & Record<string, unknown>;

/** The `data` of a `trade_updates` message. */
export type TradeUpdate = { event: string; timestamp: string; order: WireOrder } & Record<string, unknown>;

/** What a POST said. */
export type PostedOrder = { client_order_id: string; symbol: string; side: string; qty?: string; notional?: string; type: string };

type Execution = { label: string; id: string; orderId: string; qty: string; price: string };

export type WireBook = {
  /** By client order id. */
  readonly orders: Map<string, WireOrder>;
  readonly activities: Record<string, unknown>[];
  /** Orders that are there and that no look-up finds yet. */
  readonly hidden: Set<string>;
  place(posted: PostedOrder, changes?: Partial<WireOrder>): WireOrder;
  /** The next change is of the same millisecond as the last. */
  stopClockOnce(): void;
  /** Every change gives the message that the stream would carry; `label` is what the dialogue calls it. */
  change(order: WireOrder, status: string, event: string, label: string | undefined): TradeUpdate;
  execute(order: WireOrder, given: { qty: string; price: string; label: string; status: string }): TradeUpdate;
  /** `names`: whether the message says which execution it is about. `lists`: whether the account's activities tell of it. */
  amend(label: string, given: { as: string; instead: { qty: string; price: string } | null; status: string | undefined; names: boolean; lists: boolean }): TradeUpdate;
  /** The message that was made under a label, as it was then. */
  message(label: string): TradeUpdate;
};

const over: ReadonlySet<string> = new Set(["filled", "canceled", "expired", "rejected", "replaced"]);
export const isWorking = ({ status }: WireOrder): boolean => !over.has(status);

/** @param run tells the ids of this dialogue from those of the others on the same database */
export function createWireBook(run: string): WireBook {
  const orders = new Map<string, WireOrder>();
  const activities: Record<string, unknown>[] = [];
  const messages = new Map<string, TradeUpdate>();
  const inForce: Execution[] = [];
  let lastMs = 0;
  let isStopped = false;

  /** No two words of this broker are of the same millisecond, unless the dialogue says so. */
  const stamp = (): string => {
    if (!isStopped) lastMs = Math.max(Date.now(), lastMs + 1);
    isStopped = false;
    return new Date(lastMs).toISOString();
  };
  const keep = (label: string | undefined, update: TradeUpdate): TradeUpdate => {
    if (label !== undefined) {
      if (messages.has(label)) throw new Error(`there is a message ${label} already`);
      messages.set(label, update);
    }
    return update;
  };
  const put = (order: WireOrder, changes: Partial<WireOrder>): WireOrder => {
    const changed: WireOrder = { ...order, ...changes };
    orders.set(order.client_order_id, changed);
    return changed;
  };
  const filledOf = (orderId: string): Pick<WireOrder, "filled_qty" | "filled_avg_price"> => {
    const own = inForce.filter((execution) => execution.orderId === orderId);
    const qty = Decimal.sum(0, ...own.map((execution) => execution.qty));
    const cost = Decimal.sum(0, ...own.map((execution) => new Decimal(execution.qty).times(execution.price)));
    return { filled_qty: qty.toFixed(), filled_avg_price: qty.isZero() ? null : cost.dividedBy(qty).toDecimalPlaces(9).toFixed() };
  };
  const book = (at: string, execution: Omit<Execution, "orderId">, order: WireOrder, more: Record<string, unknown>): void => {
    activities.push({
      id: `${at.replace(/[-:TZ.]/g, "").slice(0, 17)}::${execution.id}`, activity_type: "FILL", transaction_time: at, order_id: order.id, symbol: order.symbol, side: order.side,
      qty: execution.qty, price: execution.price, cum_qty: order.filled_qty, order_status: order.status, ...more,
    });
  };

  return {
    orders,
    activities,
    hidden: new Set(),
    stopClockOnce: () => void (isStopped = true),
    place: (posted, changes = {}) => {
      const at = stamp();
      const order: WireOrder = {
        id: newUuid(), client_order_id: posted.client_order_id, symbol: posted.symbol, side: posted.side, qty: posted.qty ?? null, notional: posted.notional ?? null,
        type: posted.type, order_type: posted.type, order_class: "", time_in_force: "day", status: "accepted", filled_qty: "0", filled_avg_price: null,
        created_at: at, submitted_at: at, updated_at: at, filled_at: null, ...changes,
      };
      orders.set(order.client_order_id, order);
      return order;
    },
    change: (order, status, event, label) => {
      const at = stamp();
      return keep(label, { event, timestamp: at, order: put(order, { status, updated_at: at }) });
    },
    execute: (order, { qty, price, label, status }) => {
      const at = stamp();
      const execution: Execution = { label, id: `${run}-${label}`, orderId: order.id, qty, price };
      inForce.push(execution);
      const filled = put(order, { ...filledOf(order.id), status, updated_at: at, filled_at: at });
      book(at, execution, filled, { type: status === "filled" ? "fill" : "partial_fill" });
      return keep(label, { event: status === "filled" ? "fill" : "partial_fill", timestamp: at, execution_id: execution.id, qty, price, order: filled });
    },
    amend: (label, { as, instead, status, names, lists }) => {
      const index = inForce.findIndex((execution) => execution.label === label);
      const original = inForce[index];
      const order = [...orders.values()].find(({ id }) => id === original?.orderId);
      if (original === undefined || order === undefined) throw new Error(`there is no execution ${label} in force`);
      const at = stamp();
      const amended: Execution = { label: as, id: `${run}-${as}`, orderId: order.id, qty: instead?.qty ?? original.qty, price: instead?.price ?? original.price };
      inForce.splice(index, 1, ...(instead === null ? [] : [amended]));
      const left = put(order, { ...filledOf(order.id), status: status ?? order.status, updated_at: at });
      const event = instead === null ? "trade_bust" : "trade_correct";
      if (lists) book(at, amended, left, { type: event, ...(names ? { previous_id: original.id } : {}) });
      const { id: execution_id, qty, price } = amended;
      return keep(as, { event, timestamp: at, execution_id, qty, price, order: left, ...(names ? { previous_execution_id: original.id } : {}) });
    },
    message: (label) => {
      const update = messages.get(label);
      if (update === undefined) throw new Error(`there is no message ${label}`);
      return update;
    },
  };
}
