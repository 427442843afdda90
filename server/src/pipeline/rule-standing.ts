/** What keeps a rule from asking, as far as it can be told before its condition is looked at. Pure: the time comes in. */
import type { RuleHold, RuleHoldReason } from "@nod/contract/rule-standing";
import type { Timeframe } from "@nod/contract/rule-language";
import type { Rule } from "@nod/contract/trading-config";
import { addDays, newYorkDate, newYorkInstant } from "../core/trading-day.ts";
import type { MarketSession } from "../trading/market/session-table.ts";
import { minutesOf } from "../trading/market/session-bars.ts";
import { policyOf, type FiringPolicy } from "../trading/rules/firing-gate.ts";
import { quietUntil, type QuietHours } from "../trading/rules/restraint.ts";
import { toCondition } from "../trading/rules/shorthand.ts";

/** What one user's rule has done, as it is stored. `firings`: when its condition last fired; null where nothing is kept, or of another text of the rule. */
export type RuleRecord = {
  askedUntil: Date | null;
  orderUnderWay: boolean;
  cooldownUntil: Date | null;
  snoozedUntil: Date | null;
  firings: { lastAt: Date; periodMs: number | null } | null;
};

/** When the regular session of the trading day begins and ends. */
export type SessionHours = { opensAt: Date; closesAt: Date };

/**
 * What holds all rules of a user. `session` is of the rule's market; null: no input of the config watches its symbol. `hours`
 * null: not known, or of a market without any.
 */
export type RuleSurroundings = { at: Date; enabled: boolean; killSwitchOn: boolean; quietHours: QuietHours | null; session: MarketSession | null; hours: SessionHours | null; isCrypto: boolean; isBlocked: boolean };

/** Adds one that has not ended yet. */
type Hold = (because: RuleHoldReason, until: Date | null) => void;

const minuteMs = 60_000;
const hourMs = 3_600_000;

/** Everything that holds it at this instant, what ends last first; what does not end by itself goes before all that does. */
export function holdsOf(rule: Rule, record: RuleRecord, around: RuleSurroundings): RuleHold[] {
  const holds: RuleHold[] = [];
  const hold: Hold = (because, until) => {
    if (until === null || until > around.at) holds.push({ because, until: until?.toISOString() ?? null });
  };
  if (rule.enabled === false) hold("off", null);
  if (!around.enabled) hold("trading_off", null);
  if (around.isBlocked) hold("symbol_blocked", null);
  if (around.killSwitchOn && !onlySells(rule)) hold("kill_switch", null);
  if (record.askedUntil !== null) hold("asked_now", record.askedUntil);
  if (record.orderUnderWay) hold("order_under_way", null);
  if (record.snoozedUntil !== null) hold("snoozed", record.snoozedUntil);
  if (record.cooldownUntil !== null) hold("cooldown", record.cooldownUntil);
  const quiet = around.quietHours === null ? undefined : quietUntil(around.quietHours, around.at);
  if (quiet !== undefined) hold("quiet_hours", quiet);
  holdByPolicy(policyOf(toCondition(rule).fire), record, around, hold);
  return holds.toSorted((a, b) => endOf(b) - endOf(a));
}

const endOf = ({ until }: RuleHold): number => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until));

/** When nothing holds it any longer; null while something does that has no known end. */
export function nextPossible(holds: readonly RuleHold[], at: Date): string | null {
  const [last] = holds;
  return last === undefined ? at.toISOString() : last.until;
}

/** A kill switch that is set does not silence what can only lead to less risk. */
function onlySells({ on_answer_match: action }: Rule): boolean {
  return action.action === "propose_exit" || (action.action === "propose_order" && action.side === "sell");
}

function holdByPolicy(policy: FiringPolicy, { firings }: RuleRecord, around: RuleSurroundings, hold: Hold): void {
  const { session, at } = around;
  if (Number.isFinite(policy.expiresAtMs) && policy.expiresAtMs <= at.getTime()) hold("over", null);
  if (policy.mode === "once" && firings !== null) hold("spent", null);
  if (session === null) return hold("not_watched", null);
  if (session.state === "unknown") hold("market_unknown", null);
  if (session.state === "closed") hold("market_closed", session.nextOpen);
  if (firings !== null && policy.mode === "every") hold("cooldown", new Date(firings.lastAt.getTime() + policy.everyMs));
  if (firings !== null && policy.mode === "once_per_day" && isOfToday(firings.lastAt, around)) hold("once_per_day", nextDay(around));
  if (firings !== null && policy.mode === "once_per_bar") holdForBar(policy.timeframe, firings, around, hold);
  if (session.state === "open" && around.hours !== null) holdForHour(policy.session, around.hours, session.nextOpen, at, hold);
}

function holdForBar(timeframe: Timeframe | null, firings: NonNullable<RuleRecord["firings"]>, around: RuleSurroundings, hold: Hold): void {
  if (timeframe === "1Day") {
    if (isOfToday(firings.lastAt, around)) hold("once_per_bar", nextDay(around));
  } else if (timeframe !== null && firings.periodMs !== null && firings.periodMs >= 0) {
    // It fired on the bar that was the last finished one; the next is finished two widths after that one began.
    hold("once_per_bar", new Date(firings.periodMs + 2 * minutesOf[timeframe] * minuteMs));
  }
}

function holdForHour(window: FiringPolicy["session"], { opensAt, closesAt }: SessionHours, nextOpen: Date | null, at: Date, hold: Hold): void {
  if (window === "first_hour" && at.getTime() >= opensAt.getTime() + hourMs) hold("first_hour_only", nextOpen);
  if (window === "last_hour") hold("last_hour_only", new Date(closesAt.getTime() - hourMs));
}

const isOfToday = (firedAt: Date, { session, isCrypto, at }: RuleSurroundings): boolean => newYorkDate(firedAt) === (isCrypto ? newYorkDate(at) : (session?.tradingDay ?? newYorkDate(at)));

function nextDay({ session, isCrypto, at }: RuleSurroundings): Date | null {
  return isCrypto ? newYorkInstant(addDays(newYorkDate(at), 1), "00:00") : (session?.nextOpen ?? null);
}
