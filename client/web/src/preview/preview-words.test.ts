import type { ReplayReport } from "@nod/contract/preview";
import { expect, test } from "vitest";
import { askedWords, caveatsOf, fateOf, fateWords, madeWords, type PreviewedQuestion } from "./preview-words.ts";

const question: PreviewedQuestion = {
  id: "q1", at: "2013-10-09T13:33:00.000Z", rule_id: "ibm_rises", rule_text: "When IBM rises, ask.", symbol: "IBM", asset_class: "us_equity", price: "179.7", price_as_of: "2013-10-09T13:33:00.000Z", facts: {},
  order: { side: "buy", order_type: "market", notional_usd: null, qty: "10" }, answer: "approve", decision: { verdict: "approved", code: null, message: "The guardrails let it pass.", limits: {} },
  fills: [
    { symbol: "IBM", side: "buy", qty: "10", price: "179.779845", fee_usd: "0", at: "2013-10-09T13:33:00.000Z", because: "answer" },
    { symbol: "IBM", side: "sell", qty: "10", price: "180.079915", fee_usd: "0.06", at: "2013-10-09T13:49:00.000Z", because: "take_profit" },
  ],
  made_usd: "2.94",
};
const report: ReplayReport = {
  from: "2013-10-04", to: "2013-10-09", trading_days: 4, asked: 1, questions: [question], starts_with_usd: "10000", ends_with_usd: "10002.94", made_usd: "2.94", equity: [], win_rate_pct: "100", worst_drawdown_pct: "0",
  fees_usd: "0.06", slippage_usd: "1", slippage_bps: 5, buy_and_hold: { made_usd: null, symbols: [] }, prices: [], missing: [], cut_short: false,
};

test("each card says what would have come of it", () => {
  expect(fateWords(question)).toBe("Bought 10 at $179.78, sold 10 at $180.08 by its target");
  expect(fateWords({ ...question, order: null, fills: [] })).toBe("It only tells something");
  expect(fateWords({ ...question, fills: [] })).toBe("Its limit was not reached: nothing bought");
  const denied = { ...question, fills: [], decision: { verdict: "denied" as const, code: "max_orders_per_day_reached" as const, message: "3 of 3 orders of today are used up. No order was sent.", limits: {} } };
  expect([fateOf(denied), fateWords(denied)]).toEqual(["denied", "Denied by your limits: 3 of 3 orders of today are used up"]);
});

test("gain and loss carry a sign and an arrow", () => {
  expect([madeWords("2.94"), madeWords("-0.45"), madeWords("0")]).toEqual(["▲ +$2.94", "▼ −$0.45", "$0.00"]);
});

test("how often it asks is one sentence, nothing included", () => {
  expect(askedWords(1, ["2013-10-04", "2013-10-07", "2013-10-09"])).toBe("It would have asked 1 time in 3 trading days, 4\u00a0Oct to 9\u00a0Oct.");
  expect(askedWords(0, ["2013-10-09"])).toBe("It would have asked nothing in 1 trading day, 9\u00a0Oct.");
  expect(askedWords(0, [])).toBe("There are no prices to look at.");
});

test("what the figures leave out is said: days that are not known, symbols without minutes, a preview that was cut short", () => {
  expect(caveatsOf({ ...report, questions: [], asked: 0 }, { wanted: 4, seen: 4 })).toEqual(["It says what would have been asked, not what will be."]);
  expect(caveatsOf(report, { wanted: 20, seen: 1 })[0]).toBe("Prices are there of 1 of the 20 days: minutes are kept from when a symbol is first followed.");
  expect(caveatsOf({ ...report, cut_short: true, asked: 700, missing: [{ symbol: "BAC", message: "no minutes are stored of these days" }] }, { wanted: 20, seen: 4 })).toEqual([
    "It took too long and was cut short after 4 days: what came later was not looked at.",
    "BAC is left out: no minutes are stored of these days.",
    "It would have asked 700 times in all; the first 500 are told.",
    "Every card is taken as approved at once, and every order as filled at the next minute's open, 5 basis points worse, fees included. It starts with $10,000.",
    "It says what would have been asked, not what will be.",
  ]);
});
