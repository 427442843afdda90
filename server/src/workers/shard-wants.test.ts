import { describe, expect, test } from "vitest";
import type { TradingConfig } from "@nod/contract/trading-config";
import { compileConfig } from "../trading/config/compile.ts";
import { createWantedInputs } from "../trading/config/due-inputs.ts";
import type { CompiledConfig } from "../trading/rules/compiled-rule.ts";
import { createRuleIndex } from "../trading/rules/rule-index.ts";
import { maxWantedSymbols, unionOf, wantsOf, type ShardWants } from "./shard-wants.ts";

const iex = { feed: "iex", assetClass: "us_equity" } as const;
const low = (symbol: string, length: number): TradingConfig["rules"][number] => ({
  id: "low", type: "rsi_threshold", symbol, timeframe: "1Hour", length, op: "<", level: 30, question_template: "Low?", on_answer_match: { action: "notify" },
  cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 0,
});
const configOf = (rules: TradingConfig["rules"], symbols: string[], pollSeconds = 60): CompiledConfig =>
  compileConfig({
    version: 1, enabled: true, mode: "paper", rules,
    data_inputs: [{ id: "in", source: "alpaca", asset_class: "us_equity", symbols, feed: "iex", poll_interval_seconds: pollSeconds, metrics: ["last_trade", "prev_close"] }],
    guardrails: { max_orders_per_day: 1, max_notional_usd_per_4h: 10, require_question_before_order: true, symbols_blocklist: [] },
  }, "1.1");

/** What one shard's users want, from their configs. */
function shardOf(users: Record<string, CompiledConfig>): ShardWants {
  const held = new Map(Object.entries(users));
  const [inputs, rules] = [createWantedInputs(), createRuleIndex()];
  for (const [uid, config] of held) {
    inputs.add(config.inputs);
    rules.add(uid, config);
  }
  // As they come out of the table.
  return JSON.parse(JSON.stringify(wantsOf({ inputs, rules, get: (uid) => held.get(uid), activeUsers: () => held.keys() }, iex))) as ShardWants;
}

describe("what all shards want together", () => {
  test("is each symbol as often as the most eager wants it, bars as far back as the furthest, and everybody's rules counted", () => {
    const union = unionOf([
      shardOf({ alice: configOf([low("SPY", 10)], ["SPY", "IBM"], 60), bob: configOf([low("SPY", 10)], ["SPY"], 30) }),
      shardOf({ carol: configOf([low("SPY", 50)], ["SPY", "BAC"], 5) }),
    ]);
    expect(union.inputs).toEqual([
      { group: iex, symbols: [{ symbol: "SPY", pollIntervalSeconds: 5, quoted: false }, { symbol: "IBM", pollIntervalSeconds: 60, quoted: false }, { symbol: "BAC", pollIntervalSeconds: 5, quoted: false }] },
    ]);
    const furthest = Math.max(...shardOf({ carol: configOf([low("SPY", 50)], ["SPY"]) }).bars.map(({ bars }) => bars));
    expect(union.bars).toEqual([{ ...iex, symbol: "SPY", timeframe: "1Hour", bars: furthest }]);
    expect(union.candidates.toSorted((a, b) => b.rules - a.rules || (a.symbol < b.symbol ? -1 : 1)).map(({ symbol, rules }) => [symbol, rules])).toEqual([["SPY", 3], ["BAC", 0], ["IBM", 0]]);
  });

  test("is nothing where nobody wants anything", () => {
    expect(unionOf([shardOf({}), shardOf({})])).toEqual({ inputs: [], bars: [], candidates: [] });
  });
});

test("a shard says so many symbols and no more, whatever its users name", () => {
  const users = Object.fromEntries(
    Array.from({ length: Math.ceil(maxWantedSymbols / 400) + 2 }, (_, n): [string, CompiledConfig] => [`u${n}`, configOf([], Array.from({ length: 400 }, (_each, m) => `S${(n * 400 + m).toString(36).toUpperCase()}`))]),
  );
  const wants = shardOf(users);
  expect(wants.inputs.flatMap(({ symbols }) => symbols)).toHaveLength(maxWantedSymbols);
  expect(wants.candidates).toHaveLength(maxWantedSymbols);
});
