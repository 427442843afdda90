import type { AssetClass } from "@nod/contract/primitives";
import type { ReferenceMetric, ReferenceRule } from "@nod/contract/trading-config";
import { ruleAt, type CompiledConfig, type CompiledRule, type RuleFrame } from "./compiled-rule.ts";
import type { ConditionFiring, UserViews } from "./condition-group.ts";
import { createConditionIndex, type ConditionIndex } from "./condition-index.ts";
import { marketKey, type FactBook, type MarketKey, type Reading } from "../market/fact-book.ts";
import type { MarketSessions } from "../market/session-table.ts";
import { createThresholdLadder, type Direction, type ThresholdLadder } from "./threshold-ladder.ts";

/** A rule of a user that turned true, with the facts that made it true. `slot` is its place in the index until his config changes. */
export type Firing = { slot: number; firebaseUid: string; rule: CompiledRule; reading: Reading };

/**
 * What an evaluation found: by threshold and by condition. `stale` and `quiet` rules held but did not fire: price too old, or
 * asked not long ago.
 */
export type Evaluation = { firings: Firing[]; conditionFirings: ConditionFiring[]; markets: number; unknown: number; stale: number; quiet: number };

type WhatToEvaluate = [book: FactBook, sessions: MarketSessions, changed: ReadonlySet<MarketKey>, fresh: Iterable<number>, users?: UserViews];

/** Rules that are looked at in one stretch: some ten milliseconds where all of them fire. */
const stretch = 5_000;

/** Every user's compiled rules, found by what they watch. Synchronous and without a clock: time comes in with the sessions. */
export type RuleIndex = {
  /** @returns the slots that the rules now have: those in ladders first, in the order of their frames, and then the conditions */
  add(firebaseUid: string, config: CompiledConfig): readonly number[];
  remove(slots: readonly number[]): void;
  /**
   * Evaluates the rules of the changed symbols, and each of the `fresh` slots. Missing, stale, other-day or closed-market facts
   * are unknown, and unknown never fires.
   */
  evaluate(...what: WhatToEvaluate): Evaluation;
  /** The same in stretches, between which others may have their turn. Until it is done, rules are neither added nor removed and facts do not change. */
  evaluateInStretches(...what: WhatToEvaluate): Generator<undefined, Evaluation, undefined>;
  /** The symbols that conditions watch: whoever evaluates feeds their views first. */
  readonly conditions: Omit<ConditionIndex, "add" | "remove" | "evaluate">;
  /** Until then (milliseconds of the database's clock) the rule need not be looked at; the database decides all the same. */
  quieten(slot: number, untilMs: number): void;
  keysOf(assetClass: AssetClass): MarketKey[];
  readonly size: number;
};

type Market = { key: MarketKey; assetClass: AssetClass; steps: Map<string, Step> };
type Step = { market: Market; reference: ReferenceMetric; direction: Direction; ladder: ThresholdLadder };

const nobodyKnown: UserViews = () => null;

const directionOf: Record<ReferenceRule["type"], Direction> = { price_below_pct_of_ref: "below", price_above_pct_of_ref: "above" };

