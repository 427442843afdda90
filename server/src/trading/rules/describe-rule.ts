import type { Condition, Firing } from "@nod/contract/rule-language";
import type { Action, Exits, ProposeOrder } from "@nod/contract/action";
import type { ReferenceMetric, ReferenceRule, Rule } from "@nod/contract/trading-config";
import { percent } from "../../core/decimal.ts";
import { describeCondition, perBar } from "./describe-condition.ts";
import { barWords, createSpeaker, showNumber, showSeconds, type Speaker } from "./describe-operand.ts";
import { showNotional, showUsd } from "./question-text.ts";

/** A rule in plain English: "When SPY is 1.5 % or more below its previous close, ask whether to buy $10 of it." */
export function describeRule(rule: Rule): string {
  const { when, fires } = describeTrigger(rule, createSpeaker(rule.symbol));
  const action = rule.on_answer_match;
  const done = rule.mode === "auto" ? describeAuto(rule, action) : describeAsked(action);
  return `When ${[when, ...fires, done].join(", ")}.`;
}

function describeTrigger(rule: Rule, speaker: Speaker): { when: string; fires: string[] } {
  switch (rule.type) {
    case "price_below_pct_of_ref":
    case "price_above_pct_of_ref":
      return { when: `${speaker.subject()} is ${describeDistance(rule)}`, fires: [] };
    case "price_crosses_level": {
      const op = ({ above: "crosses_above", below: "crosses_below", any: "crosses" } as const)[rule.direction];
      return { when: describeCondition({ op, left: "last", right: rule.level }, speaker), fires: [] };
    }
    case "rsi_threshold": {
      const rsi: Condition = { op: rule.op, left: { indicator: "rsi", timeframe: rule.timeframe, length: rule.length }, right: rule.level };
      return { when: describeCondition(rsi, speaker), fires: [] };
    }
    case "condition":
      return { when: describeCondition(rule.when, speaker), fires: rule.fire === undefined ? [] : describeFiring(rule.fire, speaker) };
  }
}

const referenceWords: Record<ReferenceMetric, string> = {
  prev_close: "its previous close",
  day_open: "today's open",
  day_high: "today's high",
  day_low: "today's low",
};

function describeDistance(rule: ReferenceRule): string {
  const below = rule.type === "price_below_pct_of_ref";
  const reference = referenceWords[rule.ref_metric];
  const [side, otherSide] = below ? ["below", "above"] : ["above", "below"];
  if (rule.threshold_pct === 0) return `at or ${side} ${reference}`;
  const distance = percent(Math.abs(rule.threshold_pct));
  // Below -0.5 % of the close is under it; below +0.5 % of the low is near the low.
  if (rule.threshold_pct < 0 === below) return `${distance} % or more ${side} ${reference}`;
  return `at most ${distance} % ${otherSide} ${reference}, or ${side} it`;
}

const sessionWords = { regular: "in the regular session", first_hour: "in the first hour of the session", last_hour: "in the last hour of the session" } as const;

function describeFiring(fire: Firing, speaker: Speaker): string[] {
  const parts: string[] = [];
  if (fire.session !== undefined) parts.push(sessionWords[fire.session]);
  if (fire.mode === "once") parts.push("only once");
  if (fire.mode === "once_per_day") parts.push("at most once a day");
  if (fire.mode === "once_per_bar" && fire.timeframe !== undefined) parts.push(`at most once for each ${perBar(fire.timeframe)}`);
  if (fire.mode === "every" && fire.seconds !== undefined) parts.push(`every ${showSeconds(fire.seconds).replace(/^an? /, "")} while that lasts`);
  if (fire.rearm !== undefined) parts.push(`and again only once ${describeCondition(fire.rearm, speaker)} meanwhile`);
  if (fire.at_start === true) parts.push("also if that is so already");
  if (fire.expires_at !== undefined) parts.push(`until ${showInstant(fire.expires_at)}`);
  return parts;
}

const showInstant = (instant: string): string => `${new Date(instant).toISOString().slice(0, 16).replace("T", " ")} UTC`;

function describeAsked(action: Action): string {
  switch (action.action) {
    case "notify":
      return "tell you";
    case "propose_exit":
      return `ask whether to sell ${describePortion(action.portion_pct)}`;
    case "propose_order":
      if ("notional_usd" in action && typeof action.notional_usd !== "number") return `ask how much of it to ${action.side}, ${dollars(action.notional_usd.ask)}${describeTerms(action)}`;
      return `ask whether to ${describeOrder(action)}${describeTerms(action)}`;
  }
}

function describeAuto({ auto_budget: budget }: Rule, action: Action): string {
  const done = action.action === "propose_exit" ? `sell ${describePortion(action.portion_pct)}` : action.action === "propose_order" ? `${describeOrder(action)}${describeTerms(action)}` : "tell you";
  const bound = budget === undefined ? "" : `, at most ${budget.max_orders_per_day === 1 ? "once" : `${budget.max_orders_per_day} times`} and for $${showUsd(budget.max_notional_usd_per_day)} a day`;
  return `${done} without asking${bound}`;
}

const describePortion = (portion = 100): string => (portion === 100 ? "all of it that you hold" : `${percent(portion)} % of it that you hold`);

const dollars = ({ min, max }: { min: number; max: number }): string => `$${showUsd(min)} to $${showUsd(max)}`;

function describeOrder(action: ProposeOrder): string {
  const { side } = action;
  if ("qty" in action) return `${side} ${percent(action.qty)} of it`;
  if ("equity_pct" in action) return `${side} it for ${percent(action.equity_pct)} % of your equity`;
  if ("volatility" in action) {
    const { risk_usd: risk, atr_multiple: multiple, timeframe, length } = action.volatility;
    const range = timeframe === "1Day" ? `the ${length}-day average true range` : `the average true range over ${length} ${barWords[timeframe]} bars`;
    return `${side} as much of it as ${side === "buy" ? "loses" : "gains"} $${showUsd(risk)} when it falls by ${multiple === 1 ? "" : `${percent(multiple)} times `}${range}`;
  }
  return typeof action.notional_usd === "number" ? `${side} $${showNotional(action.notional_usd)} of it` : `${side} ${dollars(action.notional_usd.ask)} of it`;
}

function describeTerms({ order_type: type, limit_offset_bps: offset = 0, exits }: ProposeOrder): string {
  const limit = type === "limit" ? ` with a limit ${offset === 0 ? "at the last trade" : `${showNumber(Math.abs(offset), "bps")} ${offset < 0 ? "below" : "above"} the last trade`}` : "";
  return exits === undefined ? limit : `${limit}, and then to sell it ${describeExits(exits)}`;
}

function describeExits({ stop_loss_pct: stop, take_profit_pct: profit, trailing_stop: trailing }: Exits): string {
  const parts: string[] = [];
  if (stop !== undefined) parts.push(`${percent(stop)} % below the entry`);
  if (profit !== undefined) parts.push(`${percent(profit)} % above it`);
  if (trailing !== undefined) {
    const from = trailing.activate_at_pct ?? 0;
    parts.push(`${percent(trailing.trail_pct)} % below its peak${from === 0 ? "" : ` once it has gained ${percent(from)} %`}`);
  }
  return parts.length <= 2 ? parts.join(" or ") : `${parts.slice(0, -1).join(", ")} or ${parts.at(-1) ?? ""}`;
}
