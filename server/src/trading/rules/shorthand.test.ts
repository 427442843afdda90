import type { LevelRule, ReferenceMetric, ReferenceRule, Rule, RsiRule } from "@nod/contract/trading-config";
import { Decimal } from "decimal.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { price } from "../../core/decimal.ts";
import { compileConfig } from "../config/compile.ts";
import { createFactBook } from "../market/fact-book.ts";
import type { MarketSessions } from "../market/session-table.ts";
import type { FactMetric } from "../ports.ts";
import { newGate, passGate } from "./firing-gate.ts";
import { compileRuleSource } from "./rule-program.ts";
import { createRuleIndex } from "./rule-index.ts";
import { toCondition, toRuleSource } from "./shorthand.ts";
import { createSymbolView } from "./symbol-view.ts";
import { yes } from "./truth.ts";

const today = "2026-03-03";
const opensAtMs = Date.parse("2026-03-03T14:30:00Z");
const now = new Date("2026-03-03T15:00:00Z");
const session = { tradingDay: today, opensAtMs, closesAtMs: Date.parse("2026-03-03T21:00:00Z") };
const open = { state: "open", tradingDay: today, nextOpen: null, nextClose: null } as const;
const sessions: MarketSessions = { now, newYorkDate: today, us_equity: open, crypto: open };

const goesOn = {
  id: "r", symbol: "SPY", question_template: "?", on_answer_match: { action: "notify" as const },
  cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 180, max_drift_bps: 50,
};
const references: ReferenceMetric[] = ["prev_close", "day_open", "day_high", "day_low"];

/** Whether the rule fires in the ladder of thresholds, and whether its long form fires when it is looked at. */
function bothWays(rule: ReferenceRule, last: string, ref: string): [boolean, boolean] {
  const index = createRuleIndex();
  index.add("alice", compileConfig({
    version: 1, enabled: true, mode: "paper", rules: [rule],
    data_inputs: [{ id: "all", source: "alpaca", asset_class: "us_equity", symbols: ["SPY"], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close"] }],
    guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
  }, "1.1"));
  const book = createFactBook();
  const fact = (metric: FactMetric, at: string) => ({ feed: "iex" as const, assetClass: "us_equity" as const, symbol: "SPY", metric, price: price(at), volume: null, asOf: now, tradingDay: metric === "last_trade" ? null : today });
  const changed = book.absorb([fact("last_trade", last), fact(rule.ref_metric, ref)]);
  const inLadder = index.evaluate(book, sessions, changed, []).firings.length === 1;

  const view = createSymbolView();
  view.setSession(session);
  view.setTime(now.getTime());
  view.setFact("last", last, now.getTime());
  view.setFact(rule.ref_metric, ref, now.getTime(), today);
  const { policy, bind } = compileRuleSource(toRuleSource(rule));
  const bound = bind(view);
  bound.look(bound.createMemory(), null);
  return [inLadder, passGate(policy, newGate(policy), bound.gateLook()).firings === 1];
}

describe("shorthand and long form agree, ties included", () => {
  const anyReference = fc.record({ type: fc.constantFrom("price_below_pct_of_ref" as const, "price_above_pct_of_ref" as const), ref_metric: fc.constantFrom(...references) });
  const decimal = (digits: number, least: number, most: number): fc.Arbitrary<Decimal> => fc.integer({ min: least, max: most }).map((units) => new Decimal(units).div(new Decimal(10).pow(digits)));

  test("on any price, reference and threshold", () => {
    fc.assert(
      fc.property(anyReference, decimal(4, 1, 10_000_000), decimal(4, 1, 10_000_000), decimal(2, -9_900, 100_000), (shape, last, ref, threshold) => {
        const [ladder, program] = bothWays({ ...goesOn, ...shape, threshold_pct: threshold.toNumber() }, last.toFixed(), ref.toFixed());
        expect(program).toBe(ladder);
      }),
    );
  });

  test("exactly on the threshold, and the smallest step beside it", () => {
    fc.assert(
      fc.property(anyReference, fc.integer({ min: 1, max: 99_999_999 }), decimal(2, -9_900, 50_000), fc.constantFrom(-1, 0, 1), (shape, hundredths, threshold, step) => {
        const ref = new Decimal(hundredths).div(100);
        const last = ref.times(threshold.plus(100)).div(100).plus(new Decimal(step).div(1e9));
        fc.pre(last.gt(0));
        const [ladder, program] = bothWays({ ...goesOn, ...shape, threshold_pct: threshold.toNumber() }, last.toFixed(), ref.toFixed());
        expect([ladder, program]).toEqual(Array.from({ length: 2 }, () => (shape.type === "price_below_pct_of_ref" ? step <= 0 : step >= 0)));
      }),
    );
  });
});

describe("the other shorthands", () => {
  const level = (direction: LevelRule["direction"]): LevelRule => ({ ...goesOn, type: "price_crosses_level", level: 100, direction });

  test.each([
    ["above", [false, false, true, false, false, false]],
    ["below", [false, false, false, false, true, false]],
    ["any", [false, false, true, false, true, false]],
  ] as const)("a price that crosses its level %s fires at that look", (direction, expected) => {
    const view = createSymbolView();
    view.setSession(session);
    const { policy, bind } = compileRuleSource(toRuleSource(level(direction)));
    const bound = bind(view);
    const memory = bound.createMemory();
    let gate = newGate(policy);
    const fired = ["99", "100", "101", "100", "98", "97"].map((last, minute) => {
      view.setTime(now.getTime() + minute * 60_000);
      view.setFact("last", last, view.nowMs);
      bound.look(memory, null);
      const next = passGate(policy, gate, bound.gateLook());
      const fires = next.firings > gate.firings;
      gate = next;
      return fires;
    });
    expect(fired).toEqual(expected);
  });

  test("a level of the RSI fires while it holds, and again after the cooldown", () => {
    const rule: RsiRule = { ...goesOn, type: "rsi_threshold", timeframe: "1Min", length: 2, op: "<", level: 30, cooldown_seconds: 120 };
    const view = createSymbolView();
    view.setSession(session);
    const { policy, bind } = compileRuleSource(toRuleSource(rule));
    const bound = bind(view);
    const memory = bound.createMemory();
    let gate = newGate(policy);
    const fired = [10, 9, 8, 7, 6, 5].map((close, minute) => {
      const startsAtMs = opensAtMs + minute * 60_000;
      view.setTime(startsAtMs + 60_000);
      view.setFact("last", close, view.nowMs);
      view.closeBar("1Min", { startsAtMs, open: close, high: close, low: close, close, volume: 1 });
      const truth = bound.look(memory, null);
      const next = passGate(policy, gate, bound.gateLook());
      const fires = next.firings > gate.firings;
      gate = next;
      return [truth === yes, fires];
    });
    expect(fired).toEqual([[false, false], [false, false], [true, true], [true, false], [true, true], [true, false]]);
  });

  test("a condition fires on change unless it says otherwise", () => {
    const rule: Rule = { ...goesOn, type: "condition", when: { op: ">", left: "last", right: 1 } };
    expect(toCondition(rule)).toEqual({ when: rule.when, fire: { mode: "on_change" } });
    expect(toCondition({ ...rule, fire: { mode: "once" } }).fire).toEqual({ mode: "once" });
  });
});
