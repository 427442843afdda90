import { Refusal } from "../book/refusal.ts";
import type { Venue } from "../book/venue.ts";
import { wireBar, type Bar, type WireBar } from "../market/bars.ts";
import type { DateMap } from "../market/date-map.ts";
import type { Quote, Trade } from "../market/market.ts";
import type { Split } from "../market/recorded-data.ts";
import { ticksToJson } from "../market/ticks.ts";
import { nanosecondStamp, seededUuid } from "../seeded.ts";
import { addDays, newYorkDate } from "../time/new-york.ts";
import { badRequest, barsQuery, pageOfBars, type BarsPage } from "./bars-page.ts";
import type { Call, Reply } from "./dispatch.ts";
import type { Route } from "./trading-routes.ts";

export type DataRoutesParts = { venue: Venue; seed: string; splits: readonly Split[]; dateMap: DateMap };

const ok = (body: unknown): Reply => ({ status: 200, body });

/** Alpaca's market-data API, on the paths of `https://data.alpaca.markets`. */
export function dataRoutes(parts: DataRoutesParts): Route[] {
  const { venue, seed } = parts;
  const { stocks } = venue;
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
  ];
}

function stockSymbols(call: Call): string[] {
  const symbols = (call.query.get("symbols") ?? "").split(",").filter((symbol) => symbol !== "");
  if (symbols.length === 0) throw badRequest("symbols is required");
  for (const symbol of symbols) if (!/^[A-Z][A-Z0-9.]{0,11}$/.test(symbol)) throw badRequest(`invalid symbol: ${symbol}`);
  return [...new Set(symbols)];
}

/** The free plan: `iex`, which is also the default. */
function requireFeed(call: Call): void {
  const feed = call.query.get("feed");
  if (feed === null || feed === "" || feed === "iex") return;
  if (feed === "sip") throw new Refusal(403, undefined, "subscription does not permit querying recent SIP data");
  throw badRequest(`invalid feed: ${feed}`);
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

function stockBars(call: Call, symbols: readonly string[], venue: Venue): BarsPage {
  requireFeed(call);
  const now = venue.now();
  const query = barsQuery(call, now);
  const adjustment = call.query.get("adjustment") ?? "raw";
  if (!["raw", "split", "dividend", "all"].includes(adjustment)) throw badRequest(`invalid adjustment: ${adjustment}`);
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
