import type { DocumentPath } from "./json-pointer.ts";
import { ruleLimits, type Condition, type Firing, type IndicatorName, type IndicatorOperand, type Operand } from "./rule-language.ts";
import { arithmeticOf, barsNeeded, nodesOf, operandsOf, withoutLength, type Comparing } from "./rule-operands.ts";

/** `path` is into the rule. */
export type RuleFault = { path: DocumentPath; message: string };

/** What its schema cannot say of a condition. `path`: where in the rule it stands. */
export function checkCondition(condition: Condition, path: DocumentPath): RuleFault[] {
  const faults: RuleFault[] = [];
  let nodes = 0;
  for (const node of nodesOf(condition, path)) {
    nodes += 1;
    if (nodes > ruleLimits.nodes) return [{ path, message: `has more than ${ruleLimits.nodes} conditions and operands` }];
    if (node.depth > ruleLimits.depth) return [{ path: node.path, message: `is nested deeper than ${ruleLimits.depth} levels` }];
    faults.push(...(node.kind === "operand" ? operandFaults(node.operand, node.path) : "op" in node.condition ? comparisonFaults(node.condition, node.path) : []));
  }
  return faults;
}

function comparisonFaults(condition: Comparing, path: DocumentPath): RuleFault[] {
  const operands = operandsOf(condition);
  if (operands.every(({ operand }) => typeof operand === "number")) return [{ path, message: "compares constants, so it never changes" }];
  if ("low" in condition && typeof condition.low === "number" && typeof condition.high === "number" && condition.low > condition.high) {
    return [{ path: [...path, "low"], message: `${condition.low} must not be above high, which is ${condition.high}` }];
  }
  if ("bars" in condition) {
    const reach = barsNeeded(condition.value);
    if (reach !== null && reach.bars + condition.bars > ruleLimits.history) return [{ path: [...path, "bars"], message: tooFarBack(reach.bars + condition.bars, reach.timeframe) }];
  }
  return [];
}

function operandFaults(operand: Operand, path: DocumentPath): RuleFault[] {
  if (typeof operand === "number") return hasAtMostDecimals(operand, 9) ? [] : [{ path, message: "must have at most 9 decimals" }];
  if (typeof operand === "string") return [];
  const faults = "indicator" in operand ? indicatorFaults(operand, path) : [];
  const reach = barsNeeded(operand);
  if (reach !== null && reach.bars > ruleLimits.history) faults.push({ path, message: tooFarBack(reach.bars, reach.timeframe) });
  const arithmetic = arithmeticOf(operand);
  if (arithmetic !== null) {
    if (arithmetic.sign === "/" && arithmetic.operands[1] === 0) faults.push({ path: [...path, "/", 1], message: "must not be 0: nothing can be divided by it" });
    if (arithmetic.operands.every((each) => typeof each === "number")) faults.push({ path, message: "computes with constants alone; write the result" });
  }
  return faults;
}

const tooFarBack = (bars: number, timeframe: string): string => `needs ${bars} bars of ${timeframe}; at most ${ruleLimits.history} are kept`;

const bollinger: ReadonlySet<IndicatorName> = new Set(["bollinger_upper", "bollinger_middle", "bollinger_lower"]);
const withSource: ReadonlySet<IndicatorName> = new Set(["sma", "ema", "highest", "lowest", "zscore"]);
/** What is worked out from how values differ needs two of them. */
const needsTwo: ReadonlySet<IndicatorName> = new Set([...bollinger, "rsi", "zscore", "volatility"]);

function indicatorFaults({ indicator, timeframe, length, deviations, source }: IndicatorOperand, path: DocumentPath): RuleFault[] {
  const faults: RuleFault[] = [];
  const refuse = (key: string, message: string): void => void faults.push({ path: [...path, key], message });
  if (withoutLength.has(indicator)) {
    if (length !== undefined) refuse("length", `does not belong to ${indicator}, which is of the day's session`);
    if (timeframe === "1Day") refuse("timeframe", `${indicator} is of the day's session and needs bars that are shorter than a day`);
  } else if (length === undefined) refuse("length", "is required");
  else if (length < 2 && needsTwo.has(indicator)) refuse("length", `must be >= 2 for ${indicator}`);
  if (deviations !== undefined && !bollinger.has(indicator)) refuse("deviations", `belongs to the Bollinger bands, not to ${indicator}`);
  if (source !== undefined && !withSource.has(indicator)) refuse("source", `does not belong to ${indicator}; it belongs to ${[...withSource].join(", ")}`);
  return faults;
}

/** What its schema cannot say of a rule's `fire`. */
export function checkFiring(fire: Firing, path: DocumentPath): RuleFault[] {
  const faults: RuleFault[] = [];
  const belongsTo = (key: "timeframe" | "seconds" | "rearm", mode: Firing["mode"], isRequired: boolean): void => {
    if (fire[key] === undefined && fire.mode === mode && isRequired) faults.push({ path: [...path, key], message: `is required with mode ${mode}` });
    if (fire[key] !== undefined && fire.mode !== mode) faults.push({ path: [...path, key], message: `belongs to mode ${mode}, not to ${fire.mode}` });
  };
  belongsTo("timeframe", "once_per_bar", true);
  belongsTo("seconds", "every", true);
  belongsTo("rearm", "on_change", false);
  if (fire.rearm !== undefined) faults.push(...checkCondition(fire.rearm, [...path, "rearm"]));
  return faults;
}

/** Whether a number is written with so many decimals at most, as its shortest decimal text shows it. */
export function hasAtMostDecimals(value: number, decimals: number): boolean {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const written = (mantissa.split(".")[1] ?? "").length - Number(exponent);
  return written <= decimals;
}
