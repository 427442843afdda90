import { expect, test } from "vitest";
import { price } from "../../core/decimal.ts";
import { marketKey } from "../market/fact-book.ts";
import { createPriceLines } from "./price-lines.ts";
import type { Market, Moment } from "./timeline.ts";

const market: Market = { key: marketKey({ feed: "iex", assetClass: "us_equity", symbol: "IBM" }), feed: "iex", assetClass: "us_equity", symbol: "IBM" };
const openMs = Date.parse("2013-10-08T13:30:00Z");

const minute = (n: number, close: string): Moment => ({
  atMs: openMs + n * 60_000,
  events: [{ kind: "bar", market, timeframe: "1Min", bar: { startsAtMs: openMs + (n - 1) * 60_000, open: price("1"), high: price("1"), low: price("1"), close: price(close), volume: 1 } }],
});

const pricesOf = (moments: Moment[], maxPoints: number): unknown => {
  const lines = createPriceLines(maxPoints);
  for (const moment of moments) lines.take(moment);
  return lines.result().map(({ interval_seconds: seconds, points }) => ({ seconds, prices: points.map((point) => point.price) }));
};

test("every minute's close, while there is room for it", () => {
  expect(pricesOf([minute(1, "10"), minute(2, "11"), minute(3, "12")], 3)).toEqual([{ seconds: 60, prices: ["10", "11", "12"] }]);
});

test("beyond it the last one of each longer interval, and always the very last", () => {
  expect(pricesOf([minute(1, "10"), minute(2, "11"), minute(3, "12"), minute(4, "13"), minute(5, "14")], 3)).toEqual([{ seconds: 120, prices: ["11", "13", "14"] }]);
});

test("a night between two sessions takes up no room", () => {
  expect(pricesOf([minute(389, "10"), minute(390, "11"), minute(1_441, "12")], 3)).toEqual([{ seconds: 60, prices: ["10", "11", "12"] }]);
});

test("what lies before a split is put into the new shares", () => {
  expect(pricesOf([minute(1, "10"), { atMs: openMs, events: [{ kind: "split", market, ratio: "2" }] }, minute(2, "5.1")], 3)).toEqual([{ seconds: 60, prices: ["5", "5.1"] }]);
});
