/** What a rule looks at: its conditions and operands one by one, and what has to be there for them to be known. */
import type { DocumentPath } from "./json-pointer.ts";
import type { Condition, IndicatorName, IndicatorOperand, Operand, Timeframe } from "./rule-language.ts";
import type { Metric, Rule } from "./trading-config.ts";

export type RuleNode = { path: DocumentPath; depth: number } & ({ kind: "condition"; condition: Condition } | { kind: "operand"; operand: Operand });

type Part = { path: DocumentPath; part: { condition: Condition } | { operand: Operand } };

/** A condition with everything in it, the outermost first. `depth` is 1 for the condition itself. */
export function* nodesOf(condition: Condition, path: DocumentPath): Generator<RuleNode> {
  const waiting: (Part & { depth: number })[] = [{ path, part: { condition }, depth: 1 }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { part, depth } = next;
    yield "condition" in part ? { kind: "condition", condition: part.condition, path: next.path, depth } : { kind: "operand", operand: part.operand, path: next.path, depth };
    const parts = "condition" in part ? partsOfCondition(part.condition) : partsOfOperand(part.operand);
    waiting.unshift(...parts.map((inner) => ({ part: inner.part, path: [...(next?.path ?? []), ...inner.path], depth: depth + 1 })));
  }
}

function partsOfCondition(condition: Condition): Part[] {
  const inner = (at: Condition, ...path: (string | number)[]): Part => ({ path, part: { condition: at } });
  if ("all" in condition) return condition.all.map((each, index) => inner(each, "all", index));
  if ("any" in condition) return condition.any.map((each, index) => inner(each, "any", index));
  if ("not" in condition) return [inner(condition.not, "not")];
  if ("held_for" in condition) return [inner(condition.held_for.condition, "held_for", "condition")];
  if ("then_within" in condition) return [inner(condition.then_within.first, "then_within", "first"), inner(condition.then_within.then, "then_within", "then")];
  return operandsOf(condition).map(({ name, operand }) => ({ path: [name], part: { operand } }));
}

/** Conditions that compare, rather than join others. */
export type Comparing = Extract<Condition, { op: string }>;

/** The operands of a comparison by their keys, in the order in which they are written. */
export function operandsOf(condition: Comparing): { name: string; operand: Operand }[] {
  if ("left" in condition) return [{ name: "left", operand: condition.left }, { name: "right", operand: condition.right }];
  const value = { name: "value", operand: condition.value };
  return "low" in condition ? [value, { name: "low", operand: condition.low }, { name: "high", operand: condition.high }] : [value];
}

function partsOfOperand(operand: Operand): Part[] {
  const arithmetic = arithmeticOf(operand);
  return arithmetic === null ? [] : arithmetic.operands.map((each, index) => ({ path: [arithmetic.sign, index], part: { operand: each } }));
}

export type Arithmetic = { sign: "+" | "-" | "*" | "/"; operands: readonly Operand[] };

/** Null for an operand that is not computed from others. */
export function arithmeticOf(operand: Operand): Arithmetic | null {
  if (typeof operand !== "object") return null;
  if ("+" in operand) return { sign: "+", operands: operand["+"] };
  if ("-" in operand) return { sign: "-", operands: operand["-"] };
  if ("*" in operand) return { sign: "*", operands: operand["*"] };
  return "/" in operand ? { sign: "/", operands: operand["/"] } : null;
}

/** The metrics that a data input must bring of the rule's symbol. Every rule shows the last trade, so every rule needs it. */
export function metricsOf(rule: Rule): Metric[] {
  const metrics = new Set<Metric>(["last_trade"]);
  if ("ref_metric" in rule) metrics.add(rule.ref_metric === "prev_close" ? "prev_close" : "daily_bar");
  for (const { operand } of ruleOperands(rule)) for (const metric of metricsOfOperand(operand)) metrics.add(metric);
  return [...metrics];
}

/** Every operand of a rule's `when` and `fire.rearm`, with its place in the rule. */
export function* ruleOperands(rule: Rule): Generator<{ operand: Operand; path: DocumentPath }> {
  if (rule.type !== "condition") return;
  const conditions: [Condition, DocumentPath][] = [[rule.when, ["when"]]];
  if (rule.fire?.rearm !== undefined) conditions.push([rule.fire.rearm, ["fire", "rearm"]]);
  for (const [condition, at] of conditions) {
    for (const node of nodesOf(condition, at)) if (node.kind === "operand") yield node;
  }
}

function metricsOfOperand(operand: Operand): Metric[] {
  if (typeof operand === "string") {
    if (operand === "bid" || operand === "ask" || operand === "mid" || operand === "spread_bps") return ["quote"];
    if (operand === "prev_close") return ["prev_close"];
    return operand.startsWith("day_") ? ["daily_bar"] : ["last_trade"];
  }
  if (typeof operand === "number" || !("change" in operand)) return [];
  return operand.from === "prev_close" ? ["prev_close"] : operand.from === "day_open" ? ["daily_bar"] : [];
}

/** Indicators that work without a `length`, or have a fixed idea of it. */
export const withoutLength: ReadonlySet<IndicatorName> = new Set(["vwap"]);
/** The finished bars that an operand reaches back, by its timeframe; null for one that needs none. */
export function barsNeeded(operand: Operand): { timeframe: Timeframe; bars: number } | null {
  if (typeof operand !== "object") return null;
  if ("bar" in operand) return { timeframe: operand.timeframe, bars: (operand.offset ?? 0) + 1 };
  if ("indicator" in operand) return { timeframe: operand.timeframe, bars: reachOf(operand) };
  if (!("change" in operand) || typeof operand.from !== "object" || !("bars" in operand.from)) return null;
  return { timeframe: operand.from.timeframe, bars: operand.from.bars + 1 };
}

/** An exponential average never quite forgets: exp(-2m/(n+1)) after m bars, Wilder's exp(-m/n); below 1e-9 nothing shows any more. */
const settling = { ema: 10.4, wilder: 20.8 } as const;

function reachOf({ indicator, length = 1, offset = 0 }: IndicatorOperand): number {
  switch (indicator) {
    case "ema":
      return offset + length + Math.ceil(settling.ema * (length + 1));
    case "rsi":
    case "atr":
      return offset + length + 1 + Math.ceil(settling.wilder * length);
    default:
      // Returns, and what is compared with the bars before it, look a bar or two further.
      return offset + length + 2;
  }
}
