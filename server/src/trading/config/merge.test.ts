import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyShapedRule } from "../../../../packages/contract/test/support/any-rule.ts";
import { mergeConfig } from "./merge.ts";

const terms = { cooldown_seconds: 60, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 };
const below = { op: "<", left: "last", right: 400 };
const condition = { id: "r", type: "condition", symbol: "SPY", when: { all: [below] }, fire: { mode: "once_per_bar", timeframe: "5Min" }, question_template: "?", on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10, exits: { stop_loss_pct: 5 } }, ...terms };
const dip = { id: "r", type: "price_below_pct_of_ref", symbol: "SPY", ref_metric: "prev_close", threshold_pct: -1, question_template: "?", on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 }, ...terms };

/** The rule that comes of a template's rule and what a user says of it. */
const merged = (rule: object, own: object): unknown => {
  const { rules } = mergeConfig({ rules: [rule] }, { rules: [{ id: "r", ...own }] });
  return Array.isArray(rules) ? rules[0] : null;
};

describe("a user's word on a rule of the template", () => {
  test("replaces a condition as a whole: two of them are not one", () => {
    expect(merged(condition, { when: { any: [below] } })).toEqual({ ...condition, when: { any: [below] } });
    expect(merged(condition, { fire: { mode: "once" } })).toEqual({ ...condition, fire: { mode: "once" } });
  });

  test("takes one size for another, and keeps the rest of the order", () => {
    expect(merged(condition, { on_answer_match: { qty: 2 } })).toEqual({ ...condition, on_answer_match: { action: "propose_order", side: "buy", qty: 2, exits: { stop_loss_pct: 5 } } });
    expect(merged(condition, { on_answer_match: { notional_usd: 20 } })).toMatchObject({ on_answer_match: { notional_usd: 20, exits: { stop_loss_pct: 5 } } });
    expect(merged(condition, { on_answer_match: { exits: { take_profit_pct: 9 } } })).toMatchObject({ on_answer_match: { notional_usd: 10, exits: { stop_loss_pct: 5, take_profit_pct: 9 } } });
  });

  test("of another action leaves nothing of the one before", () => {
    expect(merged(condition, { on_answer_match: { action: "propose_exit" } })).toEqual({ ...condition, on_answer_match: { action: "propose_exit" } });
  });

  test("of another type leaves behind what that type does not have", () => {
    const { ref_metric: _reference, threshold_pct: _threshold, ...kept } = dip;
    expect(merged(dip, { type: "price_crosses_level", level: 400, direction: "any" })).toEqual({ ...kept, type: "price_crosses_level", level: 400, direction: "any" });
    expect(merged(dip, { type: "price_above_pct_of_ref", threshold_pct: 2 })).toEqual({ ...dip, type: "price_above_pct_of_ref", threshold_pct: 2 });
  });

  test("that is a whole rule is that rule, whatever was there before; saying it twice changes nothing", () => {
    fc.assert(
      fc.property(anyShapedRule, anyShapedRule, (rule, own) => {
        const [first, second] = [{ ...Object(rule), id: "r" }, { ...Object(own), id: "r" }];
        const once = merged(first, second);
        expect(once).toMatchObject({ type: second.type, on_answer_match: second.on_answer_match });
        expect(merged(Object(once), second)).toEqual(once);
      }),
    );
  });
});
