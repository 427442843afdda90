import type { DocumentPath } from "@nod/contract/json-pointer";
import type { Operand } from "@nod/contract/rule-language";
import { nodesOf, operandsOf, type Comparing } from "@nod/contract/rule-operands";
import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import { unitOf, unlikeUnits, type Unit } from "../rules/operand-units.ts";
import type { ConfigFault } from "./check-config.ts";

/** What is allowed and probably not meant. Pure; `at` is the database's time. */
export function warningsOf(config: TradingConfig, at: Date): ConfigFault[] {
  if (!config.enabled) return [{ path: ["enabled"], message: "is false: no rule of this config is looked at" }];
  return config.rules.flatMap((rule, index) => {
    if (rule.enabled === false) return [];
    const path = ["rules", index];
    return [...neverAsked(rule, config, path), ...alwaysDenied(rule, config, path), ...oftenStale(rule, config, path), ...expired(rule, at, path), ...oddComparisons(rule, path)];
  });
}

function neverAsked(rule: Rule, { guardrails }: TradingConfig, path: DocumentPath): ConfigFault[] {
  if (!guardrails.symbols_blocklist.includes(rule.symbol)) return [];
  return [{ path: [...path, "symbol"], message: `is in symbols_blocklist, so the rule is not looked at` }];
}

function alwaysDenied(rule: Rule, { guardrails }: TradingConfig, path: DocumentPath): ConfigFault[] {
  const action = rule.on_answer_match;
  if (action.action !== "propose_order" || action.side !== "buy" || !("notional_usd" in action)) return [];
  const at = [...path, "on_answer_match", "notional_usd"];
  const [least, most] = typeof action.notional_usd === "number" ? [action.notional_usd, action.notional_usd] : [action.notional_usd.ask.min, action.notional_usd.ask.max];
  const limits = [["max_notional_usd", guardrails.max_notional_usd], ["max_notional_usd_per_4h", guardrails.max_notional_usd_per_4h], ["max_position_usd", guardrails.max_position_usd]] as const;
  const exceeded = limits.find(([, limit]) => limit !== undefined && least > limit);
  if (exceeded !== undefined) return [{ path: at, message: `is above guardrails.${exceeded[0]}, which is ${exceeded[1]}: the order would be denied` }];
  const { min_notional_usd: smallest } = guardrails;
  return smallest !== undefined && most < smallest ? [{ path: at, message: `is below guardrails.min_notional_usd, which is ${smallest}: the order would be denied` }] : [];
}

/** Between two looks at the market a price grows older than the rule accepts. */
function oftenStale(rule: Rule, { data_inputs: inputs }: TradingConfig, path: DocumentPath): ConfigFault[] {
  const polls = inputs.filter((input) => input.enabled !== false && input.symbols.includes(rule.symbol)).map((input) => input.poll_interval_seconds);
  const poll = Math.min(...polls);
  if (polls.length === 0 || poll <= rule.max_staleness_seconds) return [];
  return [{ path: [...path, "max_staleness_seconds"], message: `is shorter than the ${poll} seconds from one look at the market to the next, so the price will often be too old` }];
}

function expired(rule: Rule, at: Date, path: DocumentPath): ConfigFault[] {
  if (rule.type !== "condition" || rule.fire?.expires_at === undefined || new Date(rule.fire.expires_at) > at) return [];
  return [{ path: [...path, "fire", "expires_at"], message: "has passed: the rule does not fire any more" }];
}

function oddComparisons(rule: Rule, path: DocumentPath): ConfigFault[] {
  if (rule.type !== "condition") return [];
  const conditions = [{ condition: rule.when, at: ["when"] }, ...(rule.fire?.rearm === undefined ? [] : [{ condition: rule.fire.rearm, at: ["fire", "rearm"] }])];
  return conditions.flatMap(({ condition, at }) =>
    [...nodesOf(condition, [...path, ...at])].flatMap((node) => (node.kind === "condition" && "op" in node.condition ? oddComparison(node.condition, node.path) : [])),
  );
}

const unitWords: Record<Unit, string> = {
  price: "a price", percent: "a percentage", bps: "basis points", seconds: "seconds", minutes: "minutes", volume: "a volume", quantity: "a quantity", amount: "an amount of money",
  index: "an index from 0 to 100", deviations: "standard deviations", ratio: "a ratio", count: "a number of orders", weekday: "a weekday", number: "a number",
};

function oddComparison(condition: Comparing, path: DocumentPath): ConfigFault[] {
  const operands = operandsOf(condition).map(({ operand }) => operand);
  const unlike = unlikeUnits(operands);
  if (unlike !== null) return [{ path, message: `compares ${unitWords[unlike[0]]} with ${unitWords[unlike[1]]}` }];
  if ((condition.op === "=" || condition.op === "!=") && operands.some(isMeasured)) return [{ path: [...path, "op"], message: `${condition.op} of what is measured is ${condition.op === "=" ? "hardly ever" : "nearly always"} true` }];
  const isIndex = operands.some((operand) => unitOf(operand) === "index");
  const beyond = isIndex ? operands.find((operand) => typeof operand === "number" && (operand < 0 || operand > 100)) : undefined;
  return beyond === undefined ? [] : [{ path, message: `RSI goes from 0 to 100 and never reaches ${JSON.stringify(beyond)}` }];
}

/** What takes any value, rather than one of a few. */
const isMeasured = (operand: Operand): boolean => {
  const unit = unitOf(operand);
  return unit === "price" || unit === "percent" || unit === "amount" || unit === "index" || unit === "deviations" || unit === "ratio";
};
