import type { WebSocket } from "ws";
import type { Venue } from "../book/venue.ts";
import { accountOf, type KeyPair } from "../http/credentials.ts";
import { wireQuote, wireTrade } from "../http/data-routes.ts";
import { wireBar, type Bar } from "../market/bars.ts";
import { nanosecondStamp, seededUnit } from "../seeded.ts";
import type { SimulatorClock } from "../time/clock.ts";
import { readFrame, writeFrames, type Codec } from "./frames.ts";
import type { StreamFaultBoard } from "./stream-faults.ts";

const CHANNELS = ["trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "corrections", "cancelErrors"] as const;
type Channel = (typeof CHANNELS)[number];
type Frame = Readonly<Record<string, unknown>>;

/** Alpaca's stream errors. */
const ERRORS = {
  400: "invalid syntax",
  401: "not authenticated",
  402: "auth failed",
  403: "already authenticated",
  404: "auth timeout",
  405: "symbol limit exceeded",
  406: "connection limit exceeded",
  407: "slow client",
  408: "v2 not enabled",
  409: "insufficient subscription",
  500: "internal error",
} as const;
type ErrorCode = keyof typeof ERRORS;

const AUTH_TIMEOUT_MS = 10_000;
/** More unsent bytes than this and the client is too slow (407). */
const SLOW_CLIENT_BYTES = 4_000_000;
/** How much later a corrected bar comes, and how many bars are corrected. */
const CORRECTION_MS = 30_000;
const CORRECTED_SHARE = 0.2;

export type MarketDataStreamParts = {
  keys: readonly KeyPair[];
  faults: StreamFaultBoard;
  venue: Venue;
  clock: SimulatorClock;
  seed: string;
  symbolLimit: number;
  connectionLimit: number;
};

type Connection = {
  socket: WebSocket;
  codec: Codec;
  feed: string;
  account: string | undefined;
  channels: Record<Channel, Set<string>>;
};

/** `/v2/iex` (and the crypto stream): MessagePack or JSON, one connection an account, thirty symbols. */
export class MarketDataStream {
  readonly #parts: MarketDataStreamParts;
  readonly #connections = new Set<Connection>();
  readonly #lastTradeMs = new Map<string, number>();
  #tickedMs = 0;

  constructor(parts: MarketDataStreamParts) {
    this.#parts = parts;
  }

  connect(socket: WebSocket, codec: Codec, feed: string): void {
    const channels = { trades: new Set<string>(), quotes: new Set<string>(), bars: new Set<string>(), updatedBars: new Set<string>(), dailyBars: new Set<string>(), statuses: new Set<string>(), lulds: new Set<string>(), corrections: new Set<string>(), cancelErrors: new Set<string>() };
    const connection: Connection = { socket, codec, feed, account: undefined, channels };
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, isBinary) => this.#receive(connection, readFrame(data, isBinary, codec)));
    this.#parts.clock.after(AUTH_TIMEOUT_MS, () => {
      if (connection.account === undefined) this.#refuse(connection, 404, true);
    });
    send(connection, [{ T: "success", msg: "connected" }]);
  }

  /** Accounts connected and authenticated now. */
  get connected(): string[] {
    return [...this.#connections].flatMap((connection) => connection.account ?? []);
  }

  drop(account: string | undefined): void {
    for (const connection of this.#connections) if (account === undefined || connection.account === account) connection.socket.terminate();
  }

  /** Sends an error of the protocol to the connections of an account, or to all; Alpaca then closes. */
  sendError(code: ErrorCode, account: string | undefined): void {
    for (const connection of this.#connections) if (account === undefined || connection.account === account) this.#refuse(connection, code, true);
  }

  /** A trading halt (`H`) or its end (`T`) of a symbol. */
  publishStatus(symbol: string, halted: boolean): void {
    const t = nanosecondStamp(this.#parts.venue.now(), this.#parts.seed, "status", symbol);
    this.#publish("statuses", { T: "s", S: symbol, sc: halted ? "H" : "T", sm: halted ? "Trading Halt" : "Trading Resumption", rc: halted ? "LUDP" : "", rm: "", t, z: "B" });
  }

  /** Sends what happened since the last tick: prints, quotes, finished minutes, corrections. */
  tick(): void {
    const now = this.#parts.venue.now();
    const since = this.#tickedMs === 0 ? now - 1000 : this.#tickedMs;
    this.#tickedMs = now;
    if (this.#connections.size === 0) return;
    const crossed = (shiftMs: number): boolean => Math.floor((now - shiftMs) / 60_000) > Math.floor((since - shiftMs) / 60_000);
    for (const symbol of this.#wanted()) {
      this.#prints(symbol, now);
      if (crossed(0)) this.#bars(symbol, now, "bars");
      if (crossed(CORRECTION_MS)) this.#bars(symbol, now - CORRECTION_MS, "updatedBars");
    }
  }

  /** Every symbol that someone subscribed to; a `*` stands for all there are. */
  #wanted(): Set<string> {
    const { stocks, crypto } = this.#parts.venue;
    const symbols = new Set<string>();
    for (const { channels, feed } of this.#connections) {
      for (const channel of CHANNELS) for (const symbol of channels[channel]) symbols.add(symbol);
      if (CHANNELS.some((channel) => channels[channel].has("*"))) for (const symbol of feed === "crypto" ? crypto.symbols : stocks.symbols) symbols.add(symbol);
    }
    symbols.delete("*");
    return symbols;
  }

  #prints(symbol: string, now: number): void {
    const { venue, seed } = this.#parts;
    const market = venue.crypto.has(symbol) ? venue.crypto : venue.stocks;
    const trade = market.latestTrade(symbol, now);
    if (trade === undefined || trade.atMs <= (this.#lastTradeMs.get(symbol) ?? now - 2000)) return;
    this.#lastTradeMs.set(symbol, trade.atMs);
    this.#publish("trades", { T: "t", S: symbol, ...wireTrade(trade, seed, symbol) });
    this.#publish("quotes", { T: "q", S: symbol, ...wireQuote(market.latestQuote(symbol, now), seed, symbol) });
  }

  #bars(symbol: string, now: number, channel: "bars" | "updatedBars"): void {
    const { venue, seed } = this.#parts;
    const minute = Math.floor(now / 60_000) * 60_000 - 60_000;
    const bar: Bar | undefined = venue.crypto.has(symbol) ? venue.crypto.bar(symbol, minute, 60_000, now) : venue.stocks.minuteBar(symbol, now);
    if (bar?.t !== minute) return;
    const corrected = bar.v > 1 && seededUnit(seed, "corrected", symbol, minute) < CORRECTED_SHARE;
    if (channel === "updatedBars") {
      if (corrected) this.#publish(channel, { T: "u", S: symbol, ...wireBar(bar) });
      return;
    }
    const late = Math.max(1, Math.floor(bar.v / 60));
    this.#publish(channel, { T: "b", S: symbol, ...wireBar(corrected ? { ...bar, v: bar.v - late } : bar) });
    const day = venue.crypto.has(symbol) ? venue.crypto.dailyBars(symbol, now).today : venue.stocks.dailyBars(symbol, now).at(-1);
    if (day !== undefined) this.#publish("dailyBars", { T: "d", S: symbol, ...wireBar(day) });
  }

  #publish(channel: Channel, frame: Frame): void {
    const symbol = String(frame["S"]);
    for (const connection of this.#connections) {
      const { account, channels, socket } = connection;
      if (account === undefined || !(channels[channel].has(symbol) || channels[channel].has("*"))) continue;
      if (socket.bufferedAmount > SLOW_CLIENT_BYTES) {
        this.#refuse(connection, 407, true);
        continue;
      }
      this.#parts.faults.deliver("market_data", account, String(frame["T"]), {
        send: () => send(connection, [frame]),
        sendMalformed: () => socket.send(Buffer.from([0xc1])),
        disconnect: () => socket.terminate(),
      });
    }
  }

  #receive(connection: Connection, message: Record<string, unknown> | undefined): void {
    const action = message?.["action"];
    if (message === undefined || (action !== "auth" && action !== "subscribe" && action !== "unsubscribe")) return this.#refuse(connection, 400, false);
    if (action === "auth") return this.#authenticate(connection, message);
    if (connection.account === undefined) return this.#refuse(connection, 401, false);
    const asked = readChannels(message);
    if (asked === undefined) return this.#refuse(connection, 400, false);
    if (action === "subscribe" && this.#exceedsLimit(connection, asked)) return this.#refuse(connection, 405, false);
    for (const [channel, symbols] of asked) {
      for (const symbol of symbols) {
        if (action === "subscribe") connection.channels[channel].add(symbol);
        else connection.channels[channel].delete(symbol);
      }
    }
    send(connection, [{ T: "subscription", ...Object.fromEntries(CHANNELS.map((channel) => [channel, [...connection.channels[channel]]])) }]);
  }

  #authenticate(connection: Connection, message: Record<string, unknown>): void {
    if (connection.account !== undefined) return this.#refuse(connection, 403, false);
    const account = accountOf(this.#parts.keys, message["key"], message["secret"]);
    if (account === undefined) return this.#refuse(connection, 402, true);
    if (connection.feed === "sip") return this.#refuse(connection, 409, true);
    const others = [...this.#connections].filter((other) => other.account === account && other.feed === connection.feed);
    if (others.length >= this.#parts.connectionLimit) return this.#refuse(connection, 406, true);
    connection.account = account;
    send(connection, [{ T: "success", msg: "authenticated" }]);
  }

  #exceedsLimit(connection: Connection, asked: readonly (readonly [Channel, readonly string[]])[]): boolean {
    const symbols = new Set(CHANNELS.flatMap((channel) => [...connection.channels[channel]]));
    for (const [, added] of asked) for (const symbol of added) symbols.add(symbol);
    return symbols.size > this.#parts.symbolLimit || (symbols.has("*") && connection.feed !== "crypto");
  }

  #refuse(connection: Connection, code: ErrorCode, close: boolean): void {
    send(connection, [{ T: "error", code, msg: ERRORS[code] }]);
    if (close) connection.socket.close();
  }
}

function readChannels(message: Record<string, unknown>): [Channel, string[]][] | undefined {
  const channels: [Channel, string[]][] = [];
  for (const channel of CHANNELS) {
    const symbols = message[channel];
    if (symbols === undefined) continue;
    if (!Array.isArray(symbols) || symbols.some((symbol) => typeof symbol !== "string")) return undefined;
    channels.push([channel, symbols.map(String)]);
  }
  return channels;
}

function send({ socket, codec }: Connection, frames: readonly Frame[]): void {
  if (socket.readyState === socket.OPEN) socket.send(writeFrames(frames, codec));
}
