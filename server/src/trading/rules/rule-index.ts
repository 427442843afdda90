import type { AssetClass } from "@nod/contract/primitives";
import type { ReferenceMetric, ReferenceRule } from "@nod/contract/trading-config";
import type { CompiledConfig, CompiledRule } from "./compiled-rule.ts";
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

/** Every user's compiled rules, found by what they watch. Synchronous and without a clock: time comes in with the sessions. */
export type RuleIndex = {
  /** @returns the slots that the rules now have */
  add(firebaseUid: string, config: CompiledConfig): readonly number[];
  remove(slots: readonly number[]): void;
  /**
   * Evaluates the rules of the changed symbols, and each of the `fresh` slots. Missing, stale, other-day or closed-market facts
   * are unknown, and unknown never fires.
   */
  evaluate(book: FactBook, sessions: MarketSessions, changed: ReadonlySet<MarketKey>, fresh: Iterable<number>, users?: UserViews): Evaluation;
  /** The symbols that conditions watch: whoever evaluates feeds their views first. */
  readonly conditions: Omit<ConditionIndex, "add" | "remove" | "evaluate">;
  /** Until then (milliseconds of the database's clock) the rule need not be looked at; the database decides all the same. */
  quieten(slot: number, untilMs: number): void;
  keysOf(assetClass: AssetClass): MarketKey[];
  readonly size: number;
};

type Step = { reference: ReferenceMetric; direction: Direction; ladder: ThresholdLadder };
type Market = { key: MarketKey; assetClass: AssetClass; steps: Map<string, Step> };
/** `place` ends the search for a slot's ladder at its removal. */
type Entry = { firebaseUid: string; rule: CompiledRule; market: Market; ladder: ThresholdLadder };

const nobodyKnown: UserViews = () => null;

const directionOf: Record<ReferenceRule["type"], Direction> = { price_below_pct_of_ref: "below", price_above_pct_of_ref: "above" };

export function createRuleIndex(): RuleIndex {
  const markets = new Map<MarketKey, Market>();
  const entries: (Entry | undefined)[] = [];
  const freeSlots: number[] = [];
  let quietUntilMs = new Float64Array(1_024);
  const conditions = createConditionIndex();
  let size = 0;

  const release = (slot: number): void => {
    freeSlots.push(slot);
  };
  const takeSlot = (): number => {
    const slot = freeSlots.pop() ?? entries.push(undefined) - 1;
    if (slot >= quietUntilMs.length) {
      const larger = new Float64Array(quietUntilMs.length * 2);
      larger.set(quietUntilMs);
      quietUntilMs = larger;
    }
    quietUntilMs[slot] = 0;
    return slot;
  };
  const marketOf = (rule: CompiledRule): Market => {
    const key = marketKey({ feed: rule.feed, assetClass: rule.assetClass, symbol: rule.rule.symbol });
    const market = markets.get(key) ?? { key, assetClass: rule.assetClass, steps: new Map<string, Step>() };
    markets.set(key, market);
    return market;
  };
  const ladderOf = (market: Market, { rule }: CompiledRule): ThresholdLadder => {
    const name = `${rule.ref_metric} ${rule.type}`;
    const direction = directionOf[rule.type];
    const step = market.steps.get(name) ?? { reference: rule.ref_metric, direction, ladder: createThresholdLadder(direction, release) };
    market.steps.set(name, step);
    return step.ladder;
  };

  return {
    add(firebaseUid, config) {
      const thresholds = config.rules.map((rule) => {
        const market = marketOf(rule);
        const ladder = ladderOf(market, rule);
        const slot = takeSlot();
        entries[slot] = { firebaseUid, rule, market, ladder };
        ladder.add(slot, rule.thresholdNanos);
        size += 1;
        return slot;
      });
      const others = config.conditions.map((rule) => {
        const slot = takeSlot();
        conditions.add(slot, firebaseUid, marketKey({ feed: rule.feed, assetClass: rule.assetClass, symbol: rule.rule.symbol }), rule);
        size += 1;
        return slot;
      });
      return others.length === 0 ? thresholds : [...thresholds, ...others];
    },
    remove(slots) {
      for (const slot of slots) {
        if (conditions.remove(slot)) {
          size -= 1;
          release(slot);
          continue;
        }
        entries[slot]?.ladder.remove(slot);
        if (entries[slot] !== undefined) size -= 1;
        entries[slot] = undefined;
      }
    },
    evaluate(book, sessions, changed, fresh, users = nobodyKnown) {
      const nowMs = sessions.now.getTime();
      const evaluation: Evaluation = { firings: [], conditionFirings: [], markets: 0, unknown: 0, stale: 0, quiet: 0 };
      const consider = (slot: number, reading: Reading): void => {
        const entry = entries[slot];
        if (entry === undefined) return;
        if ((quietUntilMs[slot] ?? 0) > nowMs) evaluation.quiet += 1;
        else if (nowMs - reading.priceAsOf.getTime() > entry.rule.maxStalenessMs) evaluation.stale += 1;
        else evaluation.firings.push({ slot, firebaseUid: entry.firebaseUid, rule: entry.rule, reading });
      };
      const read = readOnce(book, sessions);

      for (const key of changed) {
        const market = markets.get(key);
        if (market === undefined) continue;
        evaluation.markets += 1;
        for (const { reference, direction, ladder } of market.steps.values()) {
          const reading = read(market, reference);
          if (reading === null) evaluation.unknown += 1;
          else ladder.visitReached(direction === "below" ? reading.pctCeiling : reading.pctFloor, (slot) => consider(slot, reading));
        }
      }
      for (const slot of fresh) {
        const entry = entries[slot];
        if (entry === undefined || changed.has(entry.market.key)) continue;
        const reading = read(entry.market, entry.rule.rule.ref_metric);
        if (reading === null) evaluation.unknown += 1;
        else if (isReached(entry.rule, reading)) consider(slot, reading);
      }
      const found = conditions.evaluate(nowMs, changed, fresh, users, (slot) => (quietUntilMs[slot] ?? 0) > nowMs);
      return { ...evaluation, conditionFirings: found.firings, unknown: evaluation.unknown + found.unknown, quiet: evaluation.quiet + found.quiet };
    },
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

function isReached({ rule, thresholdNanos }: CompiledRule, reading: Reading): boolean {
  return directionOf[rule.type] === "below" ? thresholdNanos >= reading.pctCeiling : thresholdNanos <= reading.pctFloor;
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
