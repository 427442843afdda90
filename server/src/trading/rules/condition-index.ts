/** The rules that are evaluated in their long form, of all users: one program for all who wrote the same, one gate for each. */
import { price, type Price } from "../../core/decimal.ts";
import type { MarketKey } from "../market/fact-book.ts";
import type { CompiledCondition } from "./compiled-rule.ts";
import { isSettled, newGate, passGate, type GateLook, type GateState } from "./firing-gate.ts";
import { compileRuleSource, type BoundRule, type RuleMemory, type RuleProgram } from "./rule-program.ts";
import type { HistoryNeed } from "./bar-frame.ts";
import { createSymbolView, type SymbolView } from "./symbol-view.ts";
import { unknown, yes, type Truth } from "./truth.ts";
import type { UserView } from "./user-view.ts";

/** What a condition was true on. `facts`: what it looked at, decimal text by name. */
export type ConditionReading = { price: Price; priceAsOf: Date; facts: Readonly<Record<string, string>> };

/** A condition of a user that fired. Users who share a program and have nothing of their own in it share the reading. */
export type ConditionFiring = { slot: number; firebaseUid: string; rule: CompiledCondition; reading: ConditionReading };

/** `quiet`: rules that hold but may not fire yet; they wait. */
export type ConditionEvaluation = { firings: ConditionFiring[]; unknown: number; quiet: number };

/** What somebody's conditions want to know of a symbol. */
export type WatchedSymbol = { key: MarketKey; feed: CompiledCondition["feed"]; assetClass: CompiledCondition["assetClass"]; symbol: string; view: SymbolView; history: HistoryNeed[] };

/** Null: nothing is known of the user, so what asks for it is unknown. */
export type UserViews = (firebaseUid: string, symbol: string) => UserView | null;

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

/** `before`: the gate before its last firing. `memory`: its own, of a condition that reads what is the user's. */
type Member = { slot: number; firebaseUid: string; rule: CompiledCondition; group: Group; gate: GateState; before: GateState; memory: RuleMemory | null };
type Group = {
  key: string;
  market: Market;
  program: RuleProgram;
  bound: BoundRule;
  members: Map<number, Member>;
  memory: RuleMemory;
  /** In which evaluation it was looked at last. */
  lookedAt: number;
  /** The truths of the last look; `settled` when the same again can change nothing for anybody. */
  truth: Truth;
  rearm: Truth;
  settled: boolean;
};
type Market = Omit<WatchedSymbol, "history"> & { groups: Map<string, Group> };

export function createConditionIndex(): ConditionIndex {
  const markets = new Map<MarketKey, Market>();
  const members = new Map<number, Member>();
  const timed = new Set<Group>();
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
    timed.delete(group);
    group.market.groups.delete(group.key);
    if (group.market.groups.size === 0) markets.delete(group.market.key);
  };

  const groupOf = (market: Market, rule: CompiledCondition): Group => {
    const known = market.groups.get(rule.key);
    if (known !== undefined) return known;
    const program = compileRuleSource(rule.source);
    const bound = program.bind(market.view);
    const group: Group = { key: rule.key, market, program, bound, members: new Map(), memory: bound.createMemory(), lookedAt: 0, truth: unknown, rearm: unknown, settled: false };
    market.groups.set(rule.key, group);
    if (program.needs.time) timed.add(group);
    return group;
  };

  return {
    add(slot, firebaseUid, key, rule) {
      const market = markets.get(key) ?? { key, feed: rule.feed, assetClass: rule.assetClass, symbol: rule.rule.symbol, view: createSymbolView(), groups: new Map<string, Group>() };
      markets.set(key, market);
      const group = groupOf(market, rule);
      const known = departed.get(nameOf(firebaseUid, rule));
      const gate = known?.gate ?? newGate(group.program.policy);
      const memory = group.program.needs.user ? (known?.memory ?? group.bound.createMemory()) : null;
      const member: Member = { slot, firebaseUid, rule, group, gate, before: known?.before ?? gate, memory };
      group.members.set(slot, member);
      group.settled = false;
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
      for (const key of changed) for (const group of markets.get(key)?.groups.values() ?? []) look(group);
      for (const group of timed) look(group);
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
      member.group.settled = false;
    },
    takeBack(slot) {
      const member = members.get(slot);
      if (member === undefined) return;
      member.gate = member.before;
      member.group.settled = false;
    },
    whyOf(slot, users) {
      const member = members.get(slot);
      if (member === undefined) return null;
      const { group, memory, firebaseUid, rule } = member;
      return memory === null ? group.bound.why(group.memory, null) : group.bound.why(memory, users(firebaseUid, rule.rule.symbol));
    },
  };
}

