/** The rules that are evaluated in their long form, of all users: one program for all who wrote the same, one gate for each. */
import type { MarketKey } from "../market/fact-book.ts";
import type { HistoryNeed } from "./bar-frame.ts";
import type { CompiledCondition } from "./compiled-rule.ts";
import { lookForAll, lookForEach, type ConditionEvaluation, type Group, type Market, type Member, type UserViews } from "./condition-group.ts";
import { newGate, type GateState } from "./firing-gate.ts";
import { compileRuleSource } from "./rule-program.ts";
import { createLookOrder } from "./screen.ts";
import { createSymbolView, type SymbolView } from "./symbol-view.ts";
import { unknown, yes } from "./truth.ts";

/** What somebody's conditions want to know of a symbol. */
export type WatchedSymbol = { key: MarketKey; feed: CompiledCondition["feed"]; assetClass: CompiledCondition["assetClass"]; symbol: string; view: SymbolView; history: HistoryNeed[] };

export type ConditionIndex = {
  add(slot: number, firebaseUid: string, key: MarketKey, rule: CompiledCondition): void;
  /** @returns false when the slot is none of its own */
  remove(slot: number): boolean;
  /** Looks at the conditions of the changed symbols, at the fresh ones, and at those that time alone may turn. */
  evaluate(nowMs: number, changed: ReadonlySet<MarketKey>, fresh: Iterable<number>, users: UserViews, isQuiet: (slot: number) => boolean): ConditionEvaluation;
  /** Each symbol that a condition watches, with the view that is to be fed. */
  watched(): IterableIterator<WatchedSymbol>;
  viewOf(key: MarketKey): SymbolView | null;
  /** Whose rule it is; null when the slot is none of a condition. */
  ownerOf(slot: number): { firebaseUid: string; rule: CompiledCondition } | null;
  /** Everybody whose condition reads what is his, once for each of them. */
  readers(): IterableIterator<{ firebaseUid: string; rule: CompiledCondition }>;
  /** What a rule has done so far, to be kept beyond this process; null when the slot is none of a condition. */
  gateOf(slot: number): GateState | null;
  /** Goes on where an earlier process left off. */
  restoreGate(slot: number, gate: GateState): void;
  /** The firing came to nothing: as if it had not been. */
  takeBack(slot: number): void;
  /** Why the condition's last look was unknown; null when it was not. */
  whyOf(slot: number, users: UserViews): string | null;
};

const noMemory = new Float64Array(0);

