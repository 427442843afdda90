import type { ChangeFrom } from "@nod/contract/rule-language";
import type { BarFrame } from "./bar-frame.ts";
import { bindBar } from "./bind-bars.ts";
import { bindEntry, bindPeak } from "./bind-position.ts";
import type { BoundOperand, Look } from "./bound-operand.ts";
import { createChange } from "./change.ts";
import { leaf, storedFact } from "./leaf.ts";

const minuteMs = 60_000;

/** Of the last trade against a price of before. */
export function bindChange(kind: "percent" | "absolute", from: ChangeFrom, look: Look): BoundOperand {
  return createChange(kind, `change ${kind} from ${nameOf(from)}`, storedFact("last", look.view, look.maxAgeMs), bindReference(from, look));
}

function nameOf(from: ChangeFrom): string {
  if (typeof from === "string") return from;
  return "bars" in from ? `${from.bars} ${from.timeframe} bars ago` : `${from.minutes} minutes ago`;
}

function bindReference(from: ChangeFrom, look: Look): BoundOperand {
  if (from === "entry") return bindEntry(look);
  if (from === "peak") return bindPeak(look);
  if (typeof from === "string") return storedFact(from, look.view, look.maxAgeMs);
  // One bar ago is the close before the last finished bar's: at the moment when a bar ends, the last trade is its close.
  return "bars" in from ? bindBar({ bar: "close", timeframe: from.timeframe, offset: from.bars }, look) : bindMinutesAgo(from.minutes, look);
}

/** How many bars a look back of so many minutes may pass over: the bar that is forming, and one that begins on the minute. */
export const barsBack = (minutes: number): number => minutes + 2;

/**
 * The price of so many minutes ago: the close of the last minute bar that was over by then. While a market keeps hours, that
 * bar must be of the session that is on: what changed overnight did not change within minutes.
 */
function bindMinutesAgo(minutes: number, { view }: Look): BoundOperand {
  const frame = view.frame("1Min");
  frame.reserve(barsBack(minutes), false);
  const read = (): number => {
    const thenMs = view.nowMs - minutes * minuteMs;
    if (!(thenMs > view.openSinceMs)) return Number.NaN;
    const offset = offsetOf(frame, thenMs, minutes);
    return frame.at("startsAtMs", offset) >= view.openSinceMs ? frame.at("close", offset) : Number.NaN;
  };
  return leaf(`price ${minutes} minutes ago`, read, read, () => `there is no price of ${minutes} minutes ago`);
}

/** Minutes without a trade have no bar, so it is at most so many bars back as minutes: found by halving. */
function offsetOf(frame: BarFrame, thenMs: number, minutes: number): number {
  let near = 0;
  let far = Math.min(barsBack(minutes), frame.count);
  while (near < far) {
    const middle = (near + far) >>> 1;
    if (frame.at("startsAtMs", middle) + minuteMs <= thenMs) far = middle;
    else near = middle + 1;
  }
  return near;
}
