import fc from "fast-check";
import type { TSchema } from "typebox";
import { describe, expect, test } from "vitest";
import { anyShapedConfig, anyShapedRule, withSlip } from "../test/support/any-rule.ts";
import { checkRule } from "./check-rule.ts";
import { explainFaults } from "./explain-faults.ts";
import { toPointer } from "./json-pointer.ts";
import { didYouMean, editDistance, nearestName } from "./nearest-name.ts";
import { factNames } from "./rule-language.ts";
import { metricsOf } from "./rule-operands.ts";
import { Rule, TradingConfig, TradingConfigOverride } from "./trading-config.ts";
import { compileValidator } from "./validators.ts";

const validate = compileValidator(Rule);
const explain = explainFaults(Rule);
const anySlippedRule = withSlip(anyShapedRule);

const begins = { id: "mine", symbol: "SPY", question_template: "{{symbol}}?", cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 };
const buy = { action: "propose_order", side: "buy", notional_usd: 10 };
const rule = (when: unknown, changes: Record<string, unknown> = {}): unknown => ({ ...begins, type: "condition", when, on_answer_match: buy, ...changes });
const below = { op: "<", left: "last", right: 400 };

/** As an editor shows them: the shape first, and what the shape means once it is right. */
function faultsOf(document: unknown): { pointer: string; message: string }[] {
  const validated = validate(document);
  return validated.ok ? checkRule(validated.value).map(({ path, message }) => ({ pointer: toPointer(path), message })) : explain(document);
}

describe("what is explained and what is validated is the same", () => {
  test("for rules whose shape is right", () => {
    fc.assert(fc.property(anyShapedRule, (document) => validate(document).ok && explain(document).length === 0));
  });

  test("for rules with a slip in them, wherever it is", () => {
    fc.assert(fc.property(anySlippedRule, (document) => validate(document).ok === (explain(document).length === 0)), { numRuns: 1_000 });
  });

  test("for whole configs, and for what a user says of a template, with a slip in them", () => {
    for (const schema of [TradingConfig, TradingConfigOverride]) {
      const [validateConfig, explainConfig] = [compileValidator<TSchema>(schema), explainFaults(schema)];
      fc.assert(fc.property(withSlip(anyShapedConfig), (document) => validateConfig(document).ok === (explainConfig(document).length === 0)), { numRuns: 300 });
    }
  });

  test("and nothing makes it throw, or blame a choice of shapes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), anySlippedRule), (document) => {
        for (const { message } of faultsOf(document)) expect(message).not.toMatch(/anyOf|oneOf|schema/);
      }),
    );
  });
});

describe("a slip of the pen is told where it is, with what was probably meant", () => {
  const rsi = { indicator: "rsi", timeframe: "1Day", length: 14 };
  test.each<[string, unknown, string, string]>([
    ["a fact", rule({ ...below, right: "prev_clsoe" }), "/when/right", "`prev_clsoe` is not known here: did you mean `prev_close`?"],
    ["an operator", rule({ ...below, op: "croses" }), "/when/op", "did you mean `crosses`?"],
    ["an indicator", rule({ ...below, left: { ...rsi, indicator: "rsii" } }), "/when/left/indicator", "did you mean `rsi`?"],
    ["a timeframe", rule({ ...below, left: { ...rsi, timeframe: "1day" } }), "/when/left/timeframe", "did you mean `1Day`?"],
    ["a key of a comparison", rule({ op: "<", lfet: "last", right: 400 }), "/when/lfet", "is not a known key: did you mean `left`?"],
    ["a combinator", rule({ al: [below] }), "/when/al", "is not a known key: did you mean `all`?"],
    ["a key of an operand", rule({ ...below, left: { idicator: "rsi", timeframe: "1Day" } }), "/when/left/idicator", "did you mean `indicator`?"],
    ["deep inside", rule({ all: [below, { not: { any: [{ ...below, left: { "+": ["last", "bidd"] } }] } }] }), "/when/all/1/not/any/0/left/+/1", "did you mean `bid`?"],
    ["a key of a rule", rule(below, { colldown_seconds: 1 }), "/colldown_seconds", "did you mean `cooldown_seconds`?"],
    ["a type", { ...Object(rule(below)), type: "conditon" }, "/type", "did you mean `condition`?"],
    ["an action", rule(below, { on_answer_match: { action: "propose_ordr", side: "buy", qty: 1 } }), "/on_answer_match/action", "did you mean `propose_order`?"],
    ["how it fires", rule(below, { fire: { mode: "once_per_dya" } }), "/fire/mode", "did you mean `once_per_day`?"],
    ["a number as text", rule({ ...below, right: "400" }), "/when/right", "not the text \"400\": did you mean 400?"],
  ])("%s", (_name, document, pointer, message) => {
    expect(faultsOf(document)).toContainEqual({ pointer, message: expect.stringContaining(message) });
  });
});

