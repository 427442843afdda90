import type { Firing, Timeframe } from "@nod/contract/rule-language";
import { no, unknown, yes, type Truth } from "./truth.ts";

/** When a truth becomes a firing; a rule's `fire` worked out. */
export type FiringPolicy = {
  readonly mode: Firing["mode"];
  /** Of `once_per_bar`. */
  readonly timeframe: Timeframe | null;
  /** Of `every`; 0 is each look. */
  readonly everyMs: number;
  readonly hasRearm: boolean;
  readonly atStart: boolean;
  readonly expiresAtMs: number;
  readonly session: "regular" | "first_hour" | "last_hour";
};

/** What a rule of one user has done so far: plain values, to be kept wherever a restart must not make it begin anew. */
export type GateState = {
  /** It was not true since it was switched on, or since it fired: what turns true may fire. */
  readonly ready: boolean;
  /** Its `rearm` was true since it fired. */
  readonly rearmed: boolean;
  readonly firings: number;
  readonly firedAtMs: number | null;
  /** The start of the bar or day in which it fired last. */
  readonly firedPeriodMs: number | null;
};

/** One look at a rule, as a gate sees it. */
export type GateLook = {
  truth: Truth;
  rearm: Truth;
  atMs: number;
  /** The start of the bar (`once_per_bar`) or trading day that it is. */
  periodMs: number;
  /** Whether the rule may fire at all now: the session, its expiry, a price that is fresh. What may not waits, and is not spent. */
  mayFire: boolean;
};

export function policyOf(fire: Firing): FiringPolicy {
  return {
    mode: fire.mode,
    timeframe: fire.timeframe ?? null,
    everyMs: (fire.seconds ?? 0) * 1_000,
    hasRearm: fire.rearm !== undefined,
    atStart: fire.at_start ?? false,
    expiresAtMs: fire.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(fire.expires_at),
    session: fire.session ?? "regular",
  };
}

export function newGate(policy: FiringPolicy): GateState {
  return { ready: policy.atStart, rearmed: false, firings: 0, firedAtMs: null, firedPeriodMs: null };
}

/** What becomes of a gate at one look. It fired exactly when `firings` has grown; when nothing changed it is the same object. */
export function passGate(policy: FiringPolicy, state: GateState, look: GateLook): GateState {
  if (look.truth !== yes && state.ready && !policy.hasRearm) return state;
  if (look.truth === yes && look.mayFire && isOpen(policy, state, look)) {
    return { ready: policy.mode !== "on_change", rearmed: false, firings: state.firings + 1, firedAtMs: look.atMs, firedPeriodMs: look.periodMs };
  }
  const ready = state.ready || look.truth === no;
  const rearmed = state.rearmed || (policy.hasRearm && look.rearm === yes && state.firings > 0);
  return ready === state.ready && rearmed === state.rearmed ? state : { ...state, ready, rearmed };
}

function isOpen(policy: FiringPolicy, state: GateState, look: GateLook): boolean {
  if (!state.ready) return false;
  if (state.firings === 0) return true;
  if (policy.hasRearm && !state.rearmed) return false;
  switch (policy.mode) {
    case "once":
      return false;
    case "once_per_bar":
    case "once_per_day":
      return look.periodMs !== state.firedPeriodMs;
    case "every":
      return state.firedAtMs === null || look.atMs - state.firedAtMs >= policy.everyMs;
    case "on_change":
      return true;
  }
}

/** Whether a look can change nothing for a gate that saw the same truths before, held nothing back, and does not count time. */
export function isSettled(policy: FiringPolicy, truth: Truth): boolean {
  return truth === unknown || truth === no || policy.mode === "on_change" || policy.mode === "once";
}
