import type { Exchange } from "./book/exchange.ts";
import type { Journal } from "./book/journal.ts";
import type { Ledger } from "./book/ledger.ts";
import type { AcceptedPost, Execution, WireOrder } from "./book/records.ts";
import type { OrderScript, OrderStep, ScriptBook } from "./book/scripts.ts";
import type { Venue } from "./book/venue.ts";
import type { RequestLog, RequestLogEntry } from "./http/dispatch.ts";
import type { Fault, FaultBoard } from "./http/faults.ts";
import type { Asset } from "./market/assets.ts";
import { parseTicks } from "./market/ticks.ts";
import type { MarketDataStream } from "./stream/market-data-stream.ts";
import type { StreamFault, StreamFaultBoard, StreamName } from "./stream/stream-faults.ts";
import type { TradingStream } from "./stream/trading-stream.ts";

/** Everything the simulator knows of an account, for an independent check. */
export type AccountBook = {
  account: string;
  cash: string;
  orders: WireOrder[];
  executions: Execution[];
  positions: Record<string, { qty: string; costBasis: string }>;
};

export type Book = {
  /** Every POST (and PATCH) that was accepted, with its body as it arrived. */
  posts: AcceptedPost[];
  accounts: AccountBook[];
  requests: { counts: Record<string, number>; last: RequestLogEntry[] };
  streams: { tradeUpdates: string[]; marketData: string[] };
};

export type ControlParts = {
  venue: Venue;
  exchange: Exchange;
  ledger: Ledger;
  journal: Journal;
  scripts: ScriptBook;
  faults: FaultBoard;
  streamFaults: StreamFaultBoard;
  tradingStream: TradingStream;
  marketDataStream: MarketDataStream;
  log: RequestLog;
};

/** What a test can do to the world. The same over HTTP as `POST /_control/<name in kebab-case>`. */
export class SimulatorControl {
  readonly #parts: ControlParts;
  /** Stream connections still to be turned away with a 503. */
  refusedConnections = 0;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  /** Pins a stock's price (a decimal string) from now on; open orders see it at once. */
  setPrice(symbol: string, price: string): void {
    this.#requireStock(symbol);
    this.#parts.venue.stocks.pins.set(symbol, parseTicks(price), this.#parts.venue.now());
    this.#parts.exchange.sweep();
  }

  /** Lets a stock follow the recording again. */
  clearPrice(symbol: string): void {
    this.#parts.venue.stocks.pins.release(symbol, this.#parts.venue.now());
  }

  /** Restates the close of the day before the current session. */
  setPreviousClose(symbol: string, price: string): void {
    this.#requireStock(symbol);
    this.#parts.venue.stocks.setPrevClose(symbol, parseTicks(price));
  }

  /** Opens or closes the market whatever the hour; `replay` follows the recorded hours again. */
  setMarket(state: "open" | "closed" | "replay"): void {
    this.#parts.venue.force(state === "replay" ? undefined : state);
    this.#parts.exchange.sweep();
  }

  /** Shifts the simulator's clock against its host's. */
  setClockOffset(ms: number): void {
    this.#parts.venue.offsetMs = ms;
    this.#parts.exchange.sweep();
  }

  /** Stops a stock: no prints (its last trade grows old), no fills, a status on the stream. */
  halt(symbol: string): void {
    this.#requireStock(symbol);
    this.#parts.venue.stocks.freeze(symbol, this.#parts.venue.now());
    this.#parts.marketDataStream.publishStatus(symbol, true);
  }

  unhalt(symbol: string): void {
    this.#parts.venue.stocks.unfreeze(symbol);
    this.#parts.marketDataStream.publishStatus(symbol, false);
    this.#parts.exchange.sweep();
  }

  /** Changes an asset's rules, for example `{ tradable: false }`. */
  setAsset(symbol: string, changes: Partial<Omit<Asset, "symbol" | "id">>): void {
    this.#parts.venue.assets.change(symbol, changes);
  }

  setCash(account: string, cash: string): void {
    this.#parts.journal.commit([{ record: "cash", account, cash }]);
  }

  /** Writes the course of the next orders that match. */
  script(script: OrderScript): void {
    this.#parts.scripts.add(script);
  }

  clearScripts(): void {
    this.#parts.scripts.clear();
  }

  /** Makes one thing happen to an order now, whatever its state. */
  act(orderId: string, step: OrderStep): void {
    this.#parts.exchange.act(orderId, step);
  }

  fault(fault: Fault): void {
    this.#parts.faults.arm(fault);
  }

  streamFault(fault: StreamFault): void {
    this.#parts.streamFaults.arm(fault);
  }

  /** Disarms all faults of requests and streams. */
  clearFaults(): void {
    this.#parts.faults.clear();
    this.#parts.streamFaults.clear();
    this.refusedConnections = 0;
  }

  /** Cuts stream connections: of one stream or both, of one account or all. */
  dropStreams(stream?: StreamName, account?: string): void {
    if (stream !== "market_data") this.#parts.tradingStream.drop(account);
    if (stream !== "trade_updates") this.#parts.marketDataStream.drop(account);
  }

  /** Turns the next `count` stream connections away. */
  refuseStreams(count: number): void {
    this.refusedConnections = count;
  }

  /** How often each armed fault has hit. */
  faultHits(): { route: string; kind: string; hits: number }[] {
    return this.#parts.faults.hits();
  }

  /** The whole book, as an independent checker wants it. */
  book(): Book {
    const { ledger, log, tradingStream, marketDataStream } = this.#parts;
    return {
      posts: [...ledger.posts],
      accounts: [...ledger.accounts.values()].map((account) => ({
        account: account.id,
        cash: account.cash.toString(),
        orders: [...account.orders.values()].sort((left, right) => left.sequence - right.sequence).map((order) => order.wire),
        executions: [...account.executions],
        positions: Object.fromEntries([...account.positions].map(([symbol, position]) => [symbol, { qty: position.qty.toString(), costBasis: position.costBasis.toString() }])),
      })),
      requests: { counts: Object.fromEntries(log.counts), last: [...log.entries] },
      streams: { tradeUpdates: tradingStream.listeners, marketData: marketDataStream.connected },
    };
  }

  #requireStock(symbol: string): void {
    if (!this.#parts.venue.stocks.has(symbol)) throw new RangeError(`no stock ${symbol}: add it with the option "symbols"`);
  }
}
