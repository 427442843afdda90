import { Decimal, readDecimal } from "../money.ts";
import { seededInteger } from "../seeded.ts";
import type { SimulatorClock } from "../time/clock.ts";
import { refuseSpentClientOrderId, refuseUnaffordable } from "./admission.ts";
import type { Desk } from "./desk.ts";
import type { Account, Ledger } from "./ledger.ts";
import { newOrder, successor } from "./new-order.ts";
import { readClientOrderId, readOrderRequest, type OrderRequest } from "./order-request.ts";
import { isTerminal, type StoredOrder, type WireOrder } from "./records.ts";
import { invalid, notFound, unprocessable } from "./refusal.ts";
import { readReplacement } from "./replacement.ts";
import { openQty, perform, type OrderStep, type ScriptBook, type TimedStep } from "./scripts.ts";
import type { Venue } from "./venue.ts";

/** How long things take, in milliseconds; each is drawn by seed from [min, max]. */
export type Latency = { route: readonly [number, number]; fill: readonly [number, number]; cancel: readonly [number, number] };

export type ExchangeParts = {
  ledger: Ledger;
  desk: Desk;
  venue: Venue;
  clock: SimulatorClock;
  scripts: ScriptBook;
  seed: string;
  latency: Latency;
  /** Buying power as a multiple of equity. */
  multiplier: number;
};

type Body = Readonly<Record<string, unknown>>;

/** Takes orders and lets happen to them what happens to orders. */
export class Exchange {
  readonly #parts: ExchangeParts;
  #stopped = false;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  /** From now on nothing happens to orders any more, whatever was scheduled. */
  stop(): void {
    this.#stopped = true;
  }

  /** Accepts an order or throws a `Refusal`, which leaves no trace. */
  submit(account: Account, body: Body, rawBody: string): WireOrder {
    const { venue, multiplier, ledger } = this.#parts;
    const request = readOrderRequest(body, venue.assets);
    refuseSpentClientOrderId(account, request.clientOrderId);
    refuseUnaffordable(account, request, venue, multiplier);
    return this.#accept(account, request, rawBody, ledger.orderCount + 1).wire;
  }

  find(account: Account, orderId: string): StoredOrder {
    const order = account.orders.get(orderId);
    if (order === undefined) throw notFound(`order not found for ${orderId}`);
    return order;
  }

