import { bandMoves, crossings, type Condition, type Firing } from "@nod/contract/rule-language";
import type { BarFrame } from "./bar-frame.ts";
import { policyOf, type FiringPolicy, type GateLook } from "./firing-gate.ts";
import { needsOf, type ProgramNeeds } from "./needs.ts";
import { compileCondition, type BoundProgram } from "./program.ts";
import { screenOf, type Screen } from "./screen.ts";
import { readFact, type SymbolView } from "./symbol-view.ts";
import { unknown, yes, type Truth } from "./truth.ts";
import type { UserView } from "./user-view.ts";

/** A rule in its long form, whatever it was written as. `maxAgeMs` is its largest staleness. */
export type RuleSource = { readonly when: Condition; readonly fire: Firing; readonly maxAgeMs: number };

/** A rule's condition, what arms it again, and when it fires. Nothing of a user is in it. */
export type RuleProgram = {
  readonly policy: FiringPolicy;
  readonly needs: ProgramNeeds;
  /** Time alone may make it true, and not only let it fire. */
  readonly timeTurns: boolean;
  /** What of its condition is simple, for skipping looks; null when it remembers, reads what is the user's, or arms again by a condition. */
  readonly screen: Screen | null;
  bind(view: SymbolView): BoundRule;
};

/**
 * A rule tied to one symbol. A look is one call of `look`, followed by `gateLook` for each gate (user) that it is for:
 *
 *   bound.look(memory, user);
 *   const next = passGate(program.policy, gate, bound.gateLook());
 *   const fires = next.firings > gate.firings;              // then keep `next`
 */
export type BoundRule = {
  createMemory(): RuleMemory;
  look(memory: RuleMemory, user: UserView | null): Truth;
  /** The truth in one step, where a rule allows it: see `BoundProgram.judge`. `gateLook` is to be told of it. */
  readonly judge: (() => Truth) | null;
  /** Of the look made last; the object is the same each time and holds until the next look. */
  gateLook(truth?: Truth): Readonly<GateLook>;
  why(memory: RuleMemory, user: UserView | null): string | null;
  facts(user: UserView | null): Record<string, string>;
};

export type RuleMemory = { when: Float64Array; rearm: Float64Array };

const hourMs = 3_600_000;

export function compileRuleSource({ when, fire, maxAgeMs }: RuleSource): RuleProgram {
  const policy = policyOf(fire);
  const condition = compileCondition(when, { maxAgeMs });
  const rearm = fire.rearm === undefined ? null : compileCondition(fire.rearm, { maxAgeMs });
  const needs = needsOf(fire.rearm === undefined ? [when] : [when, fire.rearm]);
  return {
    policy,
    needs: withFiringNeeds(needs, policy),
    timeTurns: needs.time,
    screen: rearm === null && !needs.user && !remembers(when) ? screenOf(when) : null,
    bind: (view) => bindRule({ view, policy, maxAgeMs, when: condition.bind(view), rearm: rearm?.bind(view) ?? null }),
  };
}

function remembers(condition: Condition): boolean {
  if ("all" in condition) return condition.all.some(remembers);
  if ("any" in condition) return condition.any.some(remembers);
  if ("not" in condition) return remembers(condition.not);
  return !("op" in condition) || remembering.has(condition.op);
}

const remembering: ReadonlySet<string> = new Set([...crossings, ...bandMoves]);

/** A firing names the price that it was at, and `once_per_bar` the bar. */
function withFiringNeeds(needs: ProgramNeeds, { timeframe, mode, everyMs, session, expiresAtMs }: FiringPolicy): ProgramNeeds {
  const known = timeframe === null || needs.history.some((need) => need.timeframe === timeframe);
  return {
    ...needs,
    facts: [...new Set([...needs.facts, "last" as const])],
    history: known ? needs.history : [...needs.history, { timeframe, bars: 1, wholeDay: false }],
    time: needs.time || (mode === "every" && everyMs > 0) || mode === "once_per_day" || session !== "regular" || Number.isFinite(expiresAtMs),
  };
}

type Parts = { view: SymbolView; policy: FiringPolicy; maxAgeMs: number; when: BoundProgram; rearm: BoundProgram | null };

function bindRule({ view, policy, maxAgeMs, when, rearm }: Parts): BoundRule {
  const frame = policy.timeframe === null ? null : view.frame(policy.timeframe);
  const last = view.fact("last");
  const found: GateLook = { truth: unknown, rearm: unknown, atMs: 0, periodMs: 0, mayFire: false };
  return {
    createMemory: () => ({ when: when.createMemory(), rearm: rearm?.createMemory() ?? new Float64Array(0) }),
    look(memory, user) {
      found.truth = when.look(memory.when, user);
      if (rearm !== null) found.rearm = rearm.look(memory.rearm, user);
      return found.truth;
    },
    judge: rearm === null ? when.judge : null,
    gateLook(truth = found.truth) {
      found.truth = truth;
      found.mayFire = false;
      // Only what is true can fire, and most looks find that it is not.
      if (found.truth !== yes) return found;
      found.atMs = view.nowMs;
      found.periodMs = periodOf(policy, view, frame);
      found.mayFire = isInWindow(policy, view) && view.nowMs < policy.expiresAtMs && !Number.isNaN(readFact(view, last, maxAgeMs));
      return found;
    },
    why: (memory, user) => when.why(memory.when, user),
    facts: (user) => when.facts(user),
  };
}

const noBarYetMs = -1;

function periodOf({ mode }: FiringPolicy, view: SymbolView, frame: BarFrame | null): number {
  if (mode === "once_per_day") return view.dayStartsAtMs;
  if (mode !== "once_per_bar" || frame === null) return 0;
  return Number.isNaN(frame.lastStartsAtMs) ? noBarYetMs : frame.lastStartsAtMs;
}

/** At the instant of the close the session is over. */
function isInWindow({ session: window }: FiringPolicy, { session, nowMs }: SymbolView): boolean {
  if (session === null || nowMs < session.opensAtMs || nowMs >= session.closesAtMs) return false;
  if (window === "first_hour") return nowMs < session.opensAtMs + hourMs;
  return window !== "last_hour" || nowMs >= session.closesAtMs - hourMs;
}
