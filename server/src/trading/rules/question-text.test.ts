import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReferenceRule } from "@nod/contract/trading-config";
import { percentFrom, price } from "../../core/decimal.ts";
import { describeRule } from "./describe-rule.ts";
import { renderQuestion, sanitiseText, showPrices } from "./question-text.ts";

const prices = { price: price("410.5"), ref: price("417.2"), pct: percentFrom(price("417.2"), price("410.5")) };
const values = { symbol: "SPY", notional: 10, ...showPrices(prices) };

describe("the question as it is read", () => {
  test("every placeholder is filled in: cents for prices, the distance without its sign", () => {
    expect(renderQuestion("{{symbol}} at {{price}}, {{pct}}% below {{ref}}: ${{notional}}?", values)).toBe("SPY at 410.50, 1.61% below 417.20: $10?");
  });

  test("odd cents of an amount are shown, and an asked amount shows its bounds", () => {
    expect(renderQuestion("{{notional}}", { ...values, notional: 10.5 })).toBe("10.50");
    expect(renderQuestion("{{notional}}", { ...values, notional: { ask: { min: 5, max: 50 } } })).toBe("5 to 50");
  });

  test("a price under a dollar keeps its decimals", () => {
    expect(renderQuestion("{{price}}", { ...values, ...showPrices({ ...prices, price: price("0.00012345") }) })).toBe("0.000123");
  });

  test("nothing but placeholders is replaced, and dollar signs mean nothing", () => {
    expect(renderQuestion("$& $1 {symbol} {{symbol}} $$", values)).toBe("$& $1 {symbol} SPY $$");
  });

  test("any template without braces comes out as it went in", () => {
    fc.assert(fc.property(fc.string().filter((text) => !/[{}]/.test(text)), (text) => renderQuestion(text, values) === text));
  });
});

test("sanitised text has nothing invisible in it, and sanitising again changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const plain = sanitiseText(text);
      return !/[\p{Cc}\p{Cf}]/u.test(plain) && sanitiseText(plain) === plain;
    }),
  );
});

describe("a rule in plain English", () => {
  const rule: ReferenceRule = {
    id: "dip", type: "price_below_pct_of_ref", symbol: "SPY", ref_metric: "prev_close", threshold_pct: -1.5, question_template: "?",
    on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 }, cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50,
  };
  test.each<[Partial<ReferenceRule>, string]>([
    [{}, "When SPY is 1.5 % or more below its previous close, ask whether to buy 10 USD of it."],
    [{ type: "price_above_pct_of_ref", threshold_pct: 2, ref_metric: "day_open" }, "When SPY is 2 % or more above today's open, ask whether to buy 10 USD of it."],
    [{ threshold_pct: 0 }, "When SPY is at or below its previous close, ask whether to buy 10 USD of it."],
    [{ threshold_pct: 0.5, ref_metric: "day_low" }, "When SPY is at most 0.5 % above today's low, or below it, ask whether to buy 10 USD of it."],
    [{ type: "price_above_pct_of_ref", threshold_pct: -0.5, ref_metric: "day_high" }, "When SPY is at most 0.5 % below today's high, or above it, ask whether to buy 10 USD of it."],
    [{ on_answer_match: { action: "propose_order", side: "sell", notional_usd: { ask: { min: 5, max: 50 } } } }, "When SPY is 1.5 % or more below its previous close, ask how much of it to sell, 5 to 50 USD."],
  ])("%o", (changes, text) => {
    expect(describeRule({ ...rule, ...changes })).toBe(text);
  });
});
