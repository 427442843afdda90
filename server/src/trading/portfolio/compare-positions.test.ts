import { describe, expect, test } from "vitest";
import { quantity } from "../../core/decimal.ts";
import { comparePositions, type TradedSymbol } from "./compare-positions.ts";

const traded = (symbol: string, bought: string, sold = "0", changes: Partial<TradedSymbol> = {}): TradedSymbol => ({ symbol, isCrypto: symbol.includes("/"), bought: quantity(bought), sold: quantity(sold), isMoving: false, ...changes });
const atBroker = (symbol: string, qty: string) => ({ symbol, qty: quantity(qty) });

/** Nothing happens while the broker is asked. */
const comparedAtRest = (ours: readonly TradedSymbol[], broker: readonly ReturnType<typeof atBroker>[]) => comparePositions(ours, broker, ours);

test("the account holds what everybody's orders add up to, and nothing differs", () => {
  expect(comparedAtRest([traded("SPY", "1.5", "0.25"), traded("IBM", "2", "2")], [atBroker("SPY", "1.25")])).toEqual({ differing: [], moving: [] });
});

test("nobody has traded and nothing is held", () => {
  expect(comparePositions([], [], [])).toEqual({ differing: [], moving: [] });
});

describe("a difference is told with both quantities where the broker", () => {
  test.each([
    ["holds more than ours", [traded("SPY", "1")], [atBroker("SPY", "1.000000001")], { symbol: "SPY", brokerQty: "1.000000001", ourQty: "1" }],
    ["holds what nobody of ours ever traded", [], [atBroker("TSLA", "7")], { symbol: "TSLA", brokerQty: "7", ourQty: "0" }],
    ["holds less than ours", [traded("SPY", "3", "1")], [atBroker("SPY", "1.5")], { symbol: "SPY", brokerQty: "1.5", ourQty: "2" }],
    ["holds nothing of what is ours", [traded("SPY", "3")], [], { symbol: "SPY", brokerQty: "0", ourQty: "3" }],
    ["is short of what nobody of ours traded", [], [atBroker("GME", "-4")], { symbol: "GME", brokerQty: "-4", ourQty: "0" }],
    ["is short of what ours hold", [traded("GME", "1")], [atBroker("GME", "-4")], { symbol: "GME", brokerQty: "-4", ourQty: "1" }],
    ["holds what ours sold without having it", [traded("SPY", "1", "3")], [], { symbol: "SPY", brokerQty: "0", ourQty: "-2" }],
  ])("%s", (_, ours, broker, difference) => {
    expect(comparedAtRest(ours, broker)).toEqual({ differing: [difference], moving: [] });
  });
});

test("ours sold more than they had, as a bust can leave it, and so says the broker: nothing differs", () => {
  expect(comparedAtRest([traded("SPY", "1", "3")], [atBroker("SPY", "-2")])).toEqual({ differing: [], moving: [] });
});

describe("nothing is said of a symbol", () => {
  const moving = { differing: [], moving: ["SPY"] };

  test("of which an order may execute at any moment", () => {
    expect(comparedAtRest([traded("SPY", "1", "0", { isMoving: true })], [atBroker("SPY", "2")])).toEqual(moving);
  });

  test("whose order was over, unfilled, when the books were read again", () => {
    expect(comparePositions([traded("SPY", "0", "0", { isMoving: true })], [atBroker("SPY", "2")], [])).toEqual(moving);
  });

  test("of which the first order was placed meanwhile", () => {
    expect(comparePositions([], [], [traded("SPY", "0", "0", { isMoving: true })])).toEqual(moving);
  });

  test.each([
    ["bought", traded("SPY", "1"), traded("SPY", "2")],
    ["sold", traded("SPY", "2"), traded("SPY", "2", "1")],
    ["bought and sold, as much of each", traded("SPY", "1"), traded("SPY", "2", "1")],
  ])("that was %s while the broker was asked", (_, before, after) => {
    expect(comparePositions([before], [atBroker("SPY", "5")], [after])).toEqual(moving);
  });

  test("and another beside it is compared all the same", () => {
    expect(comparedAtRest([traded("SPY", "1", "0", { isMoving: true }), traded("IBM", "1")], [])).toEqual({ differing: [{ symbol: "IBM", brokerQty: "0", ourQty: "1" }], moving: ["SPY"] });
  });
});

describe("of coins the broker keeps its fee", () => {
  test.each([
    ["what is less by a fee is no difference", traded("BTC/USD", "0.04"), "0.0399", []],
    ["nor is it without a fee", traded("BTC/USD", "0.04"), "0.04", []],
    ["the fee is of all that was ever bought", traded("BTC/USD", "4", "3.98"), "0.01", []],
    ["what is less by more than any fee is", traded("BTC/USD", "0.04"), "0.0398", [{ symbol: "BTC/USD", brokerQty: "0.0398", ourQty: "0.04" }]],
    ["and so is what is more", traded("BTC/USD", "0.04"), "0.0401", [{ symbol: "BTC/USD", brokerQty: "0.0401", ourQty: "0.04" }]],
  ])("%s", (_, ours, broker, differing) => {
    expect(comparedAtRest([ours], [atBroker("BTC/USD", broker)])).toEqual({ differing, moving: [] });
  });

  test("of shares it keeps none", () => {
    expect(comparedAtRest([traded("SPY", "0.04")], [atBroker("SPY", "0.0399")]).differing).toHaveLength(1);
  });
});
