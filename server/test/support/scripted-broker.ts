/** A broker in memory that says what a test tells it to say, and keeps book of what it was asked. */
import { add, price, quantity, subtract, usd, zeroQuantity, type Price, type Quantity, type Usd } from "../../src/core/decimal.ts";
import { addDays, newYorkDate, newYorkInstant } from "../../src/core/trading-day.ts";
import type { BrokerAccount, BrokerAsset, BrokerEvent, BrokerOrder, BrokerPort, FillActivity, LookupOutcome, OrderTicket, SubmitOutcome, TradeStreamHandlers, TradeStreamPort } from "../../src/trading/ports.ts";
import { BrokerUnavailableError } from "../../src/trading/ports.ts";

/** What a POST does: whether an order is placed, and what the caller hears. */
export type PostScript = (ticket: OrderTicket, broker: ScriptedBroker) => SubmitOutcome | Promise<SubmitOutcome>;

export type ScriptedBroker = {
  port: BrokerPort;
  stream: TradeStreamPort;
  /** Every ticket that was POSTed, in order, whatever came of it. */
  posts: OrderTicket[];
  /** The broker's book, by client order id. */
  book: Map<string, BrokerOrder>;
  fills: FillActivity[];
  cancels: string[];
  lookups: string[];
  assetCalls: string[];
  /** Assets that are not like any other; null: the broker knows none. */
  assets: Map<string, BrokerAsset | null>;
  /** What the next POSTs do, one after the other; when it is used up, `onPost` does. */
  script: PostScript[];
  onPost: PostScript;
  /** While set, every reading call fails. */
  down: boolean;
  isOpen: boolean;
  buyingPower: Usd;
  /** Puts an order on the book as accepted, and returns it. */
  place(ticket: OrderTicket, changes?: Partial<BrokerOrder>): BrokerOrder;
  /** Changes an order on the book. */
  change(clientOrderId: string, changes: Partial<BrokerOrder>): BrokerOrder;
  /** Fills it whole at a price, and returns the event that a stream would carry. */
  fill(clientOrderId: string, at: string, qty?: string): BrokerEvent;
  /** Sends an event down the stream, if somebody listens. */
  tell(event: BrokerEvent): void;
  connect(): void;
  disconnect(): void;
};

export const accepts: PostScript = (ticket, broker) => ({ kind: "accepted", order: broker.place(ticket) });
/** The order is placed and the answer is lost. */
export const acceptsAndLosesTheAnswer: PostScript = (ticket, broker) => {
  broker.place(ticket);
  return { kind: "unknown", reason: "the connection was reset" };
};
export const losesTheRequest: PostScript = () => ({ kind: "unknown", reason: "timeout" });
export const neverSends: PostScript = () => ({ kind: "not_sent", reason: "connection refused" });
export const refuses: PostScript = () => ({ kind: "rejected", httpStatus: 403, code: 40310000, message: "insufficient buying power" });

