import { describe, expect, test } from "vitest";
import type { TradingConfig } from "@nod/contract/trading-config";
import { compileConfig } from "../trading/config/compile.ts";
import { createWantedInputs } from "../trading/config/due-inputs.ts";
import type { CompiledConfig } from "../trading/rules/compiled-rule.ts";
import { createStreamCandidates } from "./stream-candidates.ts";

const group = { feed: "iex", assetClass: "us_equity" } as const;
const rule = (id: string, symbol: string): TradingConfig["rules"][number] => ({
  id, type: "condition", symbol, when: { op: "<", left: "last", right: 1 }, question_template: "Buy?", on_answer_match: { action: "notify" },
  cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 0,
});
const dip = (id: string, symbol: string): TradingConfig["rules"][number] => ({
  ...rule(id, symbol), type: "price_below_pct_of_ref", ref_metric: "prev_close", threshold_pct: -1, on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
});
const configOf = (rules: TradingConfig["rules"], symbols: string[], feed: "iex" | "sip" = "iex"): CompiledConfig =>
  compileConfig({
    version: 1, enabled: true, mode: "paper", rules,
    data_inputs: [{ id: "in", source: "alpaca", asset_class: "us_equity", symbols, feed, poll_interval_seconds: 60, metrics: ["last_trade", "prev_close", ...(symbols.includes("AIG") ? (["quote"] as const) : [])] }],
    guardrails: { max_orders_per_day: 1, max_notional_usd_per_4h: 10, require_question_before_order: true, symbols_blocklist: [] },
  }, "1.1");

function world(users: Record<string, CompiledConfig>) {
  const held = new Map(Object.entries(users));
  const inputs = createWantedInputs();
  for (const config of held.values()) inputs.add(config.inputs);
  let nowMs = 0;
  let counted = 0;
  const configs = { inputs, get: (uid: string) => held.get(uid), activeUsers: () => ((counted += 1), held.keys()) };
  return { read: createStreamCandidates(configs, group, () => nowMs), held, inputs, counted: () => counted, pass: (ms: number) => (nowMs += ms) };
}

describe("what the stream may bring", () => {
  test("are the followed symbols of its feed, with the rules of all users on each: of either kind, and also where users share a config", () => {
    const shared = configOf([rule("a", "SPY"), dip("b", "SPY"), rule("c", "IBM")], ["SPY", "IBM", "BAC"]);
    const { read } = world({ alice: shared, bob: shared, carol: configOf([rule("a", "AIG")], ["AIG"]), dave: configOf([rule("a", "SPY")], ["SPY"], "sip") });
    expect(read()).toEqual([
      { symbol: "SPY", quoted: false, rules: 4 },
      { symbol: "IBM", quoted: false, rules: 2 },
      { symbol: "BAC", quoted: false, rules: 0 },
      { symbol: "AIG", quoted: true, rules: 1 },
    ]);
  });

  test("are counted now and then, and at once for a symbol that is new", () => {
    const { read, held, inputs, counted, pass } = world({ alice: configOf([rule("a", "SPY")], ["SPY"]) });
    for (let n = 0; n < 5; n += 1) read();
    expect(counted()).toBe(1);
    const added = configOf([rule("a", "SPY"), rule("b", "IBM")], ["SPY", "IBM"]);
    held.set("bob", added);
    inputs.add(added.inputs);
    expect(read()).toEqual([{ symbol: "SPY", quoted: false, rules: 2 }, { symbol: "IBM", quoted: false, rules: 1 }]);
    held.delete("bob");
    pass(10_000);
    expect(read()).toEqual([{ symbol: "SPY", quoted: false, rules: 1 }, { symbol: "IBM", quoted: false, rules: 0 }]);
  });
});
