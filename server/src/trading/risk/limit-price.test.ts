import { describe, expect, test } from "vitest";
import { price } from "../../core/decimal.ts";
import { isOnTick, limitPriceFrom, limitPriceMoved } from "./limit-price.ts";

const share = "us_equity";

describe("the broker takes the limit of a share", () => {
  test.each(["1", "1.01", "492.1", "0.9999", "0.0001"])("at $%s", (limit) => {
    expect(isOnTick(share, price(limit))).toBe(true);
  });
  test.each(["1.001", "492.105", "0.99995", "0.00005", "0", "-1"])("not at $%s", (limit) => {
    expect(isOnTick(share, price(limit))).toBe(false);
  });
});

describe("a limit so far from a price", () => {
  test.each([
    ["buy", "492.13", -50, "489.66"], // 489.66935
    ["buy", "492.13", 50, "494.59"], // 494.59065
    ["sell", "492.13", 50, "494.6"],
    ["sell", "492.13", -50, "489.67"],
    ["buy", "0.5", -33, "0.4983"], // 0.49835
    ["sell", "0.5", 33, "0.5017"], // 0.50165
    ["buy", "1", -1, "0.9999"],
    ["sell", "0.9999", 1, "1"], // 0.99999999: up to the next tick, which is a dollar
    ["buy", "100", 0, "100"],
  ] as const)("to %s at $%s with %d basis points is $%s: a buy's rounded down, a sell's up", (side, from, offsetBps, limit) => {
    const found = limitPriceFrom({ assetClass: share, side, from: price(from), offsetBps });
    expect(found).toBe(limit);
    expect(isOnTick(share, found)).toBe(true);
  });

  test("of a coin keeps nine decimals", () => {
    expect(limitPriceFrom({ assetClass: "crypto", side: "buy", from: price("0.123456789"), offsetBps: -1 })).toBe("0.123444443");
  });
});

test("a limit that moves with the price keeps its distance", () => {
  expect(limitPriceMoved({ assetClass: share, side: "buy", limit: price("99"), from: price("100"), to: price("110") })).toBe("108.9");
  expect(limitPriceMoved({ assetClass: share, side: "sell", limit: price("101"), from: price("100"), to: price("99.99") })).toBe("100.99"); // 100.9899
});