function lookForAll(group: Group, isQuiet: (slot: number) => boolean, evaluation: ConditionEvaluation): void {
  const { bound, program } = group;
  const truth = bound.look(group.memory, null);
  const look = bound.gateLook();
  if (truth === unknown) evaluation.unknown += 1;
  if (group.settled && truth === group.truth && look.rearm === group.rearm) return;
  group.truth = truth;
  group.rearm = look.rearm;
  group.settled = isSettled(program.policy, truth);
  let reading: ConditionReading | null = null;
  for (const member of group.members.values()) {
    const passed = pass(member, look, isQuiet);
    if (passed === "fires") fire(member, (reading ??= readingOf(group, null)), evaluation);
    else if (passed === "waits") {
      evaluation.quiet += 1;
      group.settled = false;
    }
  }
}

function lookForEach(group: Group, users: UserViews, isQuiet: (slot: number) => boolean, evaluation: ConditionEvaluation): void {
  for (const member of group.members.values()) {
    const user = users(member.firebaseUid, group.market.symbol);
    if (group.bound.look(member.memory ?? group.memory, user) === unknown) evaluation.unknown += 1;
    const passed = pass(member, group.bound.gateLook(), isQuiet);
    if (passed === "fires") fire(member, readingOf(group, user), evaluation);
    else if (passed === "waits") evaluation.quiet += 1;
  }
}

/** `waits`: it holds and may not fire yet. */
function pass(member: Member, look: Readonly<GateLook>, isQuiet: (slot: number) => boolean): "fires" | "waits" | "passes" {
  const mayFire = look.mayFire && !isQuiet(member.slot);
  const before = member.gate;
  member.gate = passGate(member.group.program.policy, before, mayFire === look.mayFire ? look : { ...look, mayFire });
  if (member.gate.firings > before.firings) {
    member.before = before;
    return "fires";
  }
  return look.truth === yes && !mayFire ? "waits" : "passes";
}

function fire({ slot, firebaseUid, rule }: Member, reading: ConditionReading, evaluation: ConditionEvaluation): void {
  evaluation.firings.push({ slot, firebaseUid, rule, reading });
}

/** The same rule of the same user; a changed one has another name. */
const nameOf = (firebaseUid: string, { rule, key }: CompiledCondition): string => `${firebaseUid} ${rule.id} ${key}`;

/** Only of a rule that fires: its price is known. */
function readingOf({ market: { view }, bound }: Group, user: UserView | null): ConditionReading {
  const { written, asOfMs } = view.fact("last");
  return { price: price(written), priceAsOf: new Date(asOfMs), facts: bound.facts(user) };
}

/** By timeframe the most that any of them asks for. */
function mostOf(needs: readonly HistoryNeed[]): HistoryNeed[] {
  const most = new Map<HistoryNeed["timeframe"], HistoryNeed>();
  for (const { timeframe, bars, wholeDay } of needs) {
    const known = most.get(timeframe);
    most.set(timeframe, { timeframe, bars: Math.max(bars, known?.bars ?? 0), wholeDay: wholeDay || known?.wholeDay === true });
  }
  return [...most.values()];
}
