import { Decimal, readDecimal } from "../money.ts";
import type { Desk } from "./desk.ts";
import type { Ledger } from "./ledger.ts";
import { successor } from "./new-order.ts";
import { effectiveFills } from "./position.ts";
import type { Side, StoredOrder } from "./records.ts";
import type { Venue } from "./venue.ts";

/** One thing that a test makes happen to an order, whatever its state. Quantities and prices are decimal strings. */
export type OrderStep =
  | { do: "new" }
  | { do: "partial_fill"; qty: string; price?: string }
  | { do: "fill"; price?: string }
  | { do: "reject" }
  | { do: "cancel" }
  | { do: "expire" }
  | { do: "suspend" }
  | { do: "pending_cancel" }
  | { do: "pending_replace" }
  | { do: "done_for_day" }
  /** Any status and event, also ones that Alpaca has not invented yet. */
  | { do: "status"; status: string; event: string }
  /** Replaced by the broker itself, as after a corporate action: the order ends, a new one goes on. */
  | { do: "replaced" }
  /** Takes back, or restates, the order's last fill. */
  | { do: "trade_bust" }
  | { do: "trade_correct"; qty: string; price: string };

export type TimedStep = OrderStep & {
  /** Milliseconds after the step before it; default 0. */
  afterMs?: number;
  /** Also when the order is over by then; a step for an order that is over is otherwise left out. */
  late?: boolean;
};

/** What happens to the next orders that match, instead of the ordinary course. */
export type OrderScript = {
  match?: { account?: string; symbol?: string; side?: Side; clientOrderId?: string };
  /** How many orders it applies to; default 1. */
  times?: number;
  steps: TimedStep[];
  /** After the last step: `hold` leaves the order as it is (default), `resume` takes the ordinary course. */
  afterwards?: "hold" | "resume";
  /** A cancel request meanwhile: granted (default), never answered, answered by a fill, or refused. */
  onCancel?: "grant" | "ignore" | "fill" | "reject";
};

export class ScriptBook {
  #scripts: { script: OrderScript; left: number }[] = [];
  readonly #byOrder = new Map<string, OrderScript>();

  add(script: OrderScript): void {
    this.#scripts.push({ script, left: script.times ?? 1 });
  }

  clear(): void {
    this.#scripts = [];
    this.#byOrder.clear();
  }

  /** The script for a newly accepted order, if one matches; it is bound to the order and used up once. */
  bind(order: StoredOrder): OrderScript | undefined {
    const entry = this.#scripts.find(({ script, left }) => left > 0 && matches(script, order));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    this.#byOrder.set(order.wire.id, entry.script);
    return entry.script;
  }

  of(orderId: string): OrderScript | undefined {
    return this.#byOrder.get(orderId);
  }

  release(orderId: string): void {
    this.#byOrder.delete(orderId);
  }
}

function matches({ match = {} }: OrderScript, order: StoredOrder): boolean {
  const { wire } = order;
  return (
    (match.account === undefined || match.account === order.account) &&
    (match.symbol === undefined || match.symbol === wire.symbol) &&
    (match.side === undefined || match.side === wire.side) &&
    (match.clientOrderId === undefined || match.clientOrderId === wire.client_order_id)
  );
}

/** Carries out one step on the order as it stands now. */
export function perform(step: OrderStep, order: StoredOrder, desk: Desk, ledger: Ledger, venue: Venue): void {
  const at = (text: string | undefined): Decimal => {
    const price = text === undefined ? venue.lastPrice(order.wire.symbol) : readDecimal(text);
    if (price === undefined) throw new RangeError(`no price for ${order.wire.symbol}: give one in the step`);
    return price;
  };
  switch (step.do) {
    case "new":
      return void desk.change(order, "new", "new");
    case "partial_fill":
      return void desk.fill(order, new Decimal(step.qty), at(step.price), false);
    case "fill":
      return void desk.fill(order, openQty(order, at(step.price)), at(step.price), true);
    case "reject":
      return void desk.change(order, "rejected", "rejected");
    case "cancel":
      return void desk.change(order, "canceled", "canceled");
    case "expire":
      return void desk.change(order, "expired", "expired");
    case "suspend":
      return void desk.change(order, "suspended", "suspended");
    case "pending_cancel":
    case "pending_replace":
    case "done_for_day":
      return void desk.change(order, step.do, step.do);
    case "status":
      return void desk.change(order, step.status, step.event);
    case "replaced":
      return replaceByBroker(order, desk, ledger);
    case "trade_bust":
    case "trade_correct": {
      const last = effectiveFills(ledger.account(order.account).executions, order.wire.id).at(-1);
      if (last === undefined) throw new RangeError(`order ${order.wire.id} has no fill to amend`);
      const correction = step.do === "trade_correct" ? { qty: new Decimal(step.qty), price: new Decimal(step.price) } : undefined;
      return void desk.amend(order, last.executionId, correction);
    }
  }
}

/** What is left to fill: shares, or what the rest of the dollars buys at `price`. */
export function openQty(order: StoredOrder, price: Decimal): Decimal {
  const { wire } = order;
  if (wire.qty !== null) return new Decimal(wire.qty).minus(wire.filled_qty);
  const spent = new Decimal(wire.filled_qty).times(wire.filled_avg_price ?? 0);
  return new Decimal(wire.notional ?? 0).minus(spent).dividedBy(price).toDecimalPlaces(9, Decimal.ROUND_DOWN);
}

function replaceByBroker(order: StoredOrder, desk: Desk, ledger: Ledger): void {
  const sequence = ledger.orderCount + 1;
  const id = desk.id("order", sequence);
  const identity = { sequence, id, clientOrderId: desk.id("client", sequence), stamp: desk.stamp() };
  desk.replace(order, successor(order, {}, identity, order.receivedMs), []);
}