  /** Asks for a cancel. The order may still fill before it is granted. */
  cancel(account: Account, orderId: string): void {
    const { desk, scripts } = this.#parts;
    const order = this.find(account, orderId);
    if (isTerminal(order.wire.status)) throw unprocessable(`order is already in "${order.wire.status}" state`);
    if (order.wire.status === "pending_cancel") return;
    const script = scripts.of(orderId);
    if (script === undefined && (order.wire.status === "accepted" || order.wire.status === "pending_new")) {
      desk.change(order, "canceled", "canceled");
      return;
    }
    const before = order.wire.status;
    desk.change(order, "pending_cancel", "pending_cancel");
    if (script?.onCancel === "ignore") return;
    this.#later(order, "cancel", (current) => {
      if (script?.onCancel === "fill") perform({ do: "fill" }, current, desk, this.#parts.ledger, this.#parts.venue);
      else if (script?.onCancel === "reject") desk.change(current, before, "order_cancel_rejected");
      else desk.change(current, "canceled", "canceled");
    });
  }

  /** Asks for a cancel of every open order of the account. */
  cancelAll(account: Account): { id: string; status: number; body: unknown }[] {
    return [...account.open.values()].map((order) => {
      this.cancel(account, order.wire.id);
      return { id: order.wire.id, status: 200, body: this.find(account, order.wire.id).wire };
    });
  }

  /** PATCH: a new order takes the place of an open one. */
  replace(account: Account, orderId: string, body: Body, rawBody: string): WireOrder {
    const { desk, ledger, venue } = this.#parts;
    const old = this.find(account, orderId);
    if (isTerminal(old.wire.status)) throw unprocessable(`order is already in "${old.wire.status}" state`);
    const asked = readClientOrderId(body);
    refuseSpentClientOrderId(account, asked);
    const changes = readReplacement(body, old);
    const sequence = ledger.orderCount + 1;
    const id = desk.id("order", sequence);
    const clientOrderId = asked ?? desk.id("client", sequence);
    const order = successor(old, changes, { sequence, id, clientOrderId, stamp: desk.stamp() }, venue.now());
    const post = { account: account.id, receivedMs: order.receivedMs, rawBody, orderId: id, clientOrderId };
    desk.replace(old, order, [{ record: "post", post }]);
    this.#begin(order);
    return order.wire;
  }

  /** Sells (or buys back) a position, whole or in part, with a market order. */
  closePosition(account: Account, symbol: string, part: { qty?: string; percentage?: string }): WireOrder {
    const asset = this.#parts.venue.assets.find(symbol);
    const position = asset === undefined ? undefined : account.positions.get(asset.symbol);
    if (asset === undefined || position === undefined) throw notFound("position does not exist");
    const whole = position.qty.abs();
    const share = part.percentage === undefined ? undefined : readDecimal(part.percentage);
    const qty = part.qty === undefined ? (share === undefined ? whole : whole.times(share).dividedBy(100).toDecimalPlaces(9, Decimal.ROUND_DOWN)) : readDecimal(part.qty);
    if (qty === undefined || qty.lessThanOrEqualTo(0) || qty.greaterThan(whole)) throw invalid("invalid qty or percentage");
    const body = {
      symbol: asset.symbol,
      qty: qty.toString(),
      side: position.qty.isNegative() ? "buy" : "sell",
      type: "market",
      time_in_force: asset.class === "crypto" ? "gtc" : "day",
    };
    return this.submit(account, body, JSON.stringify(body));
  }

  /** A control: makes one thing happen to an order now. */
  act(orderId: string, step: OrderStep): void {
    const { ledger, desk, venue } = this.#parts;
    const order = ledger.order(orderId);
    if (order === undefined) throw new RangeError(`no order ${orderId}`);
    perform(step, order, desk, ledger, venue);
  }

  /** Lets every open order do what the moment calls for: be routed, fill, expire. Called each second and on every price that is set. */
  sweep(): void {
    for (const account of this.#parts.ledger.accounts.values()) {
      for (const order of account.open.values()) {
        if (this.#expire(order) || this.#parts.scripts.of(order.wire.id) !== undefined) continue;
        if (order.wire.status === "accepted") this.#route(order);
        else if (order.wire.type !== "market") this.#tryFill(order);
        else if (this.#parts.venue.now() - order.receivedMs > 1000) this.#tryFill(order);
      }
    }
  }

  /** Takes up the open orders of an earlier process. */
  resume(): void {
    for (const account of this.#parts.ledger.accounts.values()) {
      for (const order of account.open.values()) {
        if (order.wire.status === "pending_cancel") this.#later(order, "cancel", (current) => this.#parts.desk.change(current, "canceled", "canceled"));
        else this.#begin(order);
      }
    }
  }

  #accept(account: Account, request: OrderRequest, rawBody: string, sequence: number): StoredOrder {
    const { desk, venue, scripts } = this.#parts;
    const clientOrderId = request.clientOrderId ?? desk.id("client", sequence);
    const id = desk.id("order", sequence);
    const order = newOrder(account, request, { sequence, id, clientOrderId, stamp: desk.stamp() }, venue);
    const post = { account: account.id, receivedMs: venue.now(), rawBody, orderId: id, clientOrderId };
    desk.open(order, order.wire.status, [{ record: "post", post }]);
    const script = scripts.bind(order);
    if (script === undefined) this.#begin(order);
    else this.#play(order, script.steps, script.afterwards ?? "hold");
    return order;
  }

  /** The ordinary course: routed after a moment, filled after another. */
  #begin(order: StoredOrder): void {
    const { status } = order.wire;
    if (status === "pending_new") this.#later(order, "route", (current) => this.#route(current));
    else if (status === "new" || status === "partially_filled") this.#later(order, "fill", (current) => this.#tryFill(current));
  }

  #route(order: StoredOrder): void {
    const { desk, venue } = this.#parts;
    const { status, asset_class, symbol, extended_hours } = order.wire;
    if (status !== "pending_new" && status !== "accepted") return;
    if (status === "accepted" && !venue.canTrade({ class: asset_class, symbol }, extended_hours)) return;
    this.#later(desk.change(order, "new", "new"), "fill", (current) => this.#tryFill(current));
  }

  #tryFill(order: StoredOrder): void {
    const { desk, venue } = this.#parts;
    const { wire } = order;
    if (wire.status !== "new" && wire.status !== "partially_filled") return;
    if (!venue.canTrade({ class: wire.asset_class, symbol: wire.symbol }, wire.extended_hours)) return;
    const price = venue.lastPrice(wire.symbol);
    if (price === undefined) return;
    const live = !order.triggered && stopReached(wire, price) ? desk.trigger(order) : order;
    if (!marketable(live, price)) {
      if (wire.time_in_force === "ioc" || wire.time_in_force === "fok") desk.change(live, "canceled", "canceled");
      return;
    }
    desk.fill(live, openQty(live, price), price, true);
  }

  #expire(order: StoredOrder): boolean {
    if (order.expiresMs === null || order.expiresMs > this.#parts.venue.now()) return false;
    this.#parts.desk.change(order, "expired", "expired");
    return true;
  }

  #play(order: StoredOrder, steps: readonly TimedStep[], afterwards: "hold" | "resume"): void {
    const { clock, ledger, scripts } = this.#parts;
    const [step, ...rest] = steps;
    if (step === undefined) {
      if (afterwards === "resume") {
        scripts.release(order.wire.id);
        const current = ledger.order(order.wire.id);
        if (current !== undefined) this.#begin(current);
      }
      return;
    }
    clock.after(step.afterMs ?? 0, () => {
      if (this.#stopped) return;
      const status = ledger.order(order.wire.id)?.wire.status ?? "";
      const amends = step.do === "trade_bust" || step.do === "trade_correct";
      if (!isTerminal(status) || amends || step.late === true) this.act(order.wire.id, step);
      this.#play(order, rest, afterwards);
    });
  }

  #later(order: StoredOrder, what: keyof Latency, then: (current: StoredOrder) => void): void {
    const { clock, ledger, latency, seed } = this.#parts;
    const [min, max] = latency[what];
    clock.after(seededInteger(min, max, seed, what, order.sequence), () => {
      const current = this.#stopped ? undefined : ledger.order(order.wire.id);
      if (current !== undefined && !isTerminal(current.wire.status)) then(current);
    });
  }
}

function stopReached(wire: WireOrder, price: Decimal): boolean {
  if (wire.stop_price === null) return false;
  return wire.side === "buy" ? price.greaterThanOrEqualTo(wire.stop_price) : price.lessThanOrEqualTo(wire.stop_price);
}

function marketable({ wire, triggered }: StoredOrder, price: Decimal): boolean {
  if (wire.stop_price !== null && !triggered) return false;
  if (wire.limit_price === null) return true;
  return wire.side === "buy" ? price.lessThanOrEqualTo(wire.limit_price) : price.greaterThanOrEqualTo(wire.limit_price);
}
