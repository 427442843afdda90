import type { Venue } from "../book/venue.ts";
import { wireBar, type Timeframe } from "../market/bars.ts";
import { badRequest, barsQuery, pageOfBars, type BarsPage } from "./bars-page.ts";
import { wireQuote, wireTrade, type DataRoutesParts } from "./data-routes.ts";
import type { Question, Reply } from "./dispatch.ts";

/** Crypto market data. Alpaca serves it without credentials, and the SDK sends none. */
export function cryptoRoutes({ venue, seed }: DataRoutesParts): (readonly [path: string, answer: (question: Question) => Reply])[] {
  const each = (call: Question, read: (symbol: string) => unknown): Record<string, unknown> => Object.fromEntries(cryptoSymbols(call, venue).map((symbol) => [symbol, read(symbol)]));
  return [
    ["/v1beta3/crypto/us/snapshots", (call) => ({ status: 200, body: { snapshots: each(call, (symbol) => cryptoSnapshot(venue, symbol, seed)) } })],
    ["/v1beta3/crypto/us/latest/trades", (call) => ({ status: 200, body: { trades: each(call, (symbol) => wireTrade(venue.crypto.latestTrade(symbol, venue.now()), seed, symbol)) } })],
    ["/v1beta3/crypto/us/latest/quotes", (call) => ({ status: 200, body: { quotes: each(call, (symbol) => wireQuote(venue.crypto.latestQuote(symbol, venue.now()), seed, symbol)) } })],
    ["/v1beta3/crypto/us/bars", (call) => ({ status: 200, body: cryptoBars(call, venue) })],
  ];
}

function cryptoSymbols(call: Question, venue: Venue): string[] {
  const symbols = (call.query.get("symbols") ?? "").split(",").filter((symbol) => symbol !== "");
  if (symbols.length === 0) throw badRequest("symbols is required");
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

function cryptoBars(call: Question, venue: Venue): BarsPage {
  const now = venue.now();
  const query = barsQuery(call, now);
  const widths: Partial<Record<Timeframe["unit"], number>> = { Min: 60_000, Hour: 3_600_000, Day: 86_400_000 };
  const width = widths[query.timeframe.unit];
  if (width === undefined) throw badRequest("crypto bars are served up to 1Day");
  const widthMs = width * query.timeframe.count;
  return pageOfBars(cryptoSymbols(call, venue), query, (symbol) => {
    const fromMs = query.token?.symbol === symbol && !query.descending ? query.token.t : query.startMs;
    return venue.crypto.bars(symbol, widthMs, fromMs, query.endMs, now, query.limit + 2);
  });
}