describe("what cannot be meant is said in words", () => {
  const rsi = { indicator: "rsi", timeframe: "1Day", length: 14 };
  const nested = (levels: number): unknown => (levels === 0 ? below : { not: nested(levels - 1) });
  test.each<[string, unknown, string, string]>([
    ["a list for a condition", rule([below]), "/when", "must be a condition, not a list"],
    ["nothing in particular", rule({}), "/when", "must be a condition, with one of `all`, `any`, `not`, `held_for`, `then_within`, `op`"],
    ["two combinators at once", rule({ all: [below], any: [below] }), "/when", "has `all` and `any`; only one of them may be there"],
    ["null for an operand", rule({ ...below, right: null }), "/when/right", "must be a number, the name of a fact, or an operand, not null"],
    ["no size", rule(below, { on_answer_match: { action: "propose_order", side: "buy" } }), "/on_answer_match", "must have one of `notional_usd`, `qty`, `equity_pct`, `volatility`"],
    ["two sizes", rule(below, { on_answer_match: { ...buy, qty: 1 } }), "/on_answer_match", "has `notional_usd` and `qty`; only one of them may be there"],
    ["two constants", rule({ op: "<", left: 1, right: 2 }), "/when", "compares constants"],
    ["a band upside down", rule({ op: "between", value: rsi, low: 70, high: 30 }), "/when/low", "70 must not be above high, which is 30"],
    ["a division by nothing", rule({ ...below, left: { "/": ["last", 0] } }), "/when/left/~1/1", "must not be 0"],
    ["an average of no length", rule({ ...below, left: { indicator: "sma", timeframe: "1Day" } }), "/when/left/length", "is required"],
    ["a length for the session's average", rule({ ...below, left: { indicator: "vwap", timeframe: "5Min", length: 20 } }), "/when/left/length", "does not belong to vwap"],
    ["the session's average of days", rule({ ...below, left: { indicator: "vwap", timeframe: "1Day" } }), "/when/left/timeframe", "shorter than a day"],
    ["deviations of what has none", rule({ ...below, left: { ...rsi, deviations: 2 } }), "/when/left/deviations", "Bollinger"],
    ["a deviation of one bar", rule({ ...below, left: { indicator: "zscore", timeframe: "1Day", length: 1 } }), "/when/left/length", "must be >= 2"],
    ["too long ago", rule({ ...below, left: { ...rsi, length: 250 } }), "/when/left", "needs 5451 bars of 1Day; at most 5000 are kept"],
    ["a finer number than there is", rule({ ...below, right: 1e-10 }), "/when/right", "at most 9 decimals"],
    ["nine levels", rule(nested(8)), `/when${"/not".repeat(8)}`, "nested deeper than 8 levels"],
    ["a hundred nodes", rule({ all: Array.from({ length: 20 }, () => ({ any: [below, below] })) }), "/when", "more than 100 conditions and operands"],
    ["a bar for what is once a day", rule(below, { fire: { mode: "once_per_day", timeframe: "5Min" } }), "/fire/timeframe", "belongs to mode once_per_bar, not to once_per_day"],
    ["once a bar of what", rule(below, { fire: { mode: "once_per_bar" } }), "/fire/timeframe", "is required with mode once_per_bar"],
    ["a fault in what arms it again", rule(below, { fire: { mode: "on_change", rearm: { op: ">", left: 1, right: 2 } } }), "/fire/rearm", "compares constants"],
    ["a day that there is not", rule(below, { fire: { mode: "once", expires_at: "2027-02-30T00:00:00Z" } }), "/fire/expires_at", "must be a moment with its zone"],
    ["the distance of what has no reference", rule(below, { question_template: "{{pct}} %" }), "/question_template", "{{pct}} belongs to rules that compare the price with one reference; condition has none"],
    ["the distance of what is sized by what it ranges", { ...begins, type: "price_below_pct_of_ref", ref_metric: "prev_close", threshold_pct: -1, question_template: "{{pct}}?", on_answer_match: { action: "propose_order", side: "buy", volatility: { risk_usd: 10, atr_multiple: 2, timeframe: "1Day", length: 14 } } }, "/question_template", "sized by volatility"],
    ["the amount of what names none", rule(below, { question_template: "{{notional}}?", on_answer_match: { action: "notify" } }), "/question_template", "notify names no amount"],
    ["an unknown placeholder", rule(below, { question_template: "{{balance}}" }), "/question_template", "{{balance}} is not a placeholder"],
    ["a limit of a market order", rule(below, { on_answer_match: { ...buy, limit_offset_bps: -10 } }), "/on_answer_match/limit_offset_bps", 'belongs to "order_type": "limit"'],
    ["exits of a sell", rule(below, { on_answer_match: { ...buy, side: "sell", exits: { stop_loss_pct: 5 } } }), "/on_answer_match/exits", "belongs to buys"],
    ["exits that are none", rule(below, { on_answer_match: { ...buy, exits: {} } }), "/on_answer_match/exits", "must have one of `stop_loss_pct`, `take_profit_pct`, `trailing_stop`"],
    ["auto without a budget", rule(below, { mode: "auto" }), "/auto_budget", "auto_budget is required with mode auto"],
    ["auto that has to ask", rule(below, { mode: "auto", auto_budget: { max_orders_per_day: 1, max_notional_usd_per_day: 10 }, on_answer_match: { ...buy, notional_usd: { ask: { min: 5, max: 10 } } } }), "/mode", "nobody can name the amount"],
  ])("%s", (_name, document, pointer, message) => {
    expect(faultsOf(document)).toContainEqual({ pointer, message: expect.stringContaining(message) });
  });

  test("and what makes sense has no fault", () => {
    expect(faultsOf(rule({ all: [{ op: "<", left: rsi, right: 30 }, { op: "crosses_above", left: "last", right: { indicator: "vwap", timeframe: "5Min" } }] }))).toEqual([]);
    expect(faultsOf(rule(nested(6)))).toEqual([]);
  });
});

