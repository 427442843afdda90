import { describe, expect, test } from "vitest";
import { price } from "../../core/decimal.ts";
import { defaultCosts } from "./costs.ts";
import type { ReplayBar } from "./timeline.ts";
import { whatIf } from "./what-if.ts";

const startMs = Date.parse("2013-10-08T15:00:00Z");
/** Minutes of `[open, high, low, close]`. */
const minutes = (...rows: [string, string, string, string][]): ReplayBar[] =>
  rows.map(([open, high, low, close], n) => ({ startsAtMs: startMs + n * 60_000, open: price(open), high: price(high), low: price(low), close: price(close), volume: 100 }));
const buy = { side: "buy", order_type: "market", notional_usd: null, qty: "10" } as const;

describe("a buy that was skipped", () => {
  const day = minutes(["100", "100", "100", "100"], ["100", "104", "99", "103"], ["103", "103", "101", "102"], ["102", "102", "102", "102"]);

  test("without exits is left at the day's close", () => {
    // 100.05 a share in, 101.949 out: 1000.50 and 1019.49, and three cents of fee (0.0283).
    expect(whatIf(buy, "us_equity", day, defaultCosts)).toMatchObject({ entryPrice: "100.05", exitPrice: "101.949", because: "day_close", feesUsd: "0.03", madeUsd: "18.96" });
  });

  test("is left a minute after its target was reached; when its stop was too, by the stop", () => {
    expect(whatIf({ ...buy, exits: { take_profit_pct: 3 } }, "us_equity", day, defaultCosts)).toMatchObject({ exitPrice: "102.9485", exitAtMs: startMs + 120_000, because: "take_profit" });
    expect(whatIf({ ...buy, exits: { take_profit_pct: 3, stop_loss_pct: 1 } }, "us_equity", day, defaultCosts)).toMatchObject({ because: "stop_loss" });
  });

  test("at a limit is entered when a minute trades through it, and not at all when none does", () => {
    expect(whatIf({ ...buy, order_type: "limit", limit_price: "99.5" }, "us_equity", day, defaultCosts)).toMatchObject({ entryPrice: "99.5", entryAtMs: startMs + 60_000 });
    expect(whatIf({ ...buy, order_type: "limit", limit_price: "99" }, "us_equity", day, defaultCosts)).toBeNull();
  });

  test("for an amount buys what it pays for; one that was asked for is the smallest", () => {
    expect(whatIf({ side: "buy", order_type: "market", notional_usd: "50" }, "us_equity", day, defaultCosts)).toMatchObject({ qty: "0.499750124" });
    expect(whatIf({ side: "buy", order_type: "market", notional_usd: null, ask: { min: "20", max: "80" } }, "us_equity", day, defaultCosts)).toMatchObject({ qty: "0.199900049" });
  });

  test("of crypto pays on both sides", () => {
    // 25 basis points of 1000.50 and of 1019.49 are 2.51 and 2.55.
    expect(whatIf(buy, "crypto", day, defaultCosts)).toMatchObject({ feesUsd: "5.06", madeUsd: "13.93" });
  });
});

test("a sale that was skipped is measured against what it was worth at the close", () => {
  const falling = minutes(["100", "100", "100", "100"], ["98", "98", "95", "95"]);
  // Ten at 99.95 are 999.50; at the close they were worth 950. The fee is three cents (0.0278).
  expect(whatIf({ ...buy, side: "sell" }, "us_equity", falling, defaultCosts)).toMatchObject({ entryPrice: "99.95", exitPrice: "95", feesUsd: "0.03", madeUsd: "49.47" });
});

test("without a minute nothing can be told", () => {
  expect(whatIf(buy, "us_equity", [], defaultCosts)).toBeNull();
});