export function createRuleIndex(): RuleIndex {
  const markets = new Map<MarketKey, Market>();
  // Users share lists of frames.
  const stepsOfFrames = new WeakMap<readonly RuleFrame[], readonly Step[]>();
  // By slot: whose rule it is, in which config, at which place. Columns take half of what an object for each slot would.
  const owners: (string | undefined)[] = [];
  const configAt: (CompiledConfig | undefined)[] = [];
  let placeAt = new Uint16Array(1_024);
  let quietUntilMs = new Float64Array(1_024);
  const freeSlots: number[] = [];
  const conditions = createConditionIndex();
  let size = 0;

  const release = (slot: number): void => {
    freeSlots.push(slot);
  };
  const takeSlot = (): number => {
    const slot = freeSlots.pop() ?? owners.push(undefined) - 1;
    if (slot >= quietUntilMs.length) {
      const [places, times] = [new Uint16Array(placeAt.length * 2), new Float64Array(quietUntilMs.length * 2)];
      places.set(placeAt);
      times.set(quietUntilMs);
      [placeAt, quietUntilMs] = [places, times];
    }
    quietUntilMs[slot] = 0;
    return slot;
  };
  const marketOf = ({ feed, assetClass, rule }: RuleFrame): Market => {
    const key = marketKey({ feed, assetClass, symbol: rule.symbol });
    const market = markets.get(key) ?? { key, assetClass, steps: new Map<string, Step>() };
    markets.set(key, market);
    return market;
  };
  const stepOf = (frame: RuleFrame): Step => {
    const market = marketOf(frame);
    const { ref_metric: reference, type } = frame.rule;
    const name = `${reference} ${type}`;
    const step = market.steps.get(name) ?? { market, reference, direction: directionOf[type], ladder: createThresholdLadder(directionOf[type], release) };
    market.steps.set(name, step);
    return step;
  };
  const stepsOf = (frames: readonly RuleFrame[]): readonly Step[] => {
    const known = stepsOfFrames.get(frames);
    if (known !== undefined) return known;
    const steps = frames.map(stepOf);
    stepsOfFrames.set(frames, steps);
    return steps;
  };
  /** Null: the slot is free, or a condition's. */
  const stepAt = (slot: number): Step | null => {
    const config = configAt[slot];
    return config === undefined ? null : (stepsOf(config.frames)[placeAt[slot] ?? 0] ?? null);
  };

  function* evaluateInStretches(...[book, sessions, changed, fresh, users = nobodyKnown]: WhatToEvaluate): Generator<undefined, Evaluation, undefined> {
    const nowMs = sessions.now.getTime();
    const evaluation: Evaluation = { firings: [], conditionFirings: [], markets: 0, unknown: 0, stale: 0, quiet: 0 };
    const consider = (slot: number, reading: Reading): void => {
      if ((quietUntilMs[slot] ?? 0) > nowMs) {
        evaluation.quiet += 1;
        return;
      }
      const [config, firebaseUid] = [configAt[slot], owners[slot]];
      const rule = config === undefined ? null : ruleAt(config, placeAt[slot] ?? 0);
      if (rule === null || firebaseUid === undefined) return;
      if (nowMs - reading.priceAsOf.getTime() > rule.maxStalenessMs) evaluation.stale += 1;
      else evaluation.firings.push({ slot, firebaseUid, rule, reading });
    };
    const read = readOnce(book, sessions);
    let looked = 0;

    for (const key of changed) {
      const market = markets.get(key);
      if (market === undefined) continue;
      evaluation.markets += 1;
      for (const { reference, direction, ladder } of market.steps.values()) {
        const reading = read(market, reference);
        if (reading === null) {
          evaluation.unknown += 1;
          continue;
        }
        for (const slot of ladder.reached(direction === "below" ? reading.pctCeiling : reading.pctFloor)) {
          consider(slot, reading);
          looked += 1;
          if (looked % stretch === 0) yield;
        }
      }
    }
    for (const slot of fresh) {
      const step = stepAt(slot);
      if (step === null || changed.has(step.market.key)) continue;
      const reading = read(step.market, step.reference);
      if (reading === null) evaluation.unknown += 1;
      else if (isReached(configAt[slot]?.thresholds[placeAt[slot] ?? 0] ?? Number.NaN, step, reading)) consider(slot, reading);
      looked += 1;
      if (looked % stretch === 0) yield;
    }
    const found = conditions.evaluate(nowMs, changed, fresh, users, (slot) => (quietUntilMs[slot] ?? 0) > nowMs);
    return { ...evaluation, conditionFirings: found.firings, unknown: evaluation.unknown + found.unknown, quiet: evaluation.quiet + found.quiet };
  }

  return {
    add(firebaseUid, config) {
      const { thresholds } = config;
      const ladders = stepsOf(config.frames).map(({ ladder }, place) => {
        const slot = takeSlot();
        owners[slot] = firebaseUid;
        configAt[slot] = config;
        placeAt[slot] = place;
        ladder.add(slot, thresholds[place] ?? Number.NaN);
        return slot;
      });
      size += ladders.length;
      const others = config.conditions.map((rule) => {
        const slot = takeSlot();
        conditions.add(slot, firebaseUid, marketKey({ feed: rule.feed, assetClass: rule.assetClass, symbol: rule.rule.symbol }), rule);
        size += 1;
        return slot;
      });
      return others.length === 0 ? ladders : [...ladders, ...others];
    },
    remove(slots) {
      for (const slot of slots) {
        if (conditions.remove(slot)) {
          size -= 1;
          release(slot);
          continue;
        }
        const step = stepAt(slot);
        if (step === null) continue;
        step.ladder.remove(slot);
        size -= 1;
        owners[slot] = undefined;
        configAt[slot] = undefined;
      }
    },
    evaluate(...what) {
      const stretches = evaluateInStretches(...what);
      for (;;) {
        const { done, value } = stretches.next();
        if (done === true) return value;
      }
    },
    evaluateInStretches,
    quieten(slot, untilMs) {
      if (slot < quietUntilMs.length) quietUntilMs[slot] = untilMs;
    },
    keysOf(assetClass) {
      const watched = [...markets.values(), ...conditions.watched()].filter((market) => market.assetClass === assetClass);
      return [...new Set(watched.map((market) => market.key))];
    },
    conditions,
    get size() {
      return size;
    },
  };
}

function isReached(thresholdNanos: number, { direction }: Step, reading: Reading): boolean {
  return direction === "below" ? thresholdNanos >= reading.pctCeiling : thresholdNanos <= reading.pctFloor;
}

/** Each (symbol, reference) is worked out once an evaluation, however many rules ask. */
function readOnce(book: FactBook, sessions: MarketSessions): (market: Market, reference: ReferenceMetric) => Reading | null {
  const readings = new Map<string, Reading | null>();
  return (market, reference) => {
    const name = `${market.key} ${reference}`;
    const known = readings.get(name);
    if (known !== undefined) return known;
    const reading = book.read(market.key, market.assetClass, reference, sessions);
    readings.set(name, reading);
    return reading;
  };
}
