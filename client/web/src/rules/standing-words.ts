import type { RuleHold, RuleHoldReason, RuleStandings } from "@nod/contract/rule-standing";
import { clockTime } from "../words/time.ts";

export type RuleStanding = RuleStandings["rules"][number];

/** Why a rule does not ask now. Ends "Cannot ask: …" or "Can ask again …: …". */
const reasons: Record<RuleHoldReason, string> = {
  off: "switched off",
  trading_off: "trading is switched off in your config",
  kill_switch: "the kill switch is on",
  not_watched: "no data input watches what it needs",
  symbol_blocked: "its symbol is on your blocklist",
  spent: "it was to fire once, and has",
  over: "its time is over",
  asked_now: "its question is open",
  order_under_way: "its order is under way",
  snoozed: "you wanted quiet",
  cooldown: "it was asked not long ago",
  once_per_bar: "once in a bar",
  once_per_day: "once a day",
  market_closed: "the market is closed",
  market_unknown: "whether the market is open is not known",
  first_hour_only: "only in the first hour",
  last_hour_only: "only in the last hour",
  quiet_hours: "quiet hours",
};

const namedReasons = 2;

function why(holds: readonly RuleHold[]): string {
  return holds
    .slice(0, namedReasons)
    .map(({ because }) => reasons[because])
    .join(", ");
}

/** When a rule may ask next, and why not before. */
export function nextWords({ holds, next_possible_at: next }: RuleStanding, nowMs: number): string {
  if (next !== null && Date.parse(next) > nowMs && holds.length > 0) return `Can ask again from ${clockTime(Date.parse(next), nowMs)}: ${why(holds)}.`;
  const endless = holds.filter(({ until }) => until === null);
  if (endless.length === 0) return "Can ask at the next look at which it is true.";
  const [first] = endless;
  if (first?.because === "order_under_way") return "Can ask again when its order is done.";
  return `Does not ask: ${why(endless)}.`;
}

/** When it last led to a question. */
export function lastWords({ last_fired_at: last }: RuleStanding, nowMs: number): string {
  return last === null ? "Not fired lately." : `Last fired ${clockTime(Date.parse(last), nowMs)}.`;
}