export function createScriptedBroker(): ScriptedBroker {
  let handlers: TradeStreamHandlers | null = null;
  let executions = 0;
  const reachable = <Result>(result: () => Result): Promise<Result> => (broker.down ? Promise.reject(new BrokerUnavailableError("the scripted broker is down")) : Promise.resolve().then(result));

  const broker: ScriptedBroker = {
    posts: [],
    book: new Map(),
    fills: [],
    cancels: [],
    lookups: [],
    assetCalls: [],
    assets: new Map(),
    script: [],
    onPost: accepts,
    down: false,
    isOpen: true,
    buyingPower: usd("100000"),
    place: (ticket, changes = {}) => {
      const now = new Date();
      const order: BrokerOrder = {
        alpacaOrderId: `broker-${broker.book.size + 1}-${ticket.clientOrderId}`,
        clientOrderId: ticket.clientOrderId,
        symbol: ticket.symbol,
        side: ticket.side,
        orderType: ticket.orderType,
        limitPrice: ticket.limitPrice,
        qty: ticket.size.kind === "quantity" ? ticket.size.qty : null,
        notionalUsd: ticket.size.kind === "notional" ? ticket.size.notionalUsd : null,
        status: "accepted",
        filledQty: quantity("0"),
        filledAvgPrice: null,
        submittedAt: now,
        filledAt: null,
        updatedAt: now,
        raw: { scripted: true },
        ...changes,
      };
      broker.book.set(order.clientOrderId, order);
      return order;
    },
    change: (clientOrderId, changes) => {
      const order = { ...onBook(clientOrderId), updatedAt: new Date(), ...changes };
      broker.book.set(clientOrderId, order);
      return order;
    },
    fill: (clientOrderId, at, qty = "1") => {
      const now = new Date();
      const [filledQty, filledAvgPrice]: [Quantity, Price] = [quantity(qty), price(at)];
      const order = broker.change(clientOrderId, { status: "filled", filledQty, filledAvgPrice, filledAt: now });
      executions += 1;
      const execution = { executionId: `execution-${executions}-${clientOrderId}`, qty: filledQty, price: filledAvgPrice, executedAt: now };
      broker.fills.push({ ...execution, alpacaOrderId: order.alpacaOrderId, symbol: order.symbol, side: order.side });
      return { event: "fill", order, execution, at: now };
    },
    tell: (event) => handlers?.onEvent(event),
    connect: () => handlers?.onConnected(),
    disconnect: () => handlers?.onDisconnected("scripted"),
    stream: {
      start: (given) => {
        handlers = given;
        return {
          stop: () => {
            handlers = null;
            return Promise.resolve();
          },
        };
      },
    },
    port: {
      submit: async (ticket) => {
        broker.posts.push(ticket);
        return (broker.script.shift() ?? broker.onPost)(ticket, broker);
      },
      findByClientOrderId: (clientOrderId): Promise<LookupOutcome> => {
        broker.lookups.push(clientOrderId);
        if (broker.down) return Promise.resolve({ kind: "unavailable", reason: "down" });
        const order = broker.book.get(clientOrderId);
        return Promise.resolve(order === undefined ? { kind: "not_found" } : { kind: "found", order });
      },
      cancel: (alpacaOrderId) =>
        reachable(() => {
          broker.cancels.push(alpacaOrderId);
          const order = [...broker.book.values()].find((each) => each.alpacaOrderId === alpacaOrderId);
          if (order === undefined) return "not_found";
          broker.change(order.clientOrderId, { status: "pending_cancel" });
          return "requested";
        }),
      openOrders: () => reachable(() => [...broker.book.values()].filter((order) => !["filled", "canceled", "expired", "rejected", "replaced"].includes(order.status))),
      fillActivities: (after) => reachable(() => broker.fills.filter((fill) => fill.executedAt > after)),
      account: () => reachable((): BrokerAccount => ({ buyingPower: broker.buyingPower, cash: broker.buyingPower, equity: broker.buyingPower, tradingBlocked: false })),
      positions: () =>
        reachable(() => {
          const held = new Map<string, Quantity>();
          for (const { symbol, side, filledQty } of broker.book.values()) held.set(symbol, (side === "buy" ? add : subtract)(held.get(symbol) ?? zeroQuantity, filledQty));
          return [...held].map(([symbol, qty]) => ({ symbol, qty }));
        }),
      clock: () =>
        reachable(() => {
          const now = Date.now();
          // Never past New York's midnight: the trading day is that of the close.
          const midnight = newYorkInstant(addDays(newYorkDate(new Date(now)), 1), "00:00").getTime();
          return { isOpen: broker.isOpen, timestamp: new Date(now), nextOpen: new Date(now + 86_400_000), nextClose: new Date(Math.min(now + 3_600_000, midnight - 1)) };
        }),
      asset: (symbol) =>
        reachable(() => {
          broker.assetCalls.push(symbol);
          const asset = broker.assets.get(symbol);
          return asset === undefined ? { symbol, assetClass: "us_equity", isTradable: true, isFractionable: true, minOrderQty: null } : asset;
        }),
    },
  };
  const onBook = (clientOrderId: string): BrokerOrder => {
    const order = broker.book.get(clientOrderId);
    if (order === undefined) throw new Error(`the scripted broker has no order ${clientOrderId}`);
    return order;
  };
  return broker;
}
