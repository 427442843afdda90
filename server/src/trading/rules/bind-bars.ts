import type { BarOperand, IndicatorOperand } from "@nod/contract/rule-language";
import type { BarFrame } from "./bar-frame.ts";
import { timeframeMs } from "./bar-window.ts";
import { tellNumber, type BoundSeries, type Look } from "./bound-operand.ts";
import { specOf } from "./indicator.ts";
import { leaf } from "./leaf.ts";

/** So long after it was due a daily bar is missed: the longest weekends, and the days that settle it. */
const dailyAllowanceMs = 6 * 86_400_000;

/**
 * Whether a timeframe's last bar is too old: no other one came although one was over so long ago. A market that is closed
 * makes no bars, so the time before its open does not count.
 */
function createFreshness(frame: BarFrame, { view, maxAgeMs }: Pick<Look, "view" | "maxAgeMs">): () => boolean {
  if (frame.timeframe === "1Day") return () => view.nowMs - frame.lastEndsAtMs <= dailyAllowanceMs;
  const allowanceMs = timeframeMs[frame.timeframe] + maxAgeMs;
  return () => view.nowMs - frame.lastEndsAtMs <= allowanceMs || view.nowMs - view.openSinceMs <= allowanceMs;
}

function whyBar(frame: BarFrame, needed: number, isFresh: () => boolean, name: string): string {
  if (frame.count < needed) return `${name} needs ${needed} ${frame.timeframe} bars, there are ${frame.count}`;
  return isFresh() ? `${name} cannot be worked out` : `the ${frame.timeframe} bars are stale`;
}

/** @param reach how many bars before its own the operand is asked for */
export function bindBar({ bar, timeframe, offset = 0 }: BarOperand, look: Look, reach = 0): BoundSeries {
  const frame = look.view.frame(timeframe);
  frame.reserve(offset + reach + 1, false);
  const isFresh = createFreshness(frame, look);
  const name = `${bar}(${[timeframe, ...backWords(offset)].join(", ")})`;
  const back = (bars: number): number => (isFresh() ? frame.at(bar, offset + bars) : Number.NaN);
  const read = (): number => back(0);
  return { ...leaf(name, read, read, () => whyBar(frame, offset + 1, isFresh, name)), back };
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
  const series = frame.series(spec, offset + reach);
  frame.reserve(Math.max(series.history.settled, spec.length + 2) + offset + reach, isOfDay);
  const isFresh = createFreshness(frame, look);
  const name = indicatorName(operand);
  const isToday = (): boolean => view.session !== null && frame.lastDayStartsAtMs === view.dayStartsAtMs;
  const back = (bars: number): number => (isFresh() && (!isOfDay || isToday()) ? series.at(offset + bars) : Number.NaN);
  const read = (): number => back(0);
  return {
    name,
    read,
    back,
    exact: null,
    slack: () => 0,
    why() {
      if (!Number.isNaN(read())) return null;
      if (isOfDay && frame.count > offset && !isToday()) return `there is no ${timeframe} bar of today yet`;
      return whyBar(frame, series.history.least + offset, isFresh, name);
    },
    tell: (into) => tellNumber(into, name, read()),
  };
}
