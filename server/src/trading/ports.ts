import type { AssetClass, Feed, Side } from "@nod/contract/primitives";
import type { OrderType } from "@nod/contract/order";
import type { Price, Quantity, Usd } from "../core/decimal.ts";
import type { BrokerClock, NewYorkDate } from "../core/trading-day.ts";

/**
 * What a fact measures. `prev_close` is the last session's official close before `tradingDay`, in today's shares. `day_volume`
 * says it in `volume`; its price is the day's close so far. `bid` and `ask` have the size in `volume`.
 */
export type FactMetric = "last_trade" | "prev_close" | "day_open" | "day_high" | "day_low" | "day_close" | "day_volume" | "bid" | "ask";

/** One normalised market value. Facts of different feeds are never compared. */
export type Fact = {
  feed: Feed;
  assetClass: AssetClass;
  symbol: string;
  metric: FactMetric;
  price: Price;
  volume: Quantity | null;
  /** When the market made it, not when we read it. */
  asOf: Date;
  /** The session that a daily value belongs to; null for `last_trade`. */
  tradingDay: NewYorkDate | null;
  raw?: unknown;
};

/** What is to be fetched in one call: the union of everything due. `quoted`: of which of them the bid and the ask are wanted. */
export type FactRequest = { feed: Feed; assetClass: AssetClass; symbols: readonly string[]; quoted?: ReadonlySet<string>; tradingDay: NewYorkDate };

/** @throws BrokerUnavailableError when nothing trustworthy came back; a symbol without data is simply absent. */
export type MarketDataPort = {
  fetchFacts(request: FactRequest, signal: AbortSignal): Promise<Fact[]>;
};

/** What one symbol did from a minute, or a day, on. */
export type Bar = { symbol: string; startsAt: Date; open: Price; high: Price; low: Price; close: Price; volume: Quantity };
export type MinuteBar = Bar;

/** Bars from `since` on, for the union of the symbols of one feed. */
export type MinuteBarsRequest = { feed: Feed; assetClass: AssetClass; symbols: readonly string[]; since: Date };

/** For charts only. @throws BrokerUnavailableError; a symbol that did not trade is simply absent. */
export type MinuteBarsPort = {
  fetchMinuteBars(request: MinuteBarsRequest, signal: AbortSignal): Promise<MinuteBar[]>;
};

/** Down, slow, throttled or answering nonsense: nothing was learned. `cause` keeps the original. */
export class BrokerUnavailableError extends Error {
  override readonly name = "BrokerUnavailableError";
}

/** An order as it goes over the wire; exactly one of `notionalUsd` and `qty`. */
export type OrderTicket = {
  clientOrderId: string;
  symbol: string;
  assetClass: AssetClass;
  side: Side;
  orderType: OrderType;
  /** Of a limit order; null at the market. */
  limitPrice: Price | null;
  size: { kind: "notional"; notionalUsd: Usd } | { kind: "quantity"; qty: Quantity };
};

/** The broker's word on an order, from REST or from the stream. `status` may be one that we have never heard of. */
export type BrokerOrder = {
  alpacaOrderId: string;
  clientOrderId: string;
  symbol: string;
  side: Side;
  orderType: string;
  limitPrice: Price | null;
  qty: Quantity | null;
  notionalUsd: Usd | null;
  status: string;
  filledQty: Quantity;
  filledAvgPrice: Price | null;
  submittedAt: Date | null;
  filledAt: Date | null;
  updatedAt: Date | null;
  raw: unknown;
};

export type SubmitOutcome =
  | { kind: "accepted"; order: BrokerOrder }
  /** A clear no: the order is not and will not be at the broker. */
  | { kind: "rejected"; httpStatus: number; code: number | null; message: string }
  /** The id is spent already: the order is there, look it up. */
  | { kind: "duplicate" }
  /** Known never to have left this process (the limiter's queue, a connection refused): safe to send later. */
  | { kind: "not_sent"; reason: string }
  /** Anything else. It may or may not be at the broker. */
  | { kind: "unknown"; reason: string };

export type LookupOutcome = { kind: "found"; order: BrokerOrder } | { kind: "not_found" } | { kind: "unavailable"; reason: string };

export type Execution = { executionId: string; qty: Quantity; price: Price; executedAt: Date };

/**
 * What the broker says of an execution afterwards: a bust takes it back, a correction restates it. `executionId` is its own;
 * `previousExecutionId` is of the execution, or of the correction, that it is about, and null where the broker names none.
 */
export type Amendment = { executionId: string; previousExecutionId: string | null; executedAt: Date } & (
  | { kind: "trade_bust"; was: { qty: Quantity; price: Price } | null }
  | { kind: "trade_correct"; qty: Quantity; price: Price }
);

/** One message of the trade stream; `event` may be one that we have never heard of. At most one of `execution` and `amendment`. */
export type BrokerEvent = { event: string; order: BrokerOrder; execution: Execution | null; amendment?: Amendment; at: Date };

type OfAnOrder = { alpacaOrderId: string; symbol: string; side: Side };
/** One row of the account's FILL activities: how executions missed by the stream are found. `completes`: its order is filled by it. */
export type FillActivity = Execution & OfAnOrder & { completes?: boolean };
/** The same of a bust or a correction. */
export type AmendmentActivity = Amendment & OfAnOrder;

/** What may be done with a symbol at the broker. The sizes are in shares or coins; null where the broker names none. */
export type BrokerAsset = { symbol: string; assetClass: AssetClass; isTradable: boolean; isFractionable: boolean; minOrderQty: Quantity | null };

/** Signed: below zero it was sold without being had. The symbol is as in orders. */
export type BrokerPosition = { symbol: string; qty: Quantity };

export type BrokerAccount = { buyingPower: Usd; cash: Usd; equity: Usd; tradingBlocked: boolean };

/** The calls that reading takes may throw BrokerUnavailableError; `submit` never throws and is never retried. */
export type BrokerPort = {
  submit(ticket: OrderTicket, signal: AbortSignal): Promise<SubmitOutcome>;
  findByClientOrderId(clientOrderId: string, signal: AbortSignal): Promise<LookupOutcome>;
  cancel(alpacaOrderId: string, signal: AbortSignal): Promise<"requested" | "not_cancelable" | "not_found">;
  openOrders(signal: AbortSignal): Promise<BrokerOrder[]>;
  /** In the order in which they happened. @param signal a new one for each page: how many there are is not known before */
  fillActivities(after: Date, signal: () => AbortSignal): Promise<(FillActivity | AmendmentActivity)[]>;
  account(signal: AbortSignal): Promise<BrokerAccount>;
  /** Everything that the account holds, whoever bought it. */
  positions(signal: AbortSignal): Promise<BrokerPosition[]>;
  clock(signal: AbortSignal): Promise<BrokerClock>;
  /** Null: the broker knows no such symbol. */
  asset(symbol: string, signal: AbortSignal): Promise<BrokerAsset | null>;
};

/** Nothing is replayed after a reconnect: `onConnected` is the moment to reconcile. */
export type TradeStreamHandlers = {
  onConnected(): void;
  onDisconnected(reason: string): void;
  onEvent(event: BrokerEvent): void;
};

export type TradeStreamPort = { start(handlers: TradeStreamHandlers): { stop(): Promise<void> } };