export function createConditionIndex(): ConditionIndex {
  const markets = new Map<MarketKey, Market>();
  const members = new Map<number, Member>();
  // Whoever changes one rule takes all of his out and puts them in again: until the next evaluation nothing of them is forgotten.
  const departed = new Map<string, Member>();
  const emptied = new Set<Group>();
  let evaluations = 0;

  const forget = (): void => {
    departed.clear();
    for (const group of emptied) if (group.members.size === 0) drop(group);
    emptied.clear();
  };
  const drop = (group: Group): void => {
    group.market.timed.delete(group);
    group.market.order = null;
    group.market.groups.delete(group.key);
    if (group.market.groups.size === 0) markets.delete(group.market.key);
  };

  /** Whatever was found of it before: it is to be looked at. */
  const reset = (group: Group): void => {
    group.settled = false;
    group.market.order = null;
  };

  const groupOf = (market: Market, rule: CompiledCondition): Group => {
    const known = market.groups.get(rule.key);
    if (known !== undefined) return known;
    const program = compileRuleSource(rule.source);
    const bound = program.bind(market.view);
    const screen = program.screen === null ? null : { of: program.screen, look: { view: market.view, maxAgeMs: rule.source.maxAgeMs, user: null, memory: noMemory } };
    const group: Group = { key: rule.key, market, program, bound, judge: bound.judge, members: new Map(), memory: bound.createMemory(), screen, lookedAt: 0, truth: unknown, rearm: unknown, settled: false, rests: false };
    market.groups.set(rule.key, group);
    market.order = null;
    if (program.needs.time) market.timed.add(group);
    return group;
  };

  return {
    add(slot, firebaseUid, key, rule) {
      const market = markets.get(key) ?? { key, feed: rule.feed, assetClass: rule.assetClass, symbol: rule.rule.symbol, view: createSymbolView(), groups: new Map<string, Group>(), timed: new Set<Group>(), lookedAt: 0, order: null, priced: null };
      markets.set(key, market);
      const group = groupOf(market, rule);
      const known = departed.get(nameOf(firebaseUid, rule));
      const gate = known?.gate ?? newGate(group.program.policy);
      const memory = group.program.needs.user ? (known?.memory ?? group.bound.createMemory()) : null;
      const member: Member = { slot, firebaseUid, rule, group, gate, before: known?.before ?? gate, memory };
      group.members.set(slot, member);
      reset(group);
      members.set(slot, member);
    },
    remove(slot) {
      const member = members.get(slot);
      if (member === undefined) return false;
      members.delete(slot);
      member.group.members.delete(slot);
      departed.set(nameOf(member.firebaseUid, member.rule), member);
      if (member.group.members.size === 0) emptied.add(member.group);
      return true;
    },
    evaluate(nowMs, changed, fresh, users, isQuiet) {
      forget();
      const evaluation: ConditionEvaluation = { firings: [], unknown: 0, quiet: 0 };
      evaluations += 1;
      const look = (group: Group): void => {
        // Whether it changed, is fresh and is a matter of time: it is looked at once.
        if (group.lookedAt === evaluations) return;
        group.lookedAt = evaluations;
        group.market.view.setTime(nowMs);
        if (group.program.needs.user) lookForEach(group, users, isQuiet, evaluation);
        else lookForAll(group, isQuiet, evaluation);
      };
      for (const key of changed) {
        const market = markets.get(key);
        if (market === undefined) continue;
        const { view } = market;
        market.lookedAt = evaluations;
        view.setTime(nowMs);
        market.order ??= createLookOrder(market.groups.values());
        market.order.visitDue(view.session === null || view.suspension !== null, look);
      }
      for (const market of markets.values()) {
        if (market.lookedAt === evaluations) continue;
        for (const group of market.timed) if (group.program.timeTurns || group.program.needs.user || group.truth === yes) look(group);
      }
      for (const slot of fresh) {
        const group = members.get(slot)?.group;
        if (group !== undefined) look(group);
      }
      return evaluation;
    },
    *watched() {
      for (const { key, feed, assetClass, symbol, view, groups } of markets.values()) {
        yield { key, feed, assetClass, symbol, view, history: mostOf([...groups.values()].flatMap((group) => group.program.needs.history)) };
      }
    },
    viewOf: (key) => markets.get(key)?.view ?? null,
    ownerOf: (slot) => members.get(slot) ?? null,
    *readers() {
      for (const { groups } of markets.values()) for (const group of groups.values()) if (group.program.needs.user) yield* group.members.values();
    },
    gateOf: (slot) => members.get(slot)?.gate ?? null,
    restoreGate(slot, gate) {
      const member = members.get(slot);
      if (member === undefined) return;
      member.gate = gate;
      member.before = gate;
      reset(member.group);
    },
    takeBack(slot) {
      const member = members.get(slot);
      if (member === undefined) return;
      member.gate = member.before;
      reset(member.group);
    },
    whyOf(slot, users) {
      const member = members.get(slot);
      if (member === undefined) return null;
      const { group, memory, firebaseUid, rule } = member;
      return memory === null ? group.bound.why(group.memory, null) : group.bound.why(memory, users(firebaseUid, rule.rule.symbol));
    },
  };
}

/** The same rule of the same user; a changed one has another name. */
const nameOf = (firebaseUid: string, { rule, key }: CompiledCondition): string => `${firebaseUid} ${rule.id} ${key}`;

/** By timeframe the most that any of them asks for. */
function mostOf(needs: readonly HistoryNeed[]): HistoryNeed[] {
  const most = new Map<HistoryNeed["timeframe"], HistoryNeed>();
  for (const { timeframe, bars, wholeDay } of needs) {
    const known = most.get(timeframe);
    most.set(timeframe, { timeframe, bars: Math.max(bars, known?.bars ?? 0), wholeDay: wholeDay || known?.wholeDay === true });
  }
  return [...most.values()];
}
