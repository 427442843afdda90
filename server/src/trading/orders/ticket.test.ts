import { describe, expect, test } from "vitest";
import { price, quantity, usd, zeroQuantity } from "../../core/decimal.ts";
import type { BrokerOrder } from "../ports.ts";
import type { OrderRecord } from "./order-record.ts";
import { differenceFrom, ticketOf } from "./ticket.ts";

type Ours = Parameters<typeof differenceFrom>[0];

const ours = (changes: Partial<OrderRecord>): Ours =>
  ({ id: "o1", clientOrderId: "nod-1", symbol: "BTC/USD", assetClass: "crypto", side: "buy", orderType: "market", limitPrice: null, notionalUsd: usd("10"), qty: null, ...changes }) as OrderRecord;

const theirs = (changes: Partial<BrokerOrder>): BrokerOrder => ({
  alpacaOrderId: "a1",
  clientOrderId: "nod-1",
  symbol: "BTCUSD",
  side: "buy",
  orderType: "market",
  limitPrice: null,
  qty: null,
  notionalUsd: usd("10.00"),
  status: "accepted",
  filledQty: zeroQuantity,
  filledAvgPrice: null,
  submittedAt: null,
  filledAt: null,
  updatedAt: null,
  raw: {},
  ...changes,
});

describe("the order that the broker holds under our id", () => {
  test("is ours, with the pair's slash or without it, and however its amount is written", () => {
    expect(differenceFrom(ours({}), theirs({}))).toBeNull();
    expect(differenceFrom(ours({}), theirs({ symbol: "BTC/USD" }))).toBeNull();
    expect(differenceFrom(ours({ notionalUsd: null, qty: quantity("0.5") }), theirs({ notionalUsd: null, qty: quantity("0.50") }))).toBeNull();
  });

  const others: [string, Partial<OrderRecord>, Partial<BrokerOrder>][] = [
    ["it is for ETHUSD and not for BTC/USD", {}, { symbol: "ETHUSD" }],
    ["it is a sell and not a buy", {}, { side: "sell" }],
    ["it is for $11 and not for $10", {}, { notionalUsd: usd("11") }],
    ["it is for $? and not for $10", {}, { notionalUsd: null, qty: quantity("1") }],
    ["it is for 2 shares and not for 1", { notionalUsd: null, qty: quantity("1") }, { notionalUsd: null, qty: quantity("2") }],
    ["it is for no shares and not for 1", { notionalUsd: null, qty: quantity("1") }, {}],
    ["it is at a limit of $98 and not at $99", { limitPrice: price("99") }, { limitPrice: price("98") }],
    ["it is at no limit and not at $99", { limitPrice: price("99") }, {}],
  ];
  test.each(others)("is another one when %s", (difference, mine, found) => {
    expect(differenceFrom(ours(mine), theirs(found))).toBe(difference);
  });
});

test("an order without a size is not sent", () => {
  expect(ticketOf(ours({})).size).toEqual({ kind: "notional", notionalUsd: "10" });
  expect(() => ticketOf(ours({ notionalUsd: null }))).toThrow("has no size");
});
