import fc from "fast-check";
import { expect, test } from "vitest";
import { price, quantity, type Quantity } from "../../core/decimal.ts";
import { positionsAfter, type Executed } from "./positions.ts";

const buy = (qty: string, at: string): Executed => ({ symbol: "SPY", side: "buy", qty: quantity(qty), avgPrice: price(at) });
const sell = (qty: string, at: string): Executed => ({ symbol: "SPY", side: "sell", qty: quantity(qty), avgPrice: price(at) });

test("two buys cost their average", () => {
  expect(positionsAfter([buy("1", "10"), buy("2", "13")])).toEqual([{ symbol: "SPY", qty: "3", avgEntryPrice: "12" }]);
});

test("a sell leaves the entry price as it was", () => {
  expect(positionsAfter([buy("3", "12"), sell("1", "20")])).toEqual([{ symbol: "SPY", qty: "2", avgEntryPrice: "12" }]);
});

test("a position that was sold out begins anew", () => {
  expect(positionsAfter([buy("3", "12"), sell("3", "20"), buy("1", "30")])).toEqual([{ symbol: "SPY", qty: "1", avgEntryPrice: "30" }]);
});

test("nothing is ever held short", () => {
  expect(positionsAfter([sell("1", "20")])).toEqual([]);
  expect(positionsAfter([buy("1", "10"), sell("2", "20")])).toEqual([]);
});

test("symbols do not touch each other", () => {
  const other: Executed = { symbol: "AAPL", side: "buy", qty: quantity("1"), avgPrice: price("5") };
  expect(positionsAfter([buy("1", "10"), other])).toEqual([
    { symbol: "AAPL", qty: "1", avgEntryPrice: "5" },
    { symbol: "SPY", qty: "1", avgEntryPrice: "10" },
  ]);
});

test("the entry price stays between the lowest and the highest price paid", () => {
  const lot = fc.record({ qty: fc.integer({ min: 1, max: 1_000_000 }), cents: fc.integer({ min: 1, max: 1_000_000 }) });
  fc.assert(
    fc.property(fc.array(lot, { minLength: 1, maxLength: 20 }), (lots) => {
      const [held] = positionsAfter(lots.map(({ qty, cents }) => buy((qty / 1_000).toFixed(3).replace(/\.?0+$/, ""), (cents / 100).toFixed(2))));
      const prices = lots.map(({ cents }) => cents / 100);
      const total: Quantity | undefined = held?.qty;
      expect(Number(total)).toBeCloseTo(lots.reduce((sum, { qty }) => sum + qty / 1_000, 0), 6);
      expect(Number(held?.avgEntryPrice)).toBeGreaterThanOrEqual(Math.min(...prices) - 1e-9);
      expect(Number(held?.avgEntryPrice)).toBeLessThanOrEqual(Math.max(...prices) + 1e-9);
    }),
  );
});
