import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition } from "@nod/contract/rule-language";
import type { Action } from "@nod/contract/action";
import { Rule, type ConditionRule, type ReferenceRule } from "@nod/contract/trading-config";
import { compileValidator } from "@nod/contract/validators";
import { anyShapedRule } from "../../../../packages/contract/test/support/any-rule.ts";
import { describeRule } from "./describe-rule.ts";
import { unlikeUnits } from "./operand-units.ts";

const terms = { id: "r", symbol: "SPY", question_template: "?", cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 };
const buy = { action: "propose_order", side: "buy", notional_usd: 10 } as const;
const dip = (changes: Partial<ReferenceRule> = {}): Rule => ({ ...terms, type: "price_below_pct_of_ref", ref_metric: "prev_close", threshold_pct: -1.5, on_answer_match: buy, ...changes });
const cond = (when: Condition, changes: Partial<ConditionRule> = {}): Rule => ({ ...terms, type: "condition", when, on_answer_match: { action: "notify" }, ...changes });
const act = (action: Action, changes: Partial<ReferenceRule> = {}): Rule => dip({ on_answer_match: action, ...changes });
const rsi = { indicator: "rsi", timeframe: "1Day", length: 14 } as const;
const vwap = { indicator: "vwap", timeframe: "5Min" } as const;
const low = { op: "<", left: "last", right: 400 } as const;

const readRule = compileValidator(Rule);

