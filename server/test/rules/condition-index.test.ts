import type { Condition, Firing } from "@nod/contract/rule-language";
import type { ConditionRule } from "@nod/contract/trading-config";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyMarketDay, anyNearCondition, live, newMarket, opensAtMs } from "../support/any-market-day.ts";
import { compileConfig } from "../../src/trading/config/compile.ts";
import { createFactBook } from "../../src/trading/market/fact-book.ts";
import type { MarketSessions } from "../../src/trading/market/session-table.ts";
import type { CompiledConfig } from "../../src/trading/rules/compiled-rule.ts";
import type { ConditionFiring } from "../../src/trading/rules/condition-group.ts";
import { newGate, passGate } from "../../src/trading/rules/firing-gate.ts";
import { createRuleIndex, type RuleIndex } from "../../src/trading/rules/rule-index.ts";
import { compileRuleSource } from "../../src/trading/rules/rule-program.ts";
import { noPosition, type UserView } from "../../src/trading/rules/user-view.ts";

const minute = 60_000;
const today = "2013-10-08";
const key = "iex us_equity SPY";
const session = { tradingDay: today, opensAtMs, closesAtMs: opensAtMs + 390 * minute };

const over100: Condition = { op: ">", left: "last", right: 100 };
const ruleOf = (id: string, when: Condition, fire?: Firing): ConditionRule => ({
  id, type: "condition", symbol: "SPY", when, ...(fire && { fire }), question_template: "?", on_answer_match: { action: "notify" },
  cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 180, max_drift_bps: 50,
});
const compiled = (...rules: ConditionRule[]): CompiledConfig => compileConfig({
  version: 1, enabled: true, mode: "paper", rules,
  data_inputs: [{ id: "all", source: "alpaca", asset_class: "us_equity", symbols: ["SPY"], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close", "quote"] }],
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
}, "1.1");
const sessionsAt = (atMs: number): MarketSessions => {
  const open = { state: "open", tradingDay: today, nextOpen: null, nextClose: null } as const;
  return { now: new Date(atMs), newYorkDate: today, us_equity: open, crypto: open };
};

/** An index whose time stands where it is put; `at` says what the last trade is then, and evaluates. */
function createStage(index: RuleIndex = createRuleIndex()) {
  const evaluate = (atMs: number, changed: boolean, fresh: readonly number[] = [], users?: (uid: string) => UserView): ConditionFiring[] =>
    index.evaluate(createFactBook(), sessionsAt(atMs), new Set(changed ? [key] : []), fresh, users).conditionFirings;
  const at = (minutes: number, last: number | null, fresh: readonly number[] = [], users?: (uid: string) => UserView): ConditionFiring[] => {
    const atMs = opensAtMs + minutes * minute;
    const view = index.conditions.viewOf(key);
    view?.setSession(session);
    if (last !== null) view?.setFact("last", last, atMs);
    return evaluate(atMs, last !== null, fresh, users);
  };
  return { index, at };
}

const whoFires = (firings: readonly ConditionFiring[]): string[] => firings.map(({ firebaseUid, rule }) => `${firebaseUid} ${rule.rule.id}`).toSorted();

describe("the conditions of all users", () => {
  test("those who wrote the same are asked on the same reading, each with a gate of his own", () => {
    const { index, at } = createStage();
    index.add("alice", compiled(ruleOf("a", over100)));
    at(1, 99);
    const slots = index.add("bob", compiled(ruleOf("b", over100)));
    index.add("carol", compiled(ruleOf("c", over100, { mode: "on_change", at_start: true })));
    const first = at(2, 101, slots);
    expect(whoFires(first)).toEqual(["alice a", "carol c"]);
    expect(at(3, 99)).toEqual([]);
    const second = at(4, 102);
    expect(whoFires(second)).toEqual(["alice a", "bob b", "carol c"]);
    const [alice, bob] = ["alice", "bob"].map((uid) => second.find(({ firebaseUid }) => firebaseUid === uid));
    expect(alice?.reading).toBe(bob?.reading);
    expect(alice?.reading).toEqual({ price: "102", priceAsOf: new Date(opensAtMs + 4 * minute), facts: { last: "102" } });
  });

  test("a new rule is looked at although nothing changed, and so is what time alone turns", () => {
    const { index, at } = createStage();
    index.add("alice", compiled(ruleOf("held", { held_for: { seconds: 120, condition: over100 } })));
    expect(at(1, 101)).toEqual([]);
    expect([whoFires(at(2, null)), whoFires(at(3, null))]).toEqual([[], ["alice held"]]);
    const slots = index.add("bob", compiled(ruleOf("now", over100, { mode: "on_change", at_start: true })));
    expect(whoFires(at(3.5, null, slots))).toEqual(["bob now"]);
  });

  test("what reads the user's own is judged for each by himself; of whom nothing is known, nobody is asked", () => {
    const { index, at } = createStage();
    const rule = ruleOf("stop", { op: "<=", left: { change: "percent", from: "entry" }, right: -5 }, { mode: "on_change", at_start: true });
    for (const uid of ["alice", "bob", "carol"]) index.add(uid, compiled(rule));
    const users = (uid: string): UserView => ({ account: null, position: uid === "carol" ? noPosition : { qty: 1, avgEntry: uid === "alice" ? "100" : "90", peak: "101", openedAtMs: opensAtMs } });
    expect(at(1, 95)).toEqual([]);
    const [firing, ...others] = at(2, 95, [], users);
    expect([firing?.firebaseUid, others]).toEqual(["alice", []]);
    expect(firing?.reading.facts).toEqual({ last: "95", "position avg_entry": "100", "change percent from entry": "-5" });
  });

  test("a rule that was asked about not long ago waits, and asks when its time has come and it still holds", () => {
    const { index, at } = createStage();
    const [slot = -1] = index.add("alice", compiled(ruleOf("a", over100)));
    at(1, 99);
    index.quieten(slot, opensAtMs + 4 * minute);
    expect([at(2, 101), at(3, 101)]).toEqual([[], []]);
    expect(whoFires(at(4, 101))).toEqual(["alice a"]);
    expect(at(5, 101)).toEqual([]);
  });

  test("a firing that came to nothing is taken back and comes again", () => {
    const { index, at } = createStage();
    const [slot = -1] = index.add("alice", compiled(ruleOf("a", over100, { mode: "once" })));
    at(1, 99);
    expect(whoFires(at(2, 101))).toEqual(["alice a"]);
    index.conditions.takeBack(slot);
    expect(whoFires(at(3, 101))).toEqual(["alice a"]);
    expect(at(4, 101)).toEqual([]);
  });

  test("a gate that was kept goes on where it was, in another process", () => {
    const once = compiled(ruleOf("a", over100, { mode: "once", at_start: true }));
    const before = createStage();
    const [slot = -1] = before.index.add("alice", once);
    expect(whoFires(before.at(1, 101))).toEqual(["alice a"]);
    const gate = before.index.conditions.gateOf(slot);
    const after = createStage();
    const [newSlot = -1] = after.index.add("alice", once);
    if (gate !== null) after.index.conditions.restoreGate(newSlot, gate);
    expect(after.at(2, 101)).toEqual([]);
  });

  test("a rule that is put in again unchanged has forgotten nothing; one that was changed begins anew", () => {
    const { index, at } = createStage();
    const crossing = ruleOf("crossing", { op: "crosses_above", left: "last", right: 100 });
    const once = ruleOf("once", over100, { mode: "once", at_start: true });
    const slots = index.add("alice", compiled(crossing, once));
    expect(whoFires(at(1, 101))).toEqual(["alice once"]);
    at(2, 99);
    index.remove(slots);
    const again = index.add("alice", compiled(crossing, once, ruleOf("other", over100)));
    expect(whoFires(at(3, 101, again))).toEqual(["alice crossing"]);
    index.remove(again);
    const changed = index.add("alice", compiled(crossing, ruleOf("once", { op: ">", left: "last", right: 90 }, { mode: "once", at_start: true })));
    expect(whoFires(at(4, 101, changed))).toEqual(["alice once"]);
  });

  test("what nobody watches any more is not kept, and places are given again", () => {
    const { index, at } = createStage();
    const slots = index.add("alice", compiled(ruleOf("a", over100), ruleOf("b", { not: over100 })));
    expect([index.size, [...index.conditions.watched()].length, index.keysOf("us_equity")]).toEqual([2, 1, [key]]);
    index.remove(slots);
    expect(at(1, 101)).toEqual([]);
    expect([index.size, index.conditions.viewOf(key), index.keysOf("us_equity")]).toEqual([0, null, []]);
    expect(index.add("bob", compiled(ruleOf("c", over100)))).toHaveLength(1);
    expect([...index.add("bob", compiled(ruleOf("d", over100), ruleOf("e", over100)))].every((slot) => slot <= 2)).toBe(true);
  });

  test("it says what history the programs of a symbol want together", () => {
    const { index } = createStage();
    index.add("alice", compiled(
      ruleOf("a", { op: "<", left: { indicator: "sma", timeframe: "1Min", length: 20 }, right: "last" }),
      ruleOf("b", { op: "<", left: { indicator: "vwap", timeframe: "1Min" }, right: "last" }),
      ruleOf("c", over100, { mode: "once_per_bar", timeframe: "1Hour" }),
    ));
    expect([...index.conditions.watched()].map(({ symbol, history }) => [symbol, history])).toEqual([
      ["SPY", [{ timeframe: "1Min", bars: 22, wholeDay: true }, { timeframe: "1Hour", bars: 1, wholeDay: false }]],
    ]);
  });
});

test("the order of rules does not matter, nor who comes first, on any day", () => {
  const anyRules = fc.array(fc.record({ uid: fc.constantFrom("alice", "bob"), when: anyNearCondition, at_start: fc.boolean() }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(anyRules, anyMarketDay, (rules, day) => {
      const firingsOf = (order: readonly (typeof rules)[number][]): string[][] => {
        const index = createRuleIndex();
        for (const rule of order) index.add(rule.uid, compiled(ruleOf(`r${rules.indexOf(rule)}`, rule.when, { mode: "on_change", at_start: rule.at_start })));
        return day.minutes.map((_, at) => {
          const view = index.conditions.viewOf(key);
          const user = view === null ? null : live(view, day, at);
          return whoFires(index.evaluate(createFactBook(), sessionsAt(opensAtMs + (at + 1) * minute), new Set([key]), [], () => user).conditionFirings);
        });
      };
      expect(firingsOf(rules.toReversed())).toEqual(firingsOf(rules));
    }),
  );
});

test("what the index skips would have changed nothing: it fires exactly what looking at every rule at every minute fires", () => {
  const anyFire: fc.Arbitrary<Firing> = fc.record({ mode: fc.constantFrom("on_change" as const, "every" as const, "once_per_bar" as const), timeframe: fc.constant("1Min" as const), seconds: fc.constantFrom(60, 180), at_start: fc.boolean() });
  const level = fc.integer({ min: 390, max: 410 }).map((quarters) => quarters / 4);
  const anyLevels: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({ op: fc.constantFrom("<" as const, "<=" as const, ">" as const, ">=" as const), left: fc.constantFrom("last" as const, "mid" as const, { change: "percent" as const, from: "prev_close" as const }), right: level.map((value) => value - 100) }),
    fc.record({ op: fc.constantFrom("<" as const, ">=" as const, "=" as const), left: fc.constantFrom("last" as const, "mid" as const, "bid" as const), right: level }),
    fc.record({ op: fc.constantFrom("between" as const, "outside" as const), value: fc.constantFrom("last" as const, "ask" as const), low: level, high: level }),
  );
  const anyShape = fc.oneof(anyNearCondition, anyLevels, fc.array(anyLevels, { minLength: 1, maxLength: 3 }).map((all) => ({ all })), fc.array(anyLevels, { minLength: 1, maxLength: 3 }).map((any) => ({ any })), fc.tuple(anyLevels, anyNearCondition).map((all) => ({ all })));
  fc.assert(
    fc.property(fc.array(fc.record({ when: anyShape, fire: anyFire }), { minLength: 1, maxLength: 6 }), anyMarketDay, (rules, day) => {
      const index = createRuleIndex();
      index.add("alice", compiled(...rules.map(({ when, fire }, n) => ruleOf(`r${n}`, when, fire))));
      const view = newMarket();
      const each = rules.map(({ when, fire }, n) => {
        const { policy, bind } = compileRuleSource({ when, fire, maxAgeMs: 180_000 });
        const bound = bind(view);
        return { id: `alice r${n}`, policy, bound, memory: bound.createMemory(), gate: newGate(policy) };
      });
      for (const [at] of day.minutes.entries()) {
        const watched = index.conditions.viewOf(key);
        if (watched === null) throw new Error("nobody watches the symbol");
        const user = live(watched, day, at);
        live(view, day, at);
        const expected = each.filter((rule) => {
          rule.bound.look(rule.memory, user);
          const before = rule.gate.firings;
          rule.gate = passGate(rule.policy, rule.gate, rule.bound.gateLook());
          return rule.gate.firings > before;
        });
        const found = index.evaluate(createFactBook(), sessionsAt(view.nowMs), new Set([key]), [], () => user).conditionFirings;
        expect(whoFires(found)).toEqual(expected.map(({ id }) => id).toSorted());
      }
    }),
    { numRuns: 300 },
  );
});
