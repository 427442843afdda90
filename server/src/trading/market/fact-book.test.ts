import { describe, expect, test } from "vitest";
import { price, quantity } from "../../core/decimal.ts";
import { createFactBook, marketKey } from "./fact-book.ts";
import type { LatestFact } from "./facts-table.ts";
import type { MarketSessions } from "./session-table.ts";

const open = { state: "open", tradingDay: "2014-06-09", nextOpen: null, nextClose: null } as const;
const sessions: MarketSessions = { now: new Date("2014-06-09T14:00:00Z"), newYorkDate: "2014-06-09", us_equity: open, crypto: open };
const fact = (metric: LatestFact["metric"], at: string, changes: Partial<LatestFact> = {}): LatestFact => ({
  feed: "iex", assetClass: "us_equity", symbol: "AAPL", metric, price: price(at), volume: null, asOf: new Date("2014-06-09T13:59:00Z"), tradingDay: metric === "last_trade" ? null : "2014-06-09", ...changes,
});
const key = marketKey({ feed: "iex", assetClass: "us_equity", symbol: "AAPL" });

describe("the facts in memory", () => {
  test("say nothing of a symbol that is suspended, on any feed, and speak of it again afterwards", () => {
    const book = createFactBook();
    const other = marketKey({ feed: "sip", assetClass: "us_equity", symbol: "AAPL" });
    book.absorb([fact("last_trade", "92.3"), fact("prev_close", "645.57"), fact("last_trade", "92.3", { feed: "sip" }), fact("prev_close", "645.57", { feed: "sip" }), fact("last_trade", "1", { symbol: "IBM" })]);
    expect(book.read(key, "us_equity", "prev_close", sessions)?.pct).toBe("-85.70255743");
    const aapl = { assetClass: "us_equity" as const, symbol: "AAPL" };
    expect(book.suspend([aapl])).toEqual(new Set([key, other]));
    expect([key, other].map((each) => book.read(each, "us_equity", "prev_close", sessions))).toEqual([null, null]);
    expect(book.suspend([aapl])).toEqual(new Set());
    expect(book.suspend([])).toEqual(new Set([key, other]));
    expect(book.read(key, "us_equity", "prev_close", sessions)).not.toBeNull();
  });

  test("take in a volume that grew while the price stood still", () => {
    const book = createFactBook();
    book.absorb([fact("day_volume", "92.3", { volume: quantity("100") })]);
    expect(book.absorb([fact("day_volume", "92.3", { volume: quantity("100") })])).toEqual(new Set());
    expect(book.absorb([fact("day_volume", "92.3", { volume: quantity("250") })])).toEqual(new Set([key]));
    expect(book.latest(key).map(({ volume }) => volume)).toEqual(["250"]);
  });
});
