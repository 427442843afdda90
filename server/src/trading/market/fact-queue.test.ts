import { describe, expect, test } from "vitest";
import { price } from "../../core/decimal.ts";
import type { Fact } from "../ports.ts";
import { createFactQueue } from "./fact-queue.ts";

const fact = (symbol: string, at: string, second: number, metric: Fact["metric"] = "last_trade"): Fact => ({ feed: "iex", assetClass: "us_equity", symbol, metric, price: price(at), volume: null, asOf: new Date(second * 1_000), tradingDay: null });
const shown = (facts: readonly Fact[]): string[] => facts.map((each) => `${each.symbol} ${each.metric} ${each.price}`);

describe("facts that wait to be written", () => {
  test("are the newest of each name, whatever the order in which they came", () => {
    const queue = createFactQueue(10);
    queue.add([fact("SPY", "1", 5), fact("SPY", "2", 7), fact("SPY", "3", 6), fact("SPY", "4", 7), fact("SPY", "9", 1, "bid"), fact("IBM", "5", 1)]);
    expect(shown(queue.take())).toEqual(["SPY last_trade 4", "SPY bid 9", "IBM last_trade 5"]);
    expect(queue.take()).toEqual([]);
  });

  test("come back when they could not be written, and give way to what came meanwhile", () => {
    const queue = createFactQueue(10);
    queue.add([fact("SPY", "1", 5), fact("IBM", "2", 5), fact("AIG", "3", 5)]);
    const taken = queue.take();
    queue.add([fact("SPY", "10", 6), fact("IBM", "20", 5)]);
    queue.putBack(taken);
    expect(shown(queue.take())).toEqual(["SPY last_trade 10", "IBM last_trade 20", "AIG last_trade 3"]);
  });

  test("are never more than there is room for, however long the database is away", () => {
    const queue = createFactQueue(3);
    for (let n = 0; n < 1_000; n += 1) queue.add([fact(`S${n % 5}`, `${n + 1}`, n)]);
    expect(queue.size).toBe(3);
    expect(queue.dropped).toBe(400);
    expect(shown(queue.take())).toEqual(["S0 last_trade 996", "S1 last_trade 997", "S2 last_trade 998"]);
  });
});
