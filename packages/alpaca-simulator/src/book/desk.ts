import { Decimal, quantity } from "../money.ts";
import { seededInteger, seededUuid } from "../seeded.ts";
import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import { effectiveFills, signedQty } from "./position.ts";
import { isTerminal, type BookRecord, type Execution, type StoredOrder, type WireOrder } from "./records.ts";
import type { Venue } from "./venue.ts";

/** The `data` of a `trade_updates` frame. */
export type TradeUpdate = {
  at: string;
  timestamp: string;
  event: string;
  event_id: string;
  execution_id: string;
  previous_execution_id?: string;
  price?: string;
  qty?: string;
  position_qty?: string;
  order: WireOrder;
};

export type DeskParts = {
  ledger: Ledger;
  journal: Journal;
  venue: Venue;
  seed: string;
  /** Distinguishes the ids of one run from those of another with the same seed. */
  startedMs: number;
  publish: (account: string, update: TradeUpdate) => void;
};

/** The timestamp columns that a status sets. */
const STAMPED: Readonly<Record<string, keyof WireOrder>> = {
  filled: "filled_at",
  canceled: "canceled_at",
  expired: "expired_at",
  rejected: "failed_at",
};

/**
 * The one place where orders change: each change is committed to the journal, applied to the
 * ledger and then published, in that order, so nothing is ever announced that could be lost.
 */
