import { Refusal } from "../book/refusal.ts";
import type { Venue } from "../book/venue.ts";
import { parseTimeframe, wireBar, type Bar, type Timeframe, type WireBar } from "../market/bars.ts";
import type { DateMap } from "../market/date-map.ts";
import type { Quote, Trade } from "../market/market.ts";
import type { Split } from "../market/recorded-data.ts";
import { ticksToJson } from "../market/ticks.ts";
import { nanosecondStamp, seededUuid } from "../seeded.ts";
import { addDays, newYorkDate, newYorkInstant } from "../time/new-york.ts";
import type { Call, Reply } from "./dispatch.ts";
import type { Route } from "./trading-routes.ts";

export type DataRoutesParts = { venue: Venue; seed: string; splits: readonly Split[]; dateMap: DateMap };

const ok = (body: unknown): Reply => ({ status: 200, body });
const bad = (message: string): Refusal => new Refusal(400, undefined, message);

const MAX_BARS = 10_000;
const DEFAULT_BARS = 1000;

/** Alpaca's market-data API, on the paths of `https://data.alpaca.markets`. */
export function dataRoutes(parts: DataRoutesParts): Route[] {
  const { venue, seed } = parts;
  const { stocks, crypto } = venue;
  const perSymbol = <T>(call: Call, read: (symbol: string) => T | undefined): Record<string, T> => {
    requireFeed(call);
    const found: Record<string, T> = {};
    for (const symbol of stockSymbols(call)) {
      const value = read(symbol);
      if (value !== undefined) found[symbol] = value;
    }
    return found;
  };
  const single = <T>(call: Call, read: (symbol: string) => T | undefined): T | undefined => {
    requireFeed(call);
    return read(call.params["symbol"] ?? "");
  };
  const snapshot = (symbol: string): Record<string, unknown> | undefined => stockSnapshot(venue, symbol, seed);
  const trade = (symbol: string): unknown => wireTrade(stocks.latestTrade(symbol, venue.now()), seed, symbol);
  const quote = (symbol: string): unknown => wireQuote(stocks.latestQuote(symbol, venue.now()), seed, symbol);
  const minute = (symbol: string): WireBar | undefined => wireBarOf(stocks.minuteBar(symbol, venue.now()));
  return [
    ["get", "/v2/stocks/snapshots", (call) => ok(perSymbol(call, snapshot))],
    ["get", "/v2/stocks/trades/latest", (call) => ok({ trades: perSymbol(call, trade) })],
    ["get", "/v2/stocks/quotes/latest", (call) => ok({ quotes: perSymbol(call, quote) })],
    ["get", "/v2/stocks/bars/latest", (call) => ok({ bars: perSymbol(call, minute) })],
    ["get", "/v2/stocks/bars", (call) => ok(stockBars(call, stockSymbols(call), venue))],
    ["get", "/v2/stocks/:symbol/snapshot", (call) => ok({ symbol: call.params["symbol"], ...single(call, snapshot) })],
    ["get", "/v2/stocks/:symbol/trades/latest", (call) => ok({ symbol: call.params["symbol"], trade: single(call, trade) })],
    ["get", "/v2/stocks/:symbol/quotes/latest", (call) => ok({ symbol: call.params["symbol"], quote: single(call, quote) })],
    [
      "get",
      "/v2/stocks/:symbol/bars",
      (call) => {
        const symbol = call.params["symbol"] ?? "";
        const page = stockBars(call, [symbol], venue);
        return ok({ symbol, bars: page.bars[symbol] ?? [], next_page_token: page.next_page_token });
      },
    ],
    ["get", "/v1/corporate-actions", (call) => ok(corporateActions(call, parts))],
    ["get", "/v1beta3/crypto/us/snapshots", (call) => ok({ snapshots: Object.fromEntries(cryptoSymbols(call, venue).map((symbol) => [symbol, cryptoSnapshot(venue, symbol, seed)])) })],
    ["get", "/v1beta3/crypto/us/latest/trades", (call) => ok({ trades: Object.fromEntries(cryptoSymbols(call, venue).map((symbol) => [symbol, wireTrade(crypto.latestTrade(symbol, venue.now()), seed, symbol)])) })],
    ["get", "/v1beta3/crypto/us/bars", (call) => ok(cryptoBars(call, venue))],
  ];
}

function stockSymbols(call: Call): string[] {
  const symbols = (call.query.get("symbols") ?? "").split(",").filter((symbol) => symbol !== "");
  if (symbols.length === 0) throw bad("symbols is required");
  for (const symbol of symbols) if (!/^[A-Z][A-Z0-9.]{0,11}$/.test(symbol)) throw bad(`invalid symbol: ${symbol}`);
  return [...new Set(symbols)];
}

