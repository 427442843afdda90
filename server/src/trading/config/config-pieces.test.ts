import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import { rulesOf, type CompiledConfig } from "../rules/compiled-rule.ts";
import { compileConfig } from "./compile.ts";
import { createConfigPieces } from "./config-pieces.ts";
import { resolveConfig, resolveTemplate } from "./resolve.ts";

const rest = {
  question_template: "Buy {{symbol}}?",
  on_answer_match: { action: "propose_order" as const, side: "buy" as const, notional_usd: 10 },
  cooldown_seconds: 3600,
  expires_in_seconds: 300,
  max_staleness_seconds: 180,
  max_drift_bps: 50,
};
const dip = (id: string, symbol: string, threshold: number): Rule => ({ id, type: "price_below_pct_of_ref", symbol, ref_metric: "prev_close", threshold_pct: threshold, ...rest });

const template: TradingConfig = {
  version: 1,
  enabled: true,
  mode: "paper",
  data_inputs: [
    { id: "stocks", source: "alpaca", asset_class: "us_equity", symbols: ["AAPL", "MSFT", "SPY"], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close"] },
  ],
  rules: [
    dip("dip_spy", "SPY", -1.5),
    dip("dip_aapl", "AAPL", -2),
    { id: "rise", type: "price_above_pct_of_ref", symbol: "MSFT", ref_metric: "day_open", threshold_pct: 3, ...rest },
    { id: "level", type: "price_crosses_level", symbol: "SPY", level: 500, direction: "above", ...rest },
    { ...dip("asleep", "SPY", -4), enabled: false },
  ],
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
};

function piecesOf(document: TradingConfig): ReturnType<typeof createConfigPieces> {
  const resolved = resolveTemplate(document);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.errors));
  return createConfigPieces(resolved.config);
}

/** As PostgreSQL prints it: a space behind each colon and comma. */
const asJsonb = (document: unknown): string => JSON.stringify(document, null, 1).replaceAll(/,\n\s*/g, ", ").replaceAll(/\n\s*/g, "");

/** Everything that evaluation goes by, written out. */
const writtenOut = (config: CompiledConfig) => ({
  revision: config.revision,
  enabled: config.enabled,
  mode: config.mode,
  maxOpenQuestions: config.maxOpenQuestions,
  restraint: config.restraint,
  inputs: config.inputs,
  effective: config.effective,
  rules: rulesOf(config).map(({ rule, feed, assetClass, maxStalenessMs, thresholdNanos }) => ({ rule, feed, assetClass, maxStalenessMs, thresholdNanos })),
  conditions: config.conditions.map(({ config: _config, ...condition }) => condition),
});

