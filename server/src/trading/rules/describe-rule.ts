import type { ReferenceMetric, ReferenceRule, Rule } from "@nod/contract/trading-config";
import { percent } from "../../core/decimal.ts";
import { showNotional } from "./question-text.ts";

const referenceWords: Record<ReferenceMetric, string> = {
  prev_close: "its previous close",
  day_open: "today's open",
  day_high: "today's high",
  day_low: "today's low",
};

/** A rule in plain English: "When SPY is 1.5 % or more below its previous close, ask whether to buy 10 USD of it." */
export function describeRule(rule: Rule): string {
  const action = rule.on_answer_match;
  if (!("ref_metric" in rule) || !("notional_usd" in action)) return `When ${rule.symbol} meets the rule ${rule.id}.`;
  const { side, notional_usd: notional } = action;
  const words = typeof notional === "number" ? `ask whether to ${side} ${showNotional(notional)} USD of it` : `ask how much of it to ${side}, ${showNotional(notional)} USD`;
  return `When ${rule.symbol} is ${describeDistance(rule)}, ${words}.`;
}

function describeDistance(rule: ReferenceRule): string {
  const below = rule.type === "price_below_pct_of_ref";
  const reference = referenceWords[rule.ref_metric];
  const [side, otherSide] = below ? ["below", "above"] : ["above", "below"];
  if (rule.threshold_pct === 0) return `at or ${side} ${reference}`;
  const distance = percent(Math.abs(rule.threshold_pct));
  // Below -0.5 % of the close is under it; below +0.5 % of the low is near the low.
  if (rule.threshold_pct < 0 === below) return `${distance} % or more ${side} ${reference}`;
  return `at most ${distance} % ${otherSide} ${reference}, or ${side} it`;
}
