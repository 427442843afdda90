import { add, usd } from "../../core/decimal.ts";
import { type Denial } from "./denial.ts";
import type { TradeIntent } from "./intent.ts";
import type { RiskCase } from "./risk-case.ts";
import type { ActiveKillSwitch } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";
import { exceeds, isExit } from "./size.ts";

/**
 * The kill switch stops what could enlarge a position. A sell of what the user holds always passes, in every mode: a halt
 * must let positions be reduced. Modes differ in what is done to orders that are at the broker already.
 */
export function killSwitch({ intent, context }: { intent: Pick<TradeIntent, "side">; context: { killSwitch: ActiveKillSwitch | null } }): Denial | null {
  const active = context.killSwitch;
  if (active === null || isExit(intent)) return null;
  const whose = active.scope === "all" ? "the operator's kill switch is on for everyone" : "your kill switch is on";
  return {
    code: "kill_switch_active",
    because: active.reason === null ? whose : `${whose} (${active.reason})`,
    limits: { mode: active.mode, scope: active.scope, reason: active.reason, since: active.since.toISOString() },
  };
}

/** Nothing new while our books have not been compared with the broker's: an order that we forgot could be there twice. */
export function brokerReconciled({ context, settings }: { context: { reconciledAt: Date | null; at: Date }; settings: RiskSettings }): Denial | null {
  const { reconciledAt, at } = context;
  if (reconciledAt !== null && secondsBetween(reconciledAt, at) <= settings.reconciledMaxAgeSeconds) return null;
  return {
    code: "broker_not_reconciled",
    because: "orders at the broker have not been checked against ours yet",
    limits: { reconciled_at: reconciledAt?.toISOString() ?? null, max_age_seconds: settings.reconciledMaxAgeSeconds },
  };
}

export function tradingEnabled({ context, settings }: { context: { user: { enabled: boolean } | null }; settings: RiskSettings }): Denial | null {
  if (settings.tradingEnabled && context.user?.enabled === true) return null;
  const because = !settings.tradingEnabled
    ? "the operator has switched trading off"
    : context.user === null
      ? "your trading config is missing or not valid"
      : "trading is switched off in your config";
  return { code: "trading_disabled", because, limits: { operator_enabled: settings.tradingEnabled, user_enabled: context.user?.enabled ?? null } };
}

/** Paper goes to a paper host only; live needs the user's config, the operator's word and a live host, all three. */
export function modeAllowed({ intent, context, settings }: { intent: Pick<TradeIntent, "mode">; context: { user: { mode: string } | null }; settings: RiskSettings }): Denial | null {
  const { environment, liveAllowed } = settings.venue;
  const userMode = context.user?.mode ?? null;
  const fits = intent.mode === environment && userMode === intent.mode;
  if (fits && (intent.mode === "paper" || liveAllowed)) return null;
  const because =
    userMode !== intent.mode
      ? `you were asked about a ${intent.mode} order and your mode has changed since`
      : intent.mode === "live" && !liveAllowed
        ? "live trading is not allowed here"
        : `a ${intent.mode} order cannot go to a ${environment} account`;
  return { code: "mode_not_allowed", because, limits: { asked_mode: intent.mode, user_mode: userMode, venue: environment, live_allowed: liveAllowed } };
}

/** For what nobody is asked about: that it goes where it belongs, whatever the user's config says. */
export function venueFits({ intent, settings }: { intent: Pick<TradeIntent, "mode">; settings: RiskSettings }): Denial | null {
  const { environment, liveAllowed } = settings.venue;
  if (intent.mode === environment && (environment === "paper" || liveAllowed)) return null;
  const because = intent.mode === environment ? "live trading is not allowed here" : `a ${intent.mode} order cannot go to a ${environment} account`;
  return { code: "mode_not_allowed", because, limits: { asked_mode: intent.mode, user_mode: null, venue: environment, live_allowed: liveAllowed } };
}

export function questionAnswered({ intent, context }: RiskCase): Denial | null {
  if (context.user?.guardrails.require_question_before_order === false || intent.questionId !== null) return null;
  return { code: "question_required", because: "it was not asked about first", limits: { require_question_before_order: true } };
}

/** Nobody was asked: on paper only, and only while the user's config says so. */
export function autoAllowed({ intent, context, settings }: RiskCase): Denial | null {
  if (!intent.isAuto) return null;
  const { user } = context;
  const isPaper = intent.mode === "paper" && settings.venue.environment === "paper";
  if (isPaper && user?.guardrails.require_question_before_order === false && user.autoBudgets.has(intent.ruleId ?? "")) return null;
  return {
    code: "auto_not_allowed",
    because: "nobody was asked, and that is not allowed here",
    limits: { rule_id: intent.ruleId, mode: intent.mode, require_question_before_order: user?.guardrails.require_question_before_order ?? null },
  };
}

export function autoWithinBudget({ intent, context, size }: RiskCase): Denial | null {
  if (!intent.isAuto) return null;
  const budget = context.user?.autoBudgets.get(intent.ruleId ?? "");
  const { orders, reservedUsd: used } = context.ofRuleToday;
  const after = size === null ? null : add(used, size.reservedUsd);
  if (budget !== undefined && after !== null && orders < budget.max_orders_per_day && !exceeds(after, usd(budget.max_notional_usd_per_day))) return null;
  return {
    code: "auto_budget_exceeded",
    because: "what the rule may order without asking on one day is used up",
    limits: {
      rule_id: intent.ruleId,
      orders_today: orders,
      max_orders_per_day: budget?.max_orders_per_day ?? null,
      reserved_usd: size?.reservedUsd ?? null,
      used_usd_today: used,
      max_notional_usd_per_day: budget === undefined ? null : usd(budget.max_notional_usd_per_day),
    },
  };
}

export function approvalValid({ intent, context }: { intent: Pick<TradeIntent, "approvalExpiresAt">; context: { at: Date } }): Denial | null {
  if (context.at < intent.approvalExpiresAt) return null;
  return {
    code: "question_expired",
    because: "the question expired before it could be sent",
    limits: { expires_at: intent.approvalExpiresAt.toISOString(), at: context.at.toISOString() },
  };
}

/** A yes is a yes to what was shown last. */
export function newestQuestion({ intent, context }: RiskCase): Denial | null {
  const { newerQuestionId } = context.asked;
  if (newerQuestionId === null) return null;
  return { code: "question_superseded", because: "a newer question took its place", limits: { question_id: intent.questionId, newer_question_id: newerQuestionId } };
}

export function onWatchlist({ intent, context }: RiskCase): Denial | null {
  if (isExit(intent) || context.user?.watchlist.has(intent.symbol) === true) return null;
  return { code: "symbol_not_on_watchlist", because: `${intent.symbol} is not on your watchlist`, limits: { symbol: intent.symbol } };
}

export function notBlocked({ intent, context }: RiskCase): Denial | null {
  if (isExit(intent) || context.user?.guardrails.symbols_blocklist.includes(intent.symbol) === false) return null;
  return { code: "symbol_blocked", because: `${intent.symbol} is on your blocklist`, limits: { symbol: intent.symbol } };
}

export const secondsBetween = (earlier: Date, later: Date): number => (later.getTime() - earlier.getTime()) / 1_000;
