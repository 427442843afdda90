import { describe, expect, test } from "vitest";
import { toPointer } from "@nod/contract/json-pointer";
import type { Condition } from "@nod/contract/rule-language";
import type { ConditionRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import { warningsOf } from "./config-warnings.ts";

const now = new Date("2026-03-03T15:00:00Z");
const terms = { id: "mine", symbol: "SPY", question_template: "?", cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 };
const rule = (when: Condition, changes: Partial<ConditionRule> = {}): Rule => ({ ...terms, type: "condition", when, on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 }, ...changes });
const config = (rules: Rule[], changes: Partial<TradingConfig> = {}): TradingConfig => ({
  version: 1, enabled: true, mode: "paper", rules,
  data_inputs: [{ id: "all", source: "alpaca", asset_class: "us_equity", symbols: ["SPY"], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade"] }],
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
  ...changes,
});
const rsi = { indicator: "rsi", timeframe: "1Day", length: 14 } as const;
const below: Condition = { op: "<", left: "last", right: 400 };
const warned = (of: TradingConfig): { pointer: string; message: string }[] => warningsOf(of, now).map(({ path, message }) => ({ pointer: toPointer(path), message }));
const guardrails = config([]).guardrails;

describe("what is allowed and probably not meant is said", () => {
  test.each<[string, TradingConfig, string, string]>([
    ["a price against an index", config([rule({ op: "<", left: "last", right: rsi })]), "/rules/0/when", "compares a price with an index from 0 to 100"],
    ["deep inside", config([rule({ all: [below, { not: { op: ">", left: { change: "percent", from: "prev_close" }, right: "prev_close" } }] })]), "/rules/0/when/all/1/not", "compares a percentage with a price"],
    ["an exact price", config([rule({ op: "=", left: "last", right: 400 })]), "/rules/0/when/op", "hardly ever true"],
    ["an index beyond its end", config([rule({ op: ">", left: rsi, right: 130 })]), "/rules/0/when", "never reaches 130"],
    ["in what arms it again", config([rule(below, { fire: { mode: "on_change", rearm: { op: ">", left: rsi, right: "last" } } })]), "/rules/0/fire/rearm", "compares"],
    ["a rule whose time is over", config([rule(below, { fire: { mode: "once", expires_at: "2026-03-03T15:00:00Z" } })]), "/rules/0/fire/expires_at", "has passed"],
    ["an amount that no guardrail lets pass", config([rule(below)], { guardrails: { ...guardrails, max_notional_usd: 5 } }), "/rules/0/on_answer_match/notional_usd", "is above guardrails.max_notional_usd, which is 5"],
    ["less than the user's smallest order", config([rule(below)], { guardrails: { ...guardrails, min_notional_usd: 20 } }), "/rules/0/on_answer_match/notional_usd", "is below guardrails.min_notional_usd"],
    ["a blocked symbol", config([rule(below)], { guardrails: { ...guardrails, symbols_blocklist: ["SPY"] } }), "/rules/0/symbol", "symbols_blocklist"],
    ["a price that is too old before the next one comes", config([rule(below, { max_staleness_seconds: 30 })]), "/rules/0/max_staleness_seconds", "60 seconds from one look at the market to the next"],
    ["a config that is off", config([rule(below)], { enabled: false }), "/enabled", "no rule of this config is looked at"],
  ])("%s", (_name, of, pointer, message) => {
    expect(warned(of)).toEqual([{ pointer, message: expect.stringContaining(message) }]);
  });

  test("and of what is in order, or off, nothing is", () => {
    expect(warned(config([rule(below), rule({ op: ">", left: "last", right: { "*": [1.01, { indicator: "vwap", timeframe: "5Min" }] } })]))).toEqual([]);
    expect(warned(config([rule({ op: "=", left: "last", right: rsi }, { enabled: false })]))).toEqual([]);
    expect(warned(config([rule({ op: "=", left: { clock: "weekday" }, right: 1 })]))).toEqual([]);
  });
});
