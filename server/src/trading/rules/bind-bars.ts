import type { BarOperand, IndicatorOperand } from "@nod/contract/rule-language";
import type { BarFrame } from "./bar-frame.ts";
import { timeframeMs } from "./bar-window.ts";
import { createTeller, type BoundOperand, type BoundSeries, type Look } from "./bound-operand.ts";
import { dividedBy, fractionOf, plus, type Fraction } from "./fraction.ts";
import { historyOf, specOf, type IndicatorSpec } from "./indicator-spec.ts";
import { leaf } from "./leaf.ts";
import type { SymbolView } from "./symbol-view.ts";

/** So long after it was due a daily bar is missed: the longest weekends, and the days that settle it. */
const dailyAllowanceMs = 6 * 86_400_000;

/**
 * How old a timeframe's last bar may be before it is missed: another one should have been over by then. A market that is closed
 * makes no bars, so for intraday bars the time before its open does not count.
 */
function allowanceOf({ timeframe }: BarFrame, maxAgeMs: number): number {
  return timeframe === "1Day" ? dailyAllowanceMs : timeframeMs[timeframe] + maxAgeMs;
}

const isRecent = (frame: BarFrame, view: SymbolView, allowanceMs: number): boolean =>
  view.nowMs - frame.lastEndsAtMs <= allowanceMs || (frame.timeframe !== "1Day" && frame.count > 0 && view.nowMs - view.openSinceMs <= allowanceMs);

function whyBar(frame: BarFrame, needed: number, isFresh: boolean, name: string): string {
  if (frame.count < needed) return `${name} needs ${needed} ${frame.timeframe} bars, there are ${frame.count}`;
  return isFresh ? `${name} cannot be worked out` : `the ${frame.timeframe} bars are stale`;
}

/** @param reach how many bars before its own the operand is asked for */
export function bindBar({ bar, timeframe, offset = 0 }: BarOperand, look: Look, reach = 0): BoundSeries {
  const frame = look.view.frame(timeframe);
  frame.reserve(offset + reach + 1, false);
  const { view } = look;
  const allowanceMs = allowanceOf(frame, look.maxAgeMs);
  const name = `${bar}(${[timeframe, ...backWords(offset)].join(", ")})`;
  const back = (bars: number): number => (isRecent(frame, view, allowanceMs) ? frame.at(bar, offset + bars) : Number.NaN);
  const read = (): number => back(0);
  return { ...leaf(name, read, read, () => whyBar(frame, offset + 1, isRecent(frame, view, allowanceMs), name)), back };
}

const backWords = (offset: number): string[] => (offset === 0 ? [] : [`${offset} back`]);

/** `rsi(14, 1Day)`, `bollinger_upper(20, 2.5, 5Min, 3 back)`. */
function indicatorName({ indicator, timeframe, length, deviations, source, offset = 0 }: IndicatorOperand): string {
  return `${indicator}(${[length, deviations, source, timeframe, ...backWords(offset)].filter((part) => part !== undefined).join(", ")})`;
}

export function bindIndicator(operand: IndicatorOperand, look: Look, reach = 0): BoundSeries {
  const { timeframe, offset = 0 } = operand;
  const { view } = look;
  const spec = specOf(operand);
  const frame = view.frame(timeframe);
  const isOfDay = spec.indicator === "vwap";
  frame.reserve(Math.max(historyOf(spec).settled, spec.length + 2) + offset + reach, isOfDay);
  const series = frame.series(spec, offset + reach);
  const allowanceMs = allowanceOf(frame, look.maxAgeMs);
  const name = indicatorName(operand);
  const isToday = (): boolean => !isOfDay || frame.lastDayStartsAtMs === view.dayStartsAtMs;
  const back = (bars: number): number => (isRecent(frame, view, allowanceMs) && isToday() ? series.at(offset + bars) : Number.NaN);
  const latest = (): number => (isRecent(frame, view, allowanceMs) && isToday() ? series.latest : Number.NaN);
  const read = offset === 0 ? latest : () => back(0);
  const tellNumber = createTeller(name);
  return {
    name,
    read,
    back,
    ...exactIndicator(spec, (back) => frame.at(spec.source, offset + back), read),
    why() {
      if (!Number.isNaN(read())) return null;
      if (frame.count > offset && !isToday()) return `there is no ${timeframe} bar of today yet`;
      return whyBar(frame, historyOf(spec).least + offset, isRecent(frame, view, allowanceMs), name);
    },
    tell: (into) => tellNumber(into, read()),
  };
}

/** Extremes are prices that were, and a mean of decimals is a fraction: two means that are equal must not cross by their rounding. */
function exactIndicator({ indicator, length }: IndicatorSpec, value: (back: number) => number, read: () => number): Pick<BoundOperand, "exact" | "slack"> {
  if (indicator === "highest" || indicator === "lowest") return { exact: () => fractionOf(read()), slack: null };
  if (indicator !== "sma" && indicator !== "bollinger_middle") return { exact: null, slack: null };
  const exact = (): Fraction | null => {
    const values = Array.from({ length }, (_, back) => fractionOf(value(back)));
    return dividedBy(values.reduce(plus), fractionOf(length));
  };
  return { exact, slack: { relative: 1e-15, absolute: 0 } };
}
