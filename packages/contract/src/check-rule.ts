/**
 * What the schema cannot say of one rule. The server refuses a config by it and an editor can mark faults by it, so both say
 * the same. Pure; in time proportional to the rule.
 */
import { checkCondition, checkFiring, hasAtMostDecimals, type RuleFault } from "./check-condition.ts";
import type { ProposeOrder } from "./action.ts";
import type { Rule } from "./trading-config.ts";

/** What a question template may name. `pct` and `ref` are of rules that compare the price with one reference. */
export const placeholders = ["symbol", "price", "pct", "ref", "notional"] as const;
export type Placeholder = (typeof placeholders)[number];

/** The faults of a rule whose shape is right; `path` is into the rule. */
export function checkRule(rule: Rule): RuleFault[] {
  return [...whatItWatches(rule), ...templateFaults(rule), ...actionFaults(rule), ...autoFaults(rule)];
}

function whatItWatches(rule: Rule): RuleFault[] {
  switch (rule.type) {
    case "condition":
      return [...checkCondition(rule.when, ["when"]), ...(rule.fire === undefined ? [] : checkFiring(rule.fire, ["fire"]))];
    case "price_crosses_level":
    case "rsi_threshold":
      return decimalsFault(rule.level, 9, "level");
    case "price_below_pct_of_ref":
    case "price_above_pct_of_ref":
      return decimalsFault(rule.threshold_pct, 9, "threshold_pct");
  }
}

function decimalsFault(value: number, decimals: number, ...path: string[]): RuleFault[] {
  return hasAtMostDecimals(value, decimals) ? [] : [{ path, message: `must have at most ${decimals} decimals` }];
}

/** Text between two pairs of braces. */
export const placeholderPattern = /\{\{([^{}]*)\}\}/g;
export const isPlaceholder = (name: string): name is Placeholder => placeholders.some((known) => known === name);

function templateFaults(rule: Rule): RuleFault[] {
  const path = ["question_template"];
  const template = rule.question_template;
  const faults = [...template.matchAll(placeholderPattern)].flatMap(([, name = ""]): RuleFault[] => {
    if (!isPlaceholder(name)) return [{ path, message: `{{${name}}} is not a placeholder; known are ${placeholders.map((known) => `{{${known}}}`).join(" ")}` }];
    if ((name === "pct" || name === "ref") && "volatility" in rule.on_answer_match) return [{ path, message: `{{${name}}} is not known of a rule that is sized by volatility` }];
    if ((name === "pct" || name === "ref") && !("ref_metric" in rule)) return [{ path, message: `{{${name}}} belongs to rules that compare the price with one reference; ${rule.type} has none` }];
    if (name === "notional" && rule.on_answer_match.action !== "propose_order") return [{ path, message: `{{notional}} belongs to propose_order; ${rule.on_answer_match.action} names no amount` }];
    return [];
  });
  if (/\{\{|\}\}/.test(template.replaceAll(placeholderPattern, ""))) faults.push({ path, message: "has a {{ or }} that belongs to no placeholder" });
  return faults;
}

function actionFaults({ on_answer_match: action }: Rule): RuleFault[] {
  if (action.action === "propose_exit") return decimalsFault(action.portion_pct ?? 100, 9, "on_answer_match", "portion_pct");
  if (action.action === "notify") return [];
  const faults = sizeFaults(action).map(({ path, message }) => ({ path: ["on_answer_match", ...path], message }));
  if (action.limit_offset_bps !== undefined && action.order_type !== "limit") {
    faults.push({ path: ["on_answer_match", "limit_offset_bps"], message: 'belongs to "order_type": "limit"' });
  }
  if (action.exits !== undefined && action.side === "sell") faults.push({ path: ["on_answer_match", "exits"], message: "belongs to buys: a sell is an exit itself" });
  return faults;
}

function sizeFaults(action: ProposeOrder): RuleFault[] {
  if ("qty" in action) return decimalsFault(action.qty, 9, "qty");
  if ("equity_pct" in action) return decimalsFault(action.equity_pct, 9, "equity_pct");
  if ("volatility" in action) return [...decimalsFault(action.volatility.risk_usd, 2, "volatility", "risk_usd"), ...decimalsFault(action.volatility.atr_multiple, 9, "volatility", "atr_multiple")];
  const notional = action.notional_usd;
  if (typeof notional === "number") return decimalsFault(notional, 2, "notional_usd");
  const { min, max } = notional.ask;
  const faults = [...decimalsFault(min, 2, "notional_usd", "ask", "min"), ...decimalsFault(max, 2, "notional_usd", "ask", "max")];
  if (min > max) faults.push({ path: ["notional_usd", "ask"], message: `min ${min} must not be above max ${max}` });
  return faults;
}

function autoFaults({ mode, auto_budget: budget, on_answer_match: action }: Rule): RuleFault[] {
  const faults = budget === undefined ? [] : decimalsFault(budget.max_notional_usd_per_day, 2, "auto_budget", "max_notional_usd_per_day");
  if (mode !== "auto") return faults;
  if (budget === undefined) faults.push({ path: ["auto_budget"], message: "auto_budget is required with mode auto" });
  if (action.action === "notify") faults.push({ path: ["mode"], message: "auto has no order to make with notify" });
  if (action.action === "propose_order" && "notional_usd" in action && typeof action.notional_usd !== "number") {
    faults.push({ path: ["mode"], message: "auto asks nobody, so nobody can name the amount" });
  }
  return faults;
}
