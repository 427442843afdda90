import type { Comparison, Condition } from "@nod/contract/rule-language";
import { bindBar, bindIndicator } from "./bind-bars.ts";
import { bindOperand } from "./bind-operand.ts";
import type { BoundCondition } from "./bound-condition.ts";
import type { BoundOperand, Look } from "./bound-operand.ts";
import { bindBandMove, bindCrossing, bindHeldFor, bindThenWithin, type Remembering } from "./remembering-condition.ts";
import { createComparison, createOrder } from "./order.ts";
import { negate, no, unknown, yes, type Truth } from "./truth.ts";

/** Ties a condition to the symbol and the look that it reads from; what remembers takes its cells of the look's memory. */
export function bindCondition(condition: Condition, look: Remembering): BoundCondition {
  if ("all" in condition) return bindSeveral(condition.all.map((each) => bindCondition(each, look)), no);
  if ("any" in condition) return bindSeveral(condition.any.map((each) => bindCondition(each, look)), yes);
  if ("not" in condition) return bindNot(bindCondition(condition.not, look));
  if ("held_for" in condition) return bindHeldFor(bindCondition(condition.held_for.condition, look), condition.held_for.seconds, look);
  if ("then_within" in condition) {
    const { seconds, first, then } = condition.then_within;
    return bindThenWithin(bindCondition(first, look), bindCondition(then, look), seconds, look);
  }
  switch (condition.op) {
    case "between":
    case "outside":
      return bindBand(condition, look);
    case "crosses":
    case "crosses_above":
    case "crosses_below":
      return bindCrossing(condition.op, bindOperand(condition.left, look), bindOperand(condition.right, look), look);
    case "enters":
    case "leaves":
      return bindBandMove(condition.op, bindBand({ ...condition, op: "between" }, look), look);
    case "rising":
    case "falling":
      return bindTrend(condition, look);
    default:
      return bindComparison(condition.op, bindOperand(condition.left, look), bindOperand(condition.right, look));
  }
}

/** `all` is decided by the first that is not, `any` by the first that is. */
function bindSeveral(parts: readonly BoundCondition[], decided: typeof no | typeof yes): BoundCondition {
  const remembering = parts.filter((part) => part.remembers).map((part) => part.judge);
  const others = parts.filter((part) => !part.remembers).map((part) => part.judge);
  const otherwise = negate(decided);
  const [first, second, third] = others;
  const judgeAll = (): Truth => {
    let truth: Truth = otherwise;
    // Whoever remembers sees each look, whatever the others say.
    for (const judgePart of remembering) truth = join(truth, judgePart(), decided);
    for (const judgePart of others) {
      if (truth === decided) return truth;
      truth = join(truth, judgePart(), decided);
    }
    return truth;
  };
  const judgeTwo = (a: () => Truth, b: () => Truth) => (): Truth => {
    const truth = a();
    return truth === decided ? truth : join(truth, b(), decided);
  };
  const isPair = remembering.length === 0 && first !== undefined && second !== undefined && third === undefined;
  const judge = isPair ? judgeTwo(first, second) : judgeAll;
  return {
    judge,
    last: () => parts.reduce((truth, part) => join(truth, part.last(), decided), otherwise),
    remembers: remembering.length > 0,
    why: () => (parts.some((part) => part.last() === decided) ? null : (parts.map((part) => part.why()).find((why) => why !== null) ?? null)),
    tell(into) {
      for (const part of parts) part.tell(into);
    },
  };
}

/** What decides prevails over the unknown, and the unknown over the rest. */
function join(a: Truth, b: Truth, decided: Truth): Truth {
  if (a === decided || b === decided) return decided;
  return a === unknown ? a : b;
}

function bindNot(part: BoundCondition): BoundCondition {
  return { ...part, judge: () => negate(part.judge()), last: () => negate(part.last()) };
}

/** For which orders a comparison holds: less, equal, greater. */
const accepted: Record<Comparison, readonly [Truth, Truth, Truth]> = {
  "<": [yes, no, no],
  "<=": [yes, yes, no],
  "=": [no, yes, no],
  "!=": [yes, no, yes],
  ">=": [no, yes, yes],
  ">": [no, no, yes],
};

function bindComparison(op: Comparison, left: BoundOperand, right: BoundOperand): BoundCondition {
  return stateless([left, right], createComparison(accepted[op], left, right));
}

function bindBand(condition: Extract<Condition, { op: "between" | "outside" | "enters" | "leaves" }> | BandOf, look: Look): BoundCondition {
  const [value, low, high] = [bindOperand(condition.value, look), bindOperand(condition.low, look), bindOperand(condition.high, look)];
  const fromLow = createOrder(value, low);
  const fromHigh = createOrder(value, high);
  const between = (): Truth => {
    const [above, below] = [fromLow(), fromHigh()];
    // Beyond one end it is outside, whatever the other end is.
    if (above < 0 || below > 0) return no;
    return Number.isNaN(above) || Number.isNaN(below) ? unknown : yes;
  };
  return stateless([value, low, high], condition.op === "outside" ? () => negate(between()) : between);
}

type BandOf = { op: "between"; value: Parameters<typeof bindOperand>[0]; low: Parameters<typeof bindOperand>[0]; high: Parameters<typeof bindOperand>[0] };

function bindTrend({ op, value, bars }: Extract<Condition, { op: "rising" | "falling" }>, look: Look): BoundCondition {
  const series = "bar" in value ? bindBar(value, look, bars) : bindIndicator(value, look, bars);
  const sign = op === "rising" ? 1 : -1;
  const judge = (): Truth => {
    let truth: Truth = yes;
    for (let back = 0; back < bars; back += 1) {
      const step = sign * (series.back(back) - series.back(back + 1));
      if (step <= 0) return no;
      if (Number.isNaN(step)) truth = unknown;
    }
    return truth;
  };
  return { ...stateless([series], judge), why: () => (judge() === unknown ? (series.why() ?? `${series.name} has no ${bars} bars before it`) : null) };
}

function stateless(operands: readonly BoundOperand[], judge: () => Truth): BoundCondition {
  return {
    judge,
    last: judge,
    remembers: false,
    why: () => (judge() === unknown ? (operands.map((operand) => operand.why()).find((why) => why !== null) ?? "it cannot be worked out") : null),
    tell(into) {
      for (const operand of operands) operand.tell(into);
    },
  };
}