describe("a rule in plain English", () => {
  test.each<[Rule, string]>([
    [dip(), "When SPY is 1.5 % or more below its previous close, ask whether to buy $10 of it."],
    [dip({ type: "price_above_pct_of_ref", threshold_pct: 2, ref_metric: "day_open" }), "When SPY is 2 % or more above today's open, ask whether to buy $10 of it."],
    [dip({ threshold_pct: 0 }), "When SPY is at or below its previous close, ask whether to buy $10 of it."],
    [dip({ threshold_pct: 0.5, ref_metric: "day_low" }), "When SPY is at most 0.5 % above today's low, or below it, ask whether to buy $10 of it."],
    [dip({ type: "price_above_pct_of_ref", threshold_pct: -0.5, ref_metric: "day_high" }), "When SPY is at most 0.5 % below today's high, or above it, ask whether to buy $10 of it."],
    [{ ...terms, type: "price_crosses_level", level: 400, direction: "above", on_answer_match: buy }, "When SPY crosses above $400, ask whether to buy $10 of it."],
    [{ ...terms, type: "price_crosses_level", level: 0.5, direction: "any", on_answer_match: buy }, "When SPY crosses $0.50, ask whether to buy $10 of it."],
    [{ ...terms, type: "rsi_threshold", timeframe: "1Day", length: 14, op: "<", level: 30, on_answer_match: buy }, "When SPY's 14-day RSI is below 30, ask whether to buy $10 of it."],
    [{ ...terms, type: "rsi_threshold", timeframe: "5Min", length: 14, op: ">=", level: 70, on_answer_match: { action: "propose_exit" } }, "When SPY's RSI over 14 five-minute bars is at or above 70, ask whether to sell all of it that you hold."],
    [cond(low), "When SPY is below $400, tell you."],
    [cond({ op: ">", left: 400, right: "last" }), "When SPY is below $400, tell you."],
    [cond({ op: ">=", left: "bid", right: "prev_close" }), "When SPY's bid is at or above its previous close, tell you."],
    [cond({ op: ">", left: "spread_bps", right: 20 }), "When SPY's spread is above 20 basis points, tell you."],
    [cond({ op: "<=", left: "age_seconds", right: 90 }), "When the age of SPY's last trade is at or below 90 seconds, tell you."],
    [cond({ op: ">", left: "day_volume", right: 1_000_000 }), "When SPY's volume today is above 1,000,000, tell you."],
    [cond({ op: "<", left: "last", right: "day_low" }), "When SPY is below today's low, tell you."],
    [cond({ op: "=", left: { clock: "weekday" }, right: 1 }), "When it is Monday, tell you."],
    [cond({ op: "!=", left: { clock: "weekday" }, right: 5 }), "When it is not Friday, tell you."],
    [cond({ op: ">=", left: { clock: "minutes_since_open" }, right: 30 }), "When it is 30 minutes or more after the open, tell you."],
    [cond({ op: "<", left: { clock: "minutes_until_close" }, right: 15 }), "When it is less than 15 minutes before the close, tell you."],
    [cond({ op: "crosses_above", left: rsi, right: 30 }, { fire: { mode: "once_per_day" }, on_answer_match: buy }), "When SPY's 14-day RSI crosses above 30, at most once a day, ask whether to buy $10 of it."],
    [cond({ op: ">", left: "last", right: { "*": [vwap, 1.002] } }), "When SPY is above 1.002 times its VWAP of today (five-minute bars), tell you."],
    [cond({ op: ">", left: { bar: "volume", timeframe: "5Min" }, right: { "*": [1.5, { indicator: "sma", timeframe: "5Min", length: 20, source: "volume" }] } }), "When SPY's last five-minute volume is above 1.5 times its average volume over 20 five-minute bars, tell you."],
    [cond({ op: ">", left: { bar: "close", timeframe: "1Day", offset: 3 }, right: { indicator: "ema", timeframe: "1Day", length: 50, offset: 1 } }), "When SPY's daily close of 3 bars before the last is above its 50-day exponential average, as of the bar before the last, tell you."],
    [cond({ op: "<", left: "last", right: { indicator: "bollinger_lower", timeframe: "1Hour", length: 20, deviations: 2.5 } }), "When SPY is below its lower Bollinger band over 20 hourly bars (2.5 deviations), tell you."],
    [cond({ op: "outside", value: { indicator: "zscore", timeframe: "5Min", length: 60 }, low: -3, high: 3 }), "When SPY's z-score of returns over 60 five-minute bars is outside of the band between -3 and 3 deviations, tell you."],
    [cond({ op: ">", left: { indicator: "zscore", timeframe: "1Day", length: 30, source: "volume" }, right: 4 }), "When SPY's 30-day z-score of volume is above 4 deviations, tell you."],
    [cond({ op: "crosses_above", left: "last", right: { indicator: "highest", timeframe: "1Day", length: 20 } }), "When SPY crosses above its 20-day highest high, tell you."],
    [cond({ op: ">=", left: { indicator: "relative_volume", timeframe: "15Min", length: 20 }, right: 2 }), "When SPY's relative volume over 20 fifteen-minute bars is at or above 2, tell you."],
    [cond({ op: ">", left: { indicator: "volatility", timeframe: "1Day", length: 30 }, right: 2.5 }), "When SPY's 30-day volatility is above 2.5 %, tell you."],
    [cond({ op: "between", value: "last", low: 390, high: 400.5 }), "When SPY is between $390 and $400.50, tell you."],
    [cond({ op: "enters", value: rsi, low: 0, high: 30 }), "When SPY's 14-day RSI enters the band between 0 and 30, tell you."],
    [cond({ op: "leaves", value: "last", low: { indicator: "bollinger_lower", timeframe: "1Day", length: 20 }, high: { indicator: "bollinger_upper", timeframe: "1Day", length: 20 } }), "When SPY leaves the band between its 20-day lower Bollinger band and its 20-day upper Bollinger band, tell you."],
    [cond({ op: "rising", value: { bar: "close", timeframe: "1Min" }, bars: 3 }), "When SPY's last one-minute close has risen with each of the last 3 bars, tell you."],
    [cond({ op: "falling", value: rsi, bars: 1 }), "When SPY's 14-day RSI has fallen with the last bar, tell you."],
    [cond({ op: "<=", left: { change: "percent", from: "prev_close" }, right: -1.5 }), "When SPY is 1.5 % or more below its previous close, tell you."],
    [cond({ op: ">", left: { change: "percent", from: { minutes: 30 } }, right: 2 }), "When SPY is more than 2 % above its price 30 minutes ago, tell you."],
    [cond({ op: "<", left: { change: "absolute", from: "day_open" }, right: -2.5 }), "When SPY is more than $2.50 below today's open, tell you."],
    [cond({ op: ">=", left: { change: "percent", from: { bars: 5, timeframe: "1Day" } }, right: 0 }), "When SPY is at or above its close 5 days ago, tell you."],
    [cond({ op: "<", left: { change: "percent", from: "entry" }, right: 1 }), "When SPY is less than 1 % above your average entry, or below it, tell you."],
    [cond({ op: "<=", left: { change: "percent", from: "peak" }, right: -3 }, { on_answer_match: { action: "propose_exit" } }), "When SPY is 3 % or more below its peak since your entry, ask whether to sell all of it that you hold."],
    [cond({ op: ">", left: { change: "percent", from: "prev_close" }, right: { change: "percent", from: "day_open" } }), "When SPY's change in percent against its previous close is above its change in percent against today's open, tell you."],
    [cond({ all: [low, { op: "<", left: rsi, right: 30 }] }), "When SPY is below $400 and its 14-day RSI is below 30, tell you."],
    [cond({ all: [{ any: [low, { op: ">", left: "last", right: 500 }] }, { op: "<", left: "spread_bps", right: 5 }, { op: ">", left: { account: "cash" }, right: 100 }] }), "When (SPY is below $400 or its price is above $500), its spread is below 5 basis points and your cash is above $100, tell you."],
    [cond({ not: low }), "When SPY is at or above $400, tell you."],
    [cond({ not: { op: "crosses", left: "last", right: vwap } }), "When it is not so that SPY crosses its VWAP of today (five-minute bars), tell you."],
    [cond({ not: { all: [low, { op: "<", left: "bid", right: 400 }] } }), "When it is not so that (SPY is below $400 and its bid is below $400), tell you."],
    [cond({ held_for: { seconds: 600, condition: low } }), "When SPY is below $400, without a break for 10 minutes, tell you."],
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language; it never holds a function
    [cond({ then_within: { seconds: 3_600, first: { op: "<", left: rsi, right: 30 }, then: { op: "crosses_above", left: "last", right: vwap } } }), "When SPY's 14-day RSI is below 30 and then, within an hour, its price crosses above its VWAP of today (five-minute bars), tell you."],
    [cond({ op: ">=", left: { position: "unrealized_pct" }, right: 10 }, { on_answer_match: { action: "propose_exit", portion_pct: 50 } }), "When your unrealised gain on SPY is at or above 10 %, ask whether to sell 50 % of it that you hold."],
    [cond({ all: [{ op: ">", left: { position: "qty" }, right: 0 }, { op: ">", left: { position: "age_seconds" }, right: 86_400 }] }), "When the quantity of SPY that you hold is above 0 and the age of your position in it is above a day, tell you."],
    [cond({ op: "<", left: { account: "day_pl_pct" }, right: -2 }), "When your result today is below -2 %, tell you."],
    [cond({ op: "<", left: { account: "orders_today" }, right: 2 }), "When the number of your orders today is below 2, tell you."],
    [cond({ op: ">", left: { "/": [{ "-": ["day_high", "day_low"] }, "last"] }, right: 0.02 }), "When (SPY's high today minus today's low) divided by its price is above 0.02, tell you."],
    [cond(low, { fire: { mode: "once", at_start: true, expires_at: "2027-01-01T16:00:00-05:00" } }), "When SPY is below $400, only once, also if that is so already, until 2027-01-01 21:00 UTC, tell you."],
    [cond(low, { fire: { mode: "every", seconds: 1_800, session: "last_hour" } }), "When SPY is below $400, in the last hour of the session, every 30 minutes while that lasts, tell you."],
    [cond(low, { fire: { mode: "once_per_bar", timeframe: "5Min" } }), "When SPY is below $400, at most once for each five-minute bar, tell you."],
    [cond(low, { fire: { mode: "on_change", rearm: { op: ">", left: "last", right: 405 } } }), "When SPY is below $400, and again only once its price is above $405 meanwhile, tell you."],
    [act({ ...buy, notional_usd: { ask: { min: 5, max: 50.5 } } }), "When SPY is 1.5 % or more below its previous close, ask how much of it to buy, $5 to $50.50."],
    [act({ action: "propose_order", side: "sell", qty: 2.5 }), "When SPY is 1.5 % or more below its previous close, ask whether to sell 2.5 of it."],
    [act({ action: "propose_order", side: "buy", equity_pct: 5 }), "When SPY is 1.5 % or more below its previous close, ask whether to buy it for 5 % of your equity."],
    [act({ action: "propose_order", side: "buy", volatility: { risk_usd: 25, atr_multiple: 2, timeframe: "1Day", length: 14 } }), "When SPY is 1.5 % or more below its previous close, ask whether to buy as much of it as loses $25 when it falls by 2 times the 14-day average true range."],
    [act({ ...buy, order_type: "limit", limit_offset_bps: -10 }), "When SPY is 1.5 % or more below its previous close, ask whether to buy $10 of it with a limit 10 basis points below the last trade."],
    [act({ ...buy, order_type: "limit" }), "When SPY is 1.5 % or more below its previous close, ask whether to buy $10 of it with a limit at the last trade."],
    [act({ ...buy, exits: { stop_loss_pct: 5, take_profit_pct: 10, trailing_stop: { trail_pct: 3, activate_at_pct: 2 } } }), "When SPY is 1.5 % or more below its previous close, ask whether to buy $10 of it, and then to sell it 5 % below the entry, 10 % above it or 3 % below its peak once it has gained 2 %."],
    [act({ ...buy, exits: { trailing_stop: { trail_pct: 3 } } }), "When SPY is 1.5 % or more below its previous close, ask whether to buy $10 of it, and then to sell it 3 % below its peak."],
    [act(buy, { mode: "auto", auto_budget: { max_orders_per_day: 2, max_notional_usd_per_day: 50 } }), "When SPY is 1.5 % or more below its previous close, buy $10 of it without asking, at most 2 times and for $50 a day."],
    [act({ action: "propose_exit" }, { mode: "auto", auto_budget: { max_orders_per_day: 1, max_notional_usd_per_day: 500 } }), "When SPY is 1.5 % or more below its previous close, sell all of it that you hold without asking, at most once and for $500 a day."],
    [dip({symbol:"BTC/USD"}), "When BTC/USD is 1.5 % or more below its previous close, ask whether to buy $10 of it."],
  ])("%#: %o", (rule, text) => {
    expect(describeRule(rule)).toBe(text);
  });

  test("that compares two numbers says so: it is silly, and allowed", () => {
    expect(describeRule(cond({ op: "<", left: 1, right: 2 }))).toBe("When 1 is below 2, tell you.");
  });

  test("is one sentence that names the symbol, whatever the rule", () => {
    fc.assert(
      fc.property(anyShapedRule, (document) => {
        const read = readRule(document);
        if (!read.ok) throw new Error(JSON.stringify(read.errors));
        const text = describeRule(read.value);
        expect(text).toMatch(/^When .*[^.]\.$/s);
        expect(text).not.toMatch(/undefined|\[object|NaN|null/);
      }),
    );
  });
});

describe("what is compared", () => {
  test("is told apart by what it measures", () => {
    expect(unlikeUnits(["last", rsi])).toEqual(["price", "index"]);
    expect(unlikeUnits([{ change: "percent", from: "prev_close" }, "prev_close"])).toEqual(["percent", "price"]);
    expect(unlikeUnits(["last", { "*": [1.5, vwap] }])).toBeNull();
    expect(unlikeUnits([{ "/": ["day_volume", 2] }, { indicator: "sma", timeframe: "1Day", length: 20, source: "volume" }])).toBeNull();
    expect(unlikeUnits([{ "/": ["last", "prev_close"] }, { indicator: "relative_volume", timeframe: "1Day", length: 20 }, 1.5])).toBeNull();
  });
});
