import type { Comparison, Condition, Operand } from "@nod/contract/rule-language";
import { barWords, describeFrom, describeOperand, showNumber, showSeconds, type Speaker } from "./describe-operand.ts";
import { unitOf, type Unit } from "./operand-units.ts";

/** A condition as a clause: `SPY is below $400 and its 14-day RSI is below 30`. */
export function describeCondition(condition: Condition, speaker: Speaker): string {
  if ("all" in condition) return joined(condition.all, "and", speaker);
  if ("any" in condition) return joined(condition.any, "or", speaker);
  if ("not" in condition) return describeNot(condition.not, speaker);
  if ("held_for" in condition) return `${describeCondition(condition.held_for.condition, speaker)}, without a break for ${showSeconds(condition.held_for.seconds)}`;
  if ("then_within" in condition) {
    const { seconds, first, then } = condition.then_within;
    return `${describeCondition(first, speaker)} and then, within ${showSeconds(seconds)}, ${describeCondition(then, speaker)}`;
  }
  if ("bars" in condition) {
    const verb = condition.op === "rising" ? "has risen" : "has fallen";
    return `${describeOperand(condition.value, speaker)} ${verb} ${condition.bars === 1 ? "with the last bar" : `with each of the last ${condition.bars} bars`}`;
  }
  return "left" in condition ? describePair(condition, speaker) : describeBand(condition, speaker);
}

const isJoined = (condition: Condition): boolean => "all" in condition || "any" in condition || "then_within" in condition || "held_for" in condition;

function joined(conditions: readonly Condition[], word: "and" | "or", speaker: Speaker): string {
  const clauses = conditions.map((each) => {
    const clause = describeCondition(each, speaker);
    return isJoined(each) && conditions.length > 1 ? `(${clause})` : clause;
  });
  return clauses.length <= 2 ? clauses.join(` ${word} `) : `${clauses.slice(0, -1).join(", ")} ${word} ${clauses.at(-1) ?? ""}`;
}

const opposites: Record<Comparison, Comparison> = { "<": ">=", "<=": ">", "=": "!=", "!=": "=", ">=": "<", ">": "<=" };
const isComparison = (op: string): op is Comparison => Object.hasOwn(opposites, op);

function describeNot(condition: Condition, speaker: Speaker): string {
  if ("not" in condition) return describeCondition(condition.not, speaker);
  if ("op" in condition && "left" in condition && isComparison(condition.op)) return describeCondition({ op: opposites[condition.op], left: condition.left, right: condition.right }, speaker);
  return `it is not so that ${isJoined(condition) ? `(${describeCondition(condition, speaker)})` : describeCondition(condition, speaker)}`;
}

type Pair = Extract<Condition, { left: Operand }>;

const verbs: Record<Pair["op"], string> = {
  "<": "is below",
  "<=": "is at or below",
  "=": "is exactly",
  "!=": "is not",
  ">=": "is at or above",
  ">": "is above",
  crosses: "crosses",
  crosses_above: "crosses above",
  crosses_below: "crosses below",
};

function describePair({ op, left, right }: Pair, speaker: Speaker): string {
  // "400 > last" is "last < 400", and reads so.
  if (typeof left === "number" && typeof right !== "number" && isComparison(op)) return describePair({ op: mirrored[op], left: right, right: left }, speaker);
  if (typeof right === "number" && isComparison(op)) {
    const special = describeChange(op, left, right, speaker) ?? describeClock(op, left, right);
    if (special !== null) return special;
  }
  return `${describeOperand(left, speaker)} ${verbs[op]} ${describeValue(right, unitOf(left), speaker)}`;
}

const mirrored: Record<Comparison, Comparison> = { "<": ">", "<=": ">=", "=": "=", "!=": "!=", ">=": "<=", ">": "<" };

const describeValue = (operand: Operand, unit: Unit | null, speaker: Speaker): string => (typeof operand === "number" ? showNumber(operand, unit) : describeOperand(operand, speaker));

/** `SPY is 1.5 % or more below its previous close`, where the sign and the direction go together. */
function describeChange(op: Comparison, left: Operand, right: number, speaker: Speaker): string | null {
  if (typeof left !== "object" || !("change" in left) || op === "=" || op === "!=") return null;
  const below = op === "<" || op === "<=";
  const side = below ? "below" : "above";
  const from = describeFrom(left.from);
  const subject = speaker.subject();
  if (right === 0) return `${subject} is ${op === "<=" || op === ">=" ? `at or ${side}` : side} ${from}`;
  const distance = showNumber(Math.abs(right), left.change === "percent" ? "percent" : "price");
  const strict = op === "<" || op === ">";
  if (right < 0 === below) return `${subject} is ${strict ? `more than ${distance}` : `${distance} or more`} ${side} ${from}`;
  return `${subject} is ${strict ? `less than ${distance}` : `at most ${distance}`} ${below ? "above" : "below"} ${from}, or ${side} it`;
}

function describeClock(op: Comparison, left: Operand, right: number): string | null {
  if (typeof left !== "object" || !("clock" in left)) return null;
  if (left.clock === "weekday") return op === "=" || op === "!=" ? `it is ${op === "!=" ? "not " : ""}${showNumber(right, "weekday")}` : null;
  const moment = left.clock === "minutes_since_open" ? "after the open" : "before the close";
  const time = showNumber(right, "minutes");
  const words: Record<Comparison, string> = { "<": `less than ${time}`, "<=": `at most ${time}`, "=": `exactly ${time}`, "!=": `not exactly ${time}`, ">=": `${time} or more`, ">": `more than ${time}` };
  return `it is ${words[op]} ${moment}`;
}

type Band = Extract<Condition, { low: Operand }>;

const bandVerbs: Record<Band["op"], string> = { between: "is between", outside: "is outside of the band between", enters: "enters the band between", leaves: "leaves the band between" };

function describeBand({ op, value, low, high }: Band, speaker: Speaker): string {
  const unit = unitOf(value);
  // "between -3 and 3 deviations", yet "between $390 and $400".
  const lowUnit = unit === "price" || unit === "amount" || unit === "percent" || unit === "weekday" || unit === "volume" ? unit : typeof high === "number" ? null : unit;
  return `${describeOperand(value, speaker)} ${bandVerbs[op]} ${describeValue(low, lowUnit, speaker)} and ${describeValue(high, unit, speaker)}`;
}

/** How often a bar of a timeframe comes: `once for each five-minute bar`. */
export const perBar = (timeframe: keyof typeof barWords): string => `${barWords[timeframe]} bar`;
