import type { Condition, Firing, Operand } from "@nod/contract/rule-language";
import type { VolatilitySize } from "@nod/contract/action";
import type { LevelRule, ReferenceMetric, ReferenceRule, Rule } from "@nod/contract/trading-config";
import type { RuleSource } from "./rule-program.ts";

/** The long form of any rule: what it is true of, and when that fires. */
export function toCondition(rule: Rule): { when: Condition; fire: Firing } {
  // While it holds, and again after the cooldown: what holds when the rule is switched on is asked about as well.
  const whileItHolds: Firing = { mode: "every", seconds: rule.cooldown_seconds, at_start: true };
  switch (rule.type) {
    case "price_below_pct_of_ref":
    case "price_above_pct_of_ref":
      return { when: thresholdCondition(rule), fire: whileItHolds };
    case "price_crosses_level":
      return { when: { op: crossingOf[rule.direction], left: "last", right: rule.level }, fire: whileItHolds };
    case "rsi_threshold":
      return { when: { op: rule.op, left: { indicator: "rsi", timeframe: rule.timeframe, length: rule.length }, right: rule.level }, fire: whileItHolds };
    case "condition":
      return { when: rule.when, fire: rule.fire ?? { mode: "on_change" } };
  }
}

/** What is looked at for a rule: its condition, and what the size of its order is worked out from. */
export function toRuleSource(rule: Rule): RuleSource {
  const { when, fire } = toCondition(rule);
  const { on_answer_match: action } = rule;
  const sized: Condition = action.action === "propose_order" && "volatility" in action ? { all: [when, { op: ">", left: volatilityOperand(action.volatility), right: 0 }] } : when;
  return { when: sized, fire, maxAgeMs: rule.max_staleness_seconds * 1_000 };
}

/** The average true range that a size by volatility is worked out from: while it is unknown, such a rule does not fire. */
const volatilityOperand = ({ length, timeframe }: VolatilitySize) => ({ indicator: "atr", length, timeframe }) as const;

const crossingOf: Record<LevelRule["direction"], "crosses" | "crosses_above" | "crosses_below"> = { above: "crosses_above", below: "crosses_below", any: "crosses" };

function thresholdCondition({ type, ref_metric: reference, threshold_pct: threshold }: ReferenceRule): Condition {
  return { op: type === "price_below_pct_of_ref" ? "<=" : ">=", left: distanceFrom(reference), right: threshold };
}

function distanceFrom(reference: ReferenceMetric): Operand {
  if (reference === "prev_close" || reference === "day_open") return { change: "percent", from: reference };
  return { "*": [{ "/": [{ "-": ["last", reference] }, reference] }, 100] };
}