/** The free plan: `iex`, which is also the default. */
function requireFeed(call: Call): void {
  const feed = call.query.get("feed");
  if (feed === null || feed === "" || feed === "iex") return;
  if (feed === "sip") throw new Refusal(403, undefined, "subscription does not permit querying recent SIP data");
  throw bad(`invalid feed: ${feed}`);
}

function stockSnapshot(venue: Venue, symbol: string, seed: string): Record<string, unknown> | undefined {
  const { stocks } = venue;
  const now = venue.now();
  const trade = stocks.latestTrade(symbol, now);
  if (trade === undefined) return undefined;
  const daily = stocks.dailyBars(symbol, now);
  return {
    latestTrade: wireTrade(trade, seed, symbol),
    latestQuote: wireQuote(stocks.latestQuote(symbol, now), seed, symbol),
    minuteBar: wireBarOf(stocks.minuteBar(symbol, now)) ?? null,
    dailyBar: wireBarOf(daily.at(-1)) ?? null,
    prevDailyBar: wireBarOf(daily.at(-2)) ?? null,
  };
}

function wireBarOf(bar: Bar | undefined): WireBar | undefined {
  return bar === undefined ? undefined : wireBar(bar);
}

/** A trade in Alpaca's short keys; ids grow with time. */
export function wireTrade(trade: Trade | undefined, seed: string, symbol: string): Record<string, unknown> | undefined {
  if (trade === undefined) return undefined;
  return { c: ["@"], i: Math.floor(trade.atMs / 1000), p: ticksToJson(trade.price), s: trade.size, t: nanosecondStamp(trade.atMs, seed, symbol, trade.atMs), x: "V", z: "B" };
}

export function wireQuote(quote: Quote | undefined, seed: string, symbol: string): Record<string, unknown> | undefined {
  if (quote === undefined) return undefined;
  const [ap, bp] = [ticksToJson(quote.ask), ticksToJson(quote.bid)];
  return { ap, as: quote.askSize, ax: "V", bp, bs: quote.bidSize, bx: "V", c: ["R"], t: nanosecondStamp(quote.atMs, seed, symbol, quote.atMs), z: "B" };
}

type BarsQuery = { timeframe: Timeframe; startMs: number; endMs: number; limit: number; descending: boolean; token: { symbol: string; t: number } | undefined };

function barsQuery(call: Call, nowMs: number): BarsQuery {
  const { query } = call;
  const timeframe = parseTimeframe(query.get("timeframe") ?? "");
  if (timeframe === undefined) throw bad(`invalid timeframe: ${query.get("timeframe") ?? ""}`);
  const limit = Number(query.get("limit") ?? DEFAULT_BARS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_BARS) throw bad(`invalid limit: must be between 1 and ${MAX_BARS}`);
  const sort = query.get("sort") ?? "asc";
  if (sort !== "asc" && sort !== "desc") throw bad(`invalid sort: ${sort}`);
  return {
    timeframe,
    startMs: instant(query, "start") ?? newYorkInstant(newYorkDate(nowMs), "00:00"),
    endMs: Math.min(instant(query, "end") ?? nowMs, nowMs),
    limit,
    descending: sort === "desc",
    token: readPageToken(query.get("page_token")),
  };
}

/** RFC 3339, or a date, which is New York's midnight. */
function instant(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? newYorkInstant(text, "00:00") : Date.parse(text);
  if (Number.isNaN(ms)) throw bad(`invalid ${name}: ${text}`);
  return ms;
}

function readPageToken(text: string | null): BarsQuery["token"] {
  if (text === null || text === "") return undefined;
  const [symbol, t] = Buffer.from(text, "base64url").toString("utf8").split("|");
  if (symbol === undefined || t === undefined || !Number.isSafeInteger(Number(t))) throw bad("invalid page token");
  return { symbol, t: Number(t) };
}

type BarsPage = { bars: Record<string, WireBar[]>; next_page_token: string | null };

/** Bars of many symbols, sorted by symbol and then time; `limit` counts across symbols. */
function pageOfBars(symbols: readonly string[], query: BarsQuery, read: (symbol: string) => Bar[]): BarsPage {
  const bars: Record<string, WireBar[]> = {};
  let left = query.limit;
  for (const symbol of [...symbols].sort()) {
    if (query.token !== undefined && symbol < query.token.symbol) continue;
    const ordered = query.descending ? read(symbol).reverse() : read(symbol);
    const start = query.token?.symbol === symbol ? ordered.findIndex((bar) => bar.t === query.token?.t) + 1 : 0;
    const rest = ordered.slice(start);
    if (rest.length === 0) continue;
    const last = rest[left - 1];
    if (left > 0) bars[symbol] = rest.slice(0, left).map(wireBar);
    if (rest.length > left) {
      const [tokenSymbol, t] = last === undefined ? lastOf(bars) : [symbol, last.t];
      return { bars, next_page_token: Buffer.from(`${tokenSymbol}|${t}`).toString("base64url") };
    }
    left -= rest.length;
  }
  return { bars, next_page_token: null };
}

