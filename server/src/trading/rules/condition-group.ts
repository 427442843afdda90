/** One program of one symbol, and everybody who wrote it: looked at once for all, or for each when it reads what is his. */
import { price, type Price } from "../../core/decimal.ts";
import type { MarketKey } from "../market/fact-book.ts";
import type { CompiledCondition } from "./compiled-rule.ts";
import { isSettled, passGate, type GateLook, type GateState } from "./firing-gate.ts";
import type { BoundRule, RuleMemory, RuleProgram } from "./rule-program.ts";
import type { LookOrder, Screened } from "./screen.ts";
import type { SymbolView } from "./symbol-view.ts";
import { no, unknown, yes, type Truth } from "./truth.ts";
import type { UserView } from "./user-view.ts";

/** What a condition was true on. `facts`: what it looked at, decimal text by name. */
export type ConditionReading = { price: Price; priceAsOf: Date; facts: Readonly<Record<string, string>> };

/** A condition of a user that fired. Users who share a program and have nothing of their own in it share the reading. */
export type ConditionFiring = { slot: number; firebaseUid: string; rule: CompiledCondition; reading: ConditionReading };

/** `quiet`: rules that hold but may not fire yet; they wait. */
export type ConditionEvaluation = { firings: ConditionFiring[]; unknown: number; quiet: number };

/** Null: nothing is known of the user, so what asks for it is unknown. */
export type UserViews = (firebaseUid: string, symbol: string) => UserView | null;

/** `before`: the gate before its last firing. `memory`: its own, of a condition that reads what is the user's. */
export type Member = { slot: number; firebaseUid: string; rule: CompiledCondition; group: Group; gate: GateState; before: GateState; memory: RuleMemory | null };
export type Group = {
  key: string;
  market: Market;
  program: RuleProgram;
  bound: BoundRule;
  /** Of `bound`; here because what is far away in memory costs more than the look. */
  judge: BoundRule["judge"];
  members: Map<number, Member>;
  memory: RuleMemory;
  /** In which evaluation it was looked at last. */
  lookedAt: number;
  /** The truths of the last look; `settled` when the same again can change nothing for anybody. */
  truth: Truth;
  rearm: Truth;
  settled: boolean;
  /** What is simple in it; while it `rests`, that alone may say that it needs no look. */
  screen: Screened["screen"];
  rests: boolean;
};

/** `timed`: those that may fire although nothing changed. `order` is made anew when groups come or go. */
export type Market = {
  readonly key: MarketKey;
  readonly feed: CompiledCondition["feed"];
  readonly assetClass: CompiledCondition["assetClass"];
  readonly symbol: string;
  readonly view: SymbolView;
  readonly groups: Map<string, Group>;
  readonly timed: Set<Group>;
  lookedAt: number;
  order: LookOrder<Group> | null;
  priced: Priced | null;
};

/** The last trade as firings tell it: once for all of them. */
type Priced = { written: string | number; asOfMs: number; price: Price; priceAsOf: Date };

export function lookForAll(group: Group, isQuiet: (slot: number) => boolean, evaluation: ConditionEvaluation): void {
  const { bound, program, judge, market } = group;
  const isOpen = market.view.session !== null && market.view.suspension === null;
  const truth = judge !== null && isOpen ? judge() : bound.look(group.memory, null);
  if (truth === unknown) evaluation.unknown += 1;
  group.rests = group.settled && truth === no;
  if (group.settled && truth === group.truth && judge !== null) return;
  const look = bound.gateLook(truth);
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
  group.rests = group.settled && truth === no;
}

export function lookForEach(group: Group, users: UserViews, isQuiet: (slot: number) => boolean, evaluation: ConditionEvaluation): void {
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

/** Only of a rule that fires: its price is known. */
function readingOf({ market, bound }: Group, user: UserView | null): ConditionReading {
  const { text, value, asOfMs } = market.view.fact("last");
  const written = text ?? value;
  if (market.priced?.written !== written || market.priced.asOfMs !== asOfMs) market.priced = { written, asOfMs, price: price(written), priceAsOf: new Date(asOfMs) };
  return { price: market.priced.price, priceAsOf: market.priced.priceAsOf, facts: bound.facts(user) };
}