export class Desk {
  readonly #parts: DeskParts;
  #events = 0;
  #lastMs = 0;
  #belowMs = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** A nanosecond timestamp later than every one before it. */
  stamp(): string {
    const nowMs = Math.floor(this.#parts.venue.now());
    const step = seededInteger(1, 400, this.#parts.seed, "stamp", this.#events, this.#belowMs);
    if (nowMs > this.#lastMs) this.#belowMs = step;
    else this.#belowMs = Math.min(999_999, this.#belowMs + step);
    this.#lastMs = Math.max(nowMs, this.#lastMs);
    return `${new Date(this.#lastMs).toISOString().slice(0, 23)}${String(this.#belowMs).padStart(6, "0")}Z`;
  }

  id(purpose: string, ...more: (string | number)[]): string {
    return seededUuid(this.#parts.seed, this.#parts.startedMs, purpose, ...more);
  }

  /** Commits a new order (with the POST that asked for it) and announces it. */
  open(order: StoredOrder, event: string, records: readonly BookRecord[]): void {
    this.#parts.journal.commit([...records, { record: "order", order }]);
    this.#announce(order, event, {});
  }

  /** Ends an order as `replaced` and opens the one that takes its place, in one commit. */
  replace(old: StoredOrder, next: StoredOrder, records: readonly BookRecord[]): void {
    const ended: StoredOrder = {
      ...old,
      wire: { ...old.wire, status: "replaced", replaced_at: next.wire.created_at, replaced_by: next.wire.id, updated_at: next.wire.created_at },
    };
    this.#parts.journal.commit([{ record: "order", order: ended }, ...records, { record: "order", order: next }]);
    this.#announce(ended, "replaced", {});
    this.#announce(next, "new", {});
  }

  /** Moves an order to `status` and announces `event`; `changes` go onto the order with it. */
  change(order: StoredOrder, status: string, event: string, changes: Partial<WireOrder> = {}): StoredOrder {
    const stamp = this.stamp();
    const column = STAMPED[status];
    const stamped = column === undefined ? {} : { [column]: stamp };
    const changed: StoredOrder = { ...order, wire: { ...order.wire, ...stamped, ...changes, status, updated_at: stamp } };
    this.#parts.journal.commit([{ record: "order", order: changed }]);
    this.#announce(changed, event, {});
    return changed;
  }

  /** Remembers that a stop order was triggered; Alpaca does not announce it. */
  trigger(order: StoredOrder): StoredOrder {
    const triggered = { ...order, triggered: true };
    this.#parts.journal.commit([{ record: "order", order: triggered }]);
    return triggered;
  }

  /**
   * Executes `qty` of an order at `price` and announces `fill` or `partial_fill`. It asks nothing
   * about the order's status: fills do arrive after a cancel was asked for, or granted.
   */
  fill(order: StoredOrder, qty: Decimal, price: Decimal, complete: boolean): StoredOrder {
    const { ledger, journal } = this.#parts;
    const stamp = this.stamp();
    const cumQty = quantity(new Decimal(order.wire.filled_qty).plus(qty));
    const spent = new Decimal(order.wire.filled_qty).times(order.wire.filled_avg_price ?? 0).plus(qty.times(price));
    const status = complete ? "filled" : isTerminal(order.wire.status) ? order.wire.status : partialStatus(order.wire.status);
    const filled: StoredOrder = {
      ...order,
      wire: {
        ...order.wire,
        status,
        filled_qty: cumQty.toString(),
        filled_avg_price: spent.dividedBy(cumQty).toDecimalPlaces(9).toString(),
        filled_at: stamp,
        updated_at: stamp,
      },
    };
    const execution = this.#execution(filled, "fill", null, qty, price, stamp, this.id("execution", ledger.executionCount + 1));
    journal.commit([{ record: "execution", execution }, { record: "order", order: filled }]);
    this.#announce(filled, complete ? "fill" : "partial_fill", { execution });
    return filled;
  }

  /** Takes a fill back (`trade_bust`) or restates it (`trade_correct`), and announces it. */
  amend(order: StoredOrder, executionId: string, correction: { qty: Decimal; price: Decimal } | undefined): StoredOrder {
    const { ledger, journal } = this.#parts;
    const executions = ledger.account(order.account).executions;
    const original = effectiveFills(executions, order.wire.id).find((execution) => execution.executionId === executionId);
    if (original === undefined) throw new RangeError(`order ${order.wire.id} has no execution ${executionId} in force`);
    const stamp = this.stamp();
    const kind = correction === undefined ? "trade_bust" : "trade_correct";
    const qty = correction?.qty ?? new Decimal(original.qty);
    const price = correction?.price ?? new Decimal(original.price);
    const others = effectiveFills(executions, order.wire.id).filter((execution) => execution !== original);
    const fills = correction === undefined ? others : [...others, { qty: qty.toString(), price: price.toString() }];
    const cumQty = Decimal.sum(0, ...fills.map((fill) => fill.qty));
    const spent = Decimal.sum(0, ...fills.map((fill) => new Decimal(fill.qty).times(fill.price)));
    const amended: StoredOrder = {
      ...order,
      wire: {
        ...order.wire,
        filled_qty: cumQty.toString(),
        filled_avg_price: cumQty.isZero() ? null : spent.dividedBy(cumQty).toDecimalPlaces(9).toString(),
        updated_at: stamp,
      },
    };
    const execution = this.#execution(amended, kind, executionId, qty, price, stamp, this.id("execution", ledger.executionCount + 1));
    const previous = signedQty(original);
    const change = correction === undefined ? previous.negated() : signedQty(execution).minus(previous);
    execution.positionQty = this.#positionQty(order).plus(change).toString();
    journal.commit([{ record: "execution", execution }, { record: "order", order: amended }]);
    this.#announce(amended, kind, { execution });
    return amended;
  }

  #positionQty(order: StoredOrder): Decimal {
    return this.#parts.ledger.account(order.account).positions.get(order.wire.symbol)?.qty ?? new Decimal(0);
  }

  #execution(order: StoredOrder, kind: Execution["kind"], previousExecutionId: string | null, qty: Decimal, price: Decimal, at: string, executionId: string): Execution {
    const { wire } = order;
    const signed = wire.side === "buy" ? qty : qty.negated();
    return {
      kind,
      executionId,
      previousExecutionId,
      account: order.account,
      orderId: wire.id,
      symbol: wire.symbol,
      side: wire.side,
      qty: qty.toString(),
      price: price.toString(),
      at,
      atMs: Date.parse(at),
      positionQty: this.#positionQty(order).plus(signed).toString(),
      cumQty: wire.filled_qty,
      leavesQty: wire.qty === null ? "0" : new Decimal(wire.qty).minus(wire.filled_qty).toString(),
      orderStatus: wire.status,
    };
  }

  #announce(order: StoredOrder, event: string, { execution }: { execution?: Execution }): void {
    this.#events += 1;
    const timestamp = execution?.at ?? order.wire.updated_at;
    this.#parts.publish(order.account, {
      at: timestamp,
      timestamp,
      event,
      event_id: this.id("event", order.sequence, this.#events),
      execution_id: execution?.executionId ?? this.id("status", order.sequence, this.#events),
      ...(execution === undefined ? {} : { price: execution.price, qty: execution.qty, position_qty: execution.positionQty }),
      ...(execution === undefined || execution.previousExecutionId === null ? {} : { previous_execution_id: execution.previousExecutionId }),
      order: order.wire,
    });
  }
}

/** A partial fill does not end a pending cancel or replacement. */
function partialStatus(status: string): string {
  return status.startsWith("pending_") && status !== "pending_new" ? status : "partially_filled";
}
