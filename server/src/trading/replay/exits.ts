import type { Exits } from "@nod/contract/action";
import { isGreater, isLess, moveBy, type Price } from "../../core/decimal.ts";
import type { ReplayBar } from "./timeline.ts";

export type ExitReason = "stop_loss" | "take_profit" | "trailing_stop";

const bpsOf = (pct: number): number => pct * 100;

/**
 * Which exit a minute sets off, the worse one first: a minute that touched both is taken to have fallen before it rose.
 * @param of `peak`: the highest price since the entry, this minute's among them
 */
export function exitReachedIn({ exits, entry, peak }: { exits: Exits; entry: Price; peak: Price }, bar: Pick<ReplayBar, "low" | "high">): ExitReason | null {
  const { stop_loss_pct: stop, take_profit_pct: target, trailing_stop: trailing } = exits;
  if (stop !== undefined && !isGreater(bar.low, moveBy(entry, -bpsOf(stop)))) return "stop_loss";
  if (trailing !== undefined && !isLess(peak, moveBy(entry, bpsOf(trailing.activate_at_pct ?? 0))) && !isGreater(bar.low, moveBy(peak, -bpsOf(trailing.trail_pct)))) return "trailing_stop";
  return target !== undefined && !isLess(bar.high, moveBy(entry, bpsOf(target))) ? "take_profit" : null;
}
