import { describe, expect, it } from "vitest";
import { price, quantity, usd } from "../../core/decimal.ts";
import { performanceOf, type CurveInstant, type ExecutedUntil, type KnownSplit } from "./performance.ts";

const day = (n: number): Date => new Date(Date.UTC(2026, 2, n, 21));
const instant = (n: number, prices: Record<string, string>, inSharesOf = "2026-03-31"): CurveInstant => ({
  at: day(n),
  prices: new Map(Object.entries(prices).map(([symbol, each]) => [symbol, { price: price(each), inSharesOf }])),
});
const executed = (at: number, symbol: string, qty: string, cash: string, splitsBefore = 0): ExecutedUntil => ({ instant: at, symbol, splitsBefore, qty: quantity(qty), cashUsd: usd(cash) });
const curve = (instants: CurveInstant[], done: ExecutedUntil[], since = day(1), splits: KnownSplit[] = []) => performanceOf({ since, instants, executed: done, splits });
const results = (of: ReturnType<typeof curve>) => of.points.map(({ value_usd: value, result_usd: result }) => [value, result]);

describe("what a user's orders have come to", () => {
  it("is what he holds at its price and the cash of his buys and sells", () => {
    // Ten at 10 cost 100; at 12 they are worth 120. Five are sold at 12 for 60, five are left at 11.
    const told = curve([instant(2, { SPY: "12" }), instant(3, { SPY: "11" })], [executed(0, "SPY", "10", "-100"), executed(1, "SPY", "-5", "60")], day(2));
    expect(results(told)).toEqual([["120", "20"], ["55", "15"]]);
    expect(told.change_usd).toBe("-5");
  });

  it("stays when all is sold, whatever the price does then, and needs none", () => {
    const told = curve([instant(2, { SPY: "12" }), instant(3, {})], [executed(0, "SPY", "10", "-100"), executed(1, "SPY", "-10", "120")], day(2));
    expect(results(told)).toEqual([["120", "20"], ["0", "20"]]);
    expect(told.unpriced).toEqual([]);
  });

  it("is unknown where one price is missing, and so is the change to it; what is missing is named", () => {
    const told = curve([instant(2, { SPY: "10", IBM: "20" }), instant(3, { SPY: "11" })], [executed(0, "SPY", "1", "-10"), executed(0, "IBM", "1", "-20")], day(2));
    expect(results(told)).toEqual([["30", "0"], [null, null]]);
    expect(told).toMatchObject({ change_usd: null, unpriced: ["IBM"] });
  });

  it("begins at zero with the first fill, when that lies inside", () => {
    const told = curve([instant(1, { SPY: "9" }), instant(3, { SPY: "11" })], [executed(1, "SPY", "1", "-10")], day(2));
    expect(told.points).toEqual([
      { at: day(2).toISOString(), value_usd: "0", result_usd: "0" },
      { at: day(3).toISOString(), value_usd: "11", result_usd: "1" },
    ]);
  });

  it("is nothing while nothing was filled", () => {
    expect(performanceOf({ since: null, instants: [instant(2, {})], executed: [], splits: [] })).toEqual({ points: [], change_usd: null, unpriced: [] });
  });

  it("goes through a split as if the shares had always been the new ones", () => {
    // One share at 400 before a split of 4 for 1 on the third. The price of the second is in the shares of then, the later one in the new ones.
    const splits = [{ symbol: "SPY", exDate: "2026-03-03", ratio: "4" }];
    const before = [instant(2, { SPY: "404" }, "2026-03-02"), instant(4, { SPY: "102" })];
    expect(results(curve(before, [executed(0, "SPY", "1", "-400")], day(2), splits))).toEqual([["404", "4"], ["408", "8"]]);
    // The history was fetched anew since: 404 is told as 101.
    const anew = [instant(2, { SPY: "101" }), instant(4, { SPY: "102" })];
    expect(results(curve(anew, [executed(0, "SPY", "1", "-400"), executed(1, "SPY", "4", "-400", 1)], day(2), splits))).toEqual([["404", "4"], ["816", "16"]]);
  });
});