describe("the pieces that users' documents are made of", () => {
  test("a document of another user's pieces with thresholds of its own is put together without being checked again", () => {
    const pieces = piecesOf(template);
    const accepted = resolveConfig(template, { rules: [{ id: "dip_spy", symbol: "AAPL", threshold_pct: -2.5 }] });
    if (!accepted.ok) throw new Error("the first document is not valid");
    pieces.learn({ rules: [{ id: "dip_spy", symbol: "AAPL", threshold_pct: -2.5 }] }, accepted.config);
    expect(pieces.assemble(asJsonb({ rules: [{ id: "dip_spy", symbol: "AAPL", threshold_pct: -7.125 }] }), "1.2")?.effective.rules[0]).toEqual(dip("dip_spy", "AAPL", -7.125));
    // Each of these has something that was not seen to be valid.
    expect(pieces.assemble(asJsonb({ rules: [{ id: "dip_spy", symbol: "MSFT", threshold_pct: -2.5 }] }), "1.3")).toBeNull();
    expect(pieces.assemble(asJsonb({ rules: [{ id: "dip_spy", symbol: "AAPL", threshold_pct: 2.5 }] }), "1.4")).toBeNull();
    expect(pieces.assemble(asJsonb({ rules: [{ id: "dip_spy", symbol: "AAPL", threshold_pct: -99.5 }] }), "1.5")).toBeNull();
    expect(pieces.assemble(asJsonb({ rules: [{ id: "dip_spy", symbol: "AAPL", threshold_pct: -1e-10 }] }), "1.6")).toBeNull();
    expect(pieces.assemble(asJsonb({ mode: "live", rules: [{ id: "dip_spy", symbol: "AAPL", threshold_pct: -2.5 }] }), "1.7")).toBeNull();
    const twice = { id: "dip_spy", symbol: "AAPL", threshold_pct: -2.5 };
    expect(pieces.assemble(asJsonb({ rules: [twice, twice] }), "1.8")).toBeNull();
  });

  test("users who differ in nothing but thresholds share everything else", () => {
    const pieces = piecesOf(template);
    const own = (threshold: number): object => ({ rules: [{ id: "dip_spy", threshold_pct: threshold }] });
    const accepted = resolveConfig(template, own(-2));
    if (accepted.ok) pieces.learn(own(-2), accepted.config);
    const [one, other] = [pieces.assemble(asJsonb(own(-3)), "1.1"), pieces.assemble(asJsonb(own(-4)), "1.2")];
    expect(one?.frames).toBe(other?.frames);
    expect(one?.inputs).toBe(other?.inputs);
    expect(one?.thresholds[0]).toBe(-3_000_000_000);
  });

  test("whatever they put together is what the long way comes to", () => {
    const threshold = fc.oneof(fc.integer({ min: -99_000, max: 99_000 }).map((n) => n / 1_000), fc.constantFrom(0, -99, -99.5, 1_000, 1_000.5, 1e-9, 1e-10, -0.1, 0.3));
    const symbol = fc.constantFrom("AAPL", "MSFT", "SPY", "TSLA");
    const anyEntry = fc.oneof(
      { weight: 6, arbitrary: fc.record({ id: fc.constantFrom("dip_spy", "dip_aapl", "rise", "asleep"), symbol, threshold_pct: threshold }, { requiredKeys: ["id"] }) },
      { weight: 2, arbitrary: fc.record({ id: fc.constantFrom("dip_spy", "rise", "level", "asleep"), enabled: fc.boolean(), cooldown_seconds: fc.constantFrom(0, 60, -1) }, { requiredKeys: ["id"] }) },
      { weight: 1, arbitrary: fc.record({ id: fc.constantFrom("level", "mine"), type: fc.constant("price_crosses_level"), symbol, level: fc.constantFrom(0, 400, 500) }, { requiredKeys: ["id"] }) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom("mine", "other", "dip_spy"), symbol, threshold).map(([id, of, at]) => dip(id, of, at)) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom("mine", "dip_spy"), threshold).map(([id, at]) => ({ ...dip(id, "SPY", at), on_answer_match: { action: "propose_order", side: "buy", volatility: { risk_usd: 10, timeframe: "1Day", length: 14, atr_multiple: 2 } } })) },
      { weight: 1, arbitrary: fc.constantFrom({ id: "dip_spy", mode: "auto", auto_budget: { max_orders_per_day: 1, max_notional_usd_per_day: 10 } }, null, 7, { id: 7 }, { id: "dip_spy", surprise: true }) },
    );
    const anyHead = fc.constantFrom({}, {}, {}, { guardrails: { max_orders_per_day: 2 } }, { guardrails: { symbols_blocklist: ["SPY"] } }, { guardrails: { require_question_before_order: false } }, { mode: "live" }, { enabled: false }, { restraint: { max_cards_per_day: 3 } }, { data_inputs: [{ id: "stocks", symbols: ["SPY", "AAPL"] }] }, { guardrails: { max_orders_per_day: -1 } });
    const anyDocument = fc.tuple(anyHead, fc.array(anyEntry, { maxLength: 4 })).map(([head, rules]): unknown => (rules.length === 0 ? head : { ...head, rules }));
    let assembledOfOthers = 0;
    fc.assert(
      fc.property(fc.array(anyDocument, { minLength: 20, maxLength: 40 }), (documents) => {
        const pieces = piecesOf(template);
        for (const [n, own] of documents.entries()) {
          const revision = `1.${n}`;
          const resolved = resolveConfig(template, own);
          const known = pieces.assemble(asJsonb(own), revision);
          if (known !== null) {
            assembledOfOthers += 1;
            if (!resolved.ok) throw new Error(`put together what is not valid: ${JSON.stringify(own)}`);
            expect(writtenOut(known)).toEqual(writtenOut(compileConfig(resolved.config, revision)));
          }
          if (!resolved.ok) continue;
          pieces.learn(own, resolved.config);
          const learned = pieces.assemble(asJsonb(own), revision);
          if (learned !== null) expect(writtenOut(learned)).toEqual(writtenOut(compileConfig(resolved.config, revision)));
        }
      }),
      { numRuns: 60 },
    );
    // It happened: some hundred times, by chance.
    expect(assembledOfOthers).toBeGreaterThan(20);
  });
});