function lastOf(bars: Readonly<Record<string, readonly WireBar[]>>): [string, number] {
  const [symbol, last] = Object.entries(bars).at(-1) ?? ["", []];
  return [symbol, Date.parse(last.at(-1)?.t ?? "")];
}

function stockBars(call: Call, symbols: readonly string[], venue: Venue): BarsPage {
  requireFeed(call);
  const now = venue.now();
  const query = barsQuery(call, now);
  const adjustment = call.query.get("adjustment") ?? "raw";
  if (!["raw", "split", "dividend", "all"].includes(adjustment)) throw bad(`invalid adjustment: ${adjustment}`);
  const adjusted = adjustment === "split" || adjustment === "all" ? "split" : "raw";
  return pageOfBars(symbols, query, (symbol) => venue.stocks.bars(symbol, query.timeframe, query.startMs, query.endMs, now, adjusted));
}

/** Splits on their dates now, known from ten trading days before their ex-date on. */
function corporateActions(call: Call, { splits, dateMap, venue }: DataRoutesParts): Record<string, unknown> {
  const symbols = call.query.get("symbols")?.split(",") ?? [];
  const types = call.query.get("types")?.split(",") ?? [];
  const today = newYorkDate(venue.now());
  const start = call.query.get("start") ?? today;
  const end = call.query.get("end") ?? addDays(today, 1);
  const known = splits.flatMap((split) => {
    const exDate = dateMap.presented(split.exDate);
    const wanted = symbols.length === 0 || symbols.includes(split.symbol);
    return wanted && exDate !== undefined && exDate >= start && exDate <= end ? [{ ...split, exDate }] : [];
  });
  const entry = (split: Split, rates: { new_rate: number; old_rate: number }): Record<string, unknown> => ({
    id: seededUuid("split", split.symbol, split.exDate),
    symbol: split.symbol,
    cusip: "000000000",
    ...rates,
    process_date: split.exDate,
    ex_date: split.exDate,
    record_date: split.exDate,
    payable_date: split.exDate,
  });
  const forward = known.filter((split) => split.ratio > 1).map((split) => entry(split, { new_rate: split.ratio, old_rate: 1 }));
  const reverse = known.filter((split) => split.ratio < 1).map((split) => ({ ...entry(split, { new_rate: 1, old_rate: 1 / split.ratio }), new_cusip: "000000000", old_cusip: "000000000" }));
  const asked = (type: string): boolean => types.length === 0 || types.includes(type);
  return {
    corporate_actions: {
      ...(forward.length > 0 && asked("forward_split") ? { forward_splits: forward } : {}),
      ...(reverse.length > 0 && asked("reverse_split") ? { reverse_splits: reverse } : {}),
    },
    next_page_token: null,
  };
}

function cryptoSymbols(call: Call, venue: Venue): string[] {
  const symbols = (call.query.get("symbols") ?? "").split(",").filter((symbol) => symbol !== "");
  if (symbols.length === 0) throw bad("symbols is required");
  return symbols.filter((symbol) => venue.crypto.has(symbol));
}

function cryptoSnapshot(venue: Venue, symbol: string, seed: string): Record<string, unknown> {
  const { crypto } = venue;
  const now = venue.now();
  const { today, before } = crypto.dailyBars(symbol, now);
  const minute = Math.floor(now / 60_000) * 60_000 - 60_000;
  return {
    latestTrade: { ...wireTrade(crypto.latestTrade(symbol, now), seed, symbol), tks: "B" },
    latestQuote: wireQuote(crypto.latestQuote(symbol, now), seed, symbol),
    minuteBar: wireBar(crypto.bar(symbol, minute, 60_000, now)),
    dailyBar: wireBar(today),
    prevDailyBar: wireBar(before),
  };
}

function cryptoBars(call: Call, venue: Venue): BarsPage {
  const now = venue.now();
  const query = barsQuery(call, now);
  const widths: Partial<Record<Timeframe["unit"], number>> = { Min: 60_000, Hour: 3_600_000, Day: 86_400_000 };
  const width = widths[query.timeframe.unit];
  if (width === undefined) throw bad("crypto bars are served up to 1Day");
  const widthMs = width * query.timeframe.count;
  return pageOfBars(cryptoSymbols(call, venue), query, (symbol) => {
    const fromMs = query.token?.symbol === symbol && !query.descending ? query.token.t : query.startMs;
    return venue.crypto.bars(symbol, widthMs, fromMs, query.endMs, now, query.limit + 2);
  });
}
