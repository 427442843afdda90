import { expect, test } from "vitest";
import { gainOf } from "./position-value.ts";

const position = { symbol: "SPY", qty: "0.020325", avg_entry_price: "492.00", market_value: "10.11", last_price: "497.42", last_price_as_of: "2026-03-02T15:00:00Z" };

test("a position's gain is its worth less what was paid", () => {
  expect(gainOf(position)).toBe("0.1101");
  expect(gainOf({ ...position, market_value: "9.99" })).toBe("-0.0099");
});

test("without a price there is no gain to tell", () => {
  expect(gainOf({ ...position, market_value: null })).toBeNull();
});