describe("what a rule needs to be known", () => {
  const needs = (document: unknown): string[] => {
    const validated = validate(document);
    return validated.ok ? metricsOf(validated.value) : [];
  };
  test("is the metrics of everything that it looks at, wherever it stands", () => {
    expect(needs(rule(below))).toEqual(["last_trade"]);
    expect(needs(rule({ not: { op: ">", left: "spread_bps", right: 20 } }))).toEqual(["last_trade", "quote"]);
    expect(needs(rule({ op: "<", left: { change: "percent", from: "day_open" }, right: -1 }, { fire: { mode: "on_change", rearm: { op: ">", left: "last", right: "prev_close" } } }))).toEqual(["last_trade", "daily_bar", "prev_close"]);
  });
});

describe("the nearest name", () => {
  test("is never one that is further than another, and is found from one slip", () => {
    fc.assert(
      fc.property(fc.constantFrom(...factNames.filter((name) => name.length > 3)), fc.nat(40), fc.constantFrom("a", "b", "c", "x", "y", "z", "_"), (name, at, letter) => {
        const place = at % name.length;
        const slipped = `${name.slice(0, place)}${letter}${name.slice(place + 1)}`;
        const nearest = nearestName(slipped, factNames);
        expect(nearest).not.toBeNull();
        for (const other of factNames) expect(editDistance(slipped, nearest ?? "")).toBeLessThanOrEqual(editDistance(slipped, other));
      }),
    );
  });

  test("is none for what is like nothing", () => {
    expect(nearestName("moon_phase", factNames)).toBeNull();
    expect(didYouMean("", factNames)).toBe("");
    expect(didYouMean("x".repeat(10_000), factNames)).toBe("");
  });

  test("counts a swap of neighbours as one slip", () => {
    expect(editDistance("prev_clsoe", "prev_close")).toBe(1);
    expect(editDistance("kitten", "sitting")).toBe(3);
  });
});
