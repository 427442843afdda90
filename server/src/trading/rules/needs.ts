import type { Condition, Operand } from "@nod/contract/rule-language";
import type { HistoryNeed } from "./bar-frame.ts";
import { barsBack } from "./bind-change.ts";
import { historyOf, specOf } from "./indicator-spec.ts";
import type { StoredFact } from "./symbol-view.ts";

/** What a condition must be given before it can be known. */
export type ProgramNeeds = {
  /** By timeframe, one each: so many finished bars that nothing older shows any more. */
  readonly history: readonly HistoryNeed[];
  readonly facts: readonly StoredFact[];
  /** The user's position or account: such a condition is judged for each user by himself. */
  readonly user: boolean;
  /** Time alone may change its truth: it is looked at even when nothing new is known. */
  readonly time: boolean;
};

type Gathered = { history: Map<HistoryNeed["timeframe"], HistoryNeed>; facts: Set<StoredFact>; user: boolean; time: boolean };

/** @param conditions several are needed together: what fires and what arms it again */
export function needsOf(conditions: readonly Condition[]): ProgramNeeds {
  const gathered: Gathered = { history: new Map(), facts: new Set(), user: false, time: false };
  for (const condition of conditions) gatherCondition(condition, gathered);
  return { history: [...gathered.history.values()], facts: [...gathered.facts], user: gathered.user, time: gathered.time };
}

function gatherCondition(condition: Condition, into: Gathered): void {
  if ("all" in condition) for (const each of condition.all) gatherCondition(each, into);
  else if ("any" in condition) for (const each of condition.any) gatherCondition(each, into);
  else if ("not" in condition) gatherCondition(condition.not, into);
  else if ("held_for" in condition) {
    into.time = true;
    gatherCondition(condition.held_for.condition, into);
  } else if ("then_within" in condition) {
    gatherCondition(condition.then_within.first, into);
    gatherCondition(condition.then_within.then, into);
  } else if ("left" in condition) {
    gatherOperand(condition.left, into);
    gatherOperand(condition.right, into);
  } else if ("bars" in condition) gatherOperand(condition.value, into, condition.bars);
  else for (const each of [condition.value, condition.low, condition.high]) gatherOperand(each, into);
}

function gatherOperand(operand: Operand, into: Gathered, reach = 0): void {
  if (typeof operand === "number") return;
  if (typeof operand === "string") {
    if (operand === "mid" || operand === "spread_bps") for (const side of ["bid", "ask"] as const) into.facts.add(side);
    else into.facts.add(operand === "age_seconds" ? "last" : operand);
    into.time ||= operand === "age_seconds";
  } else if ("bar" in operand) addHistory(into, { timeframe: operand.timeframe, bars: (operand.offset ?? 0) + reach + 1, wholeDay: false });
  else if ("indicator" in operand) {
    const spec = specOf(operand);
    const bars = Math.max(historyOf(spec).settled, spec.length + 2) + (operand.offset ?? 0) + reach;
    addHistory(into, { timeframe: operand.timeframe, bars, wholeDay: operand.indicator === "vwap" });
  } else if ("position" in operand) {
    into.user = true;
    if (operand.position === "unrealized_pct" || operand.position === "peak") into.facts.add("last");
    into.time ||= operand.position === "age_seconds";
  } else if ("account" in operand) into.user = true;
  else if ("clock" in operand) into.time = true;
  else if ("change" in operand) gatherChange(operand.from, into);
  else for (const each of Object.values(operand).flat()) gatherOperand(each, into);
}

function gatherChange(from: Extract<Operand, { change: unknown }>["from"], into: Gathered): void {
  into.facts.add("last");
  if (from === "entry" || from === "peak") into.user = true;
  else if (typeof from === "string") into.facts.add(from);
  else if ("bars" in from) addHistory(into, { timeframe: from.timeframe, bars: from.bars + 1, wholeDay: false });
  else {
    into.time = true;
    addHistory(into, { timeframe: "1Min", bars: barsBack(from.minutes), wholeDay: false });
  }
}

function addHistory(into: Gathered, need: HistoryNeed): void {
  const known = into.history.get(need.timeframe);
  into.history.set(need.timeframe, { timeframe: need.timeframe, bars: Math.max(known?.bars ?? 0, need.bars), wholeDay: need.wholeDay || known?.wholeDay === true });
}
