/**
 * What is known of one symbol on one feed, as numbers: facts, finished bars and the indicators over them, the session and the
 * time. Whoever drives a rule, live or in a replay, says what happened, in the order in which it happened:
 *
 *   view.setSession({ tradingDay, opensAtMs, closesAtMs })   // null while the market is closed
 *   view.setFact("last", "491.10", asOfMs)                   // day facts and prev_close with their trading day
 *   view.closeBar("1Min", bar)                               // regular session only; when it is over, never before
 *   view.setTime(nowMs)
 *
 * Everything else (mid, spread, age, indicators) follows. Nothing here looks at a clock.
 */
import type { Timeframe } from "@nod/contract/rule-language";
import type { NewYorkDate } from "../../core/trading-day.ts";
import { createBarFrame, type BarFrame, type HistoryNeed } from "./bar-frame.ts";
import type { FinishedBar } from "./bar-window.ts";
import { createDayFinder, type NewYorkDay } from "./new-york-day.ts";

/** Facts that are stored; `mid`, `spread_bps` and `age_seconds` follow from them. */
export const storedFacts = ["last", "bid", "ask", "prev_close", "day_open", "day_high", "day_low", "day_volume"] as const;
export type StoredFact = (typeof storedFacts)[number];

/** The session that is on: of the stock market from its open to its close, of crypto New York's calendar day. */
export type ViewSession = { tradingDay: NewYorkDate; opensAtMs: number; closesAtMs: number };

export type SymbolView = {
  readonly nowMs: number;
  setTime(nowMs: number): void;
  readonly session: ViewSession | null;
  setSession(session: ViewSession | null): void;
  /**
   * Since when the market has been open without a break: facts from before it do not age while nobody trades, and what has
   * to hold for some time begins anew. NaN while closed.
   */
  readonly openSinceMs: number;
  /** Midnight in New York of the session's day; of the last one while closed. */
  readonly dayStartsAtMs: number;
  /** Why nothing is known of the symbol at all (a split day, a halt); null otherwise. */
  readonly suspension: string | null;
  suspend(reason: string | null): void;
  /** Grows with each suspension: samples from before one are not compared with what comes after. */
  readonly epoch: number;

  /**
   * `value` as decimal text stays exact to its last digit; as a number it is the decimal that it prints as.
   * @param tradingDay of `prev_close` and the day's facts; of any other day they are unknown
   * @throws RangeError for what is not a finite number
   */
  setFact(name: StoredFact, value: string | number, asOfMs: number, tradingDay?: NewYorkDate | null): void;
  /** As it stands, known or not: see `readFact`. */
  fact(name: StoredFact): FactCell;

  frame(timeframe: Timeframe): BarFrame;
  /** @returns false for a bar that is not newer than the last one of its timeframe: it is left out */
  closeBar(timeframe: Timeframe, bar: FinishedBar): boolean;
  /** Begins a timeframe anew from its history, oldest first: at the start, and when `lacks` names it. */
  loadBars(timeframe: Timeframe, bars: readonly FinishedBar[]): void;
  /** The history that bound programs want and `loadBars` has not brought since. */
  lacks(): HistoryNeed[];
  /** The calendar day in New York of an instant. */
  dayOf(atMs: number): NewYorkDay;
};

/** One stored fact; the object stays the same while its values change. */
export type FactCell = {
  readonly name: StoredFact;
  /** Trades and quotes grow old within the day; the others belong to their trading day. */
  readonly isTimely: boolean;
  value: number;
  /** As it was written; null when it came as a number, which is what it prints as. */
  text: string | null;
  asOfMs: number;
  tradingDay: NewYorkDate | null;
};

type Mutable<View> = { -readonly [Key in keyof View]: View[Key] };

export function createSymbolView(): SymbolView {
  const facts: Record<StoredFact, FactCell> = {
    last: missing("last", true),
    bid: missing("bid", true),
    ask: missing("ask", true),
    prev_close: missing("prev_close", false),
    day_open: missing("day_open", false),
    day_high: missing("day_high", false),
    day_low: missing("day_low", false),
    day_volume: missing("day_volume", false),
  };
  const frames = new Map<Timeframe, BarFrame>();
  const dayOf = createDayFinder();
  let closedAtMs = Number.NaN;
  let openedAtMs = Number.NaN;

  // What programs read all the time are plain properties: reading one costs a tenth of asking for it.
  const view: Mutable<SymbolView> = {
    nowMs: 0,
    session: null,
    openSinceMs: Number.NaN,
    dayStartsAtMs: Number.NaN,
    suspension: null,
    epoch: 0,
    setTime(at) {
      view.nowMs = at;
    },
    setSession(next) {
      view.session = next;
      if (next === null) return;
      if (next.opensAtMs !== openedAtMs) {
        // Crypto's day follows on the one before without a break.
        if (!(next.opensAtMs <= closedAtMs)) view.openSinceMs = next.opensAtMs;
        view.dayStartsAtMs = dayOf(next.opensAtMs).startsAtMs;
        openedAtMs = next.opensAtMs;
      }
      closedAtMs = next.closesAtMs;
    },
    suspend(reason) {
      if (reason !== null && view.suspension === null) view.epoch += 1;
      view.suspension = reason;
    },
    fact: (name) => facts[name],
    setFact(name, written, asOfMs, tradingDay = null) {
      const value = typeof written === "number" ? written : Number(written);
      if (!Number.isFinite(value)) throw new RangeError(`${name} is not a finite number`);
      const fact = facts[name];
      fact.value = value;
      fact.text = typeof written === "number" ? null : written;
      fact.asOfMs = asOfMs;
      fact.tradingDay = tradingDay;
    },
    frame(timeframe) {
      const known = frames.get(timeframe);
      if (known !== undefined) return known;
      const frame = createBarFrame(timeframe, dayOf);
      frames.set(timeframe, frame);
      return frame;
    },
    closeBar: (timeframe, bar) => view.frame(timeframe).close(bar),
    loadBars(timeframe, bars) {
      view.frame(timeframe).load(bars);
    },
    lacks: () => [...frames.values()].flatMap((frame) => frame.lacks() ?? []),
    dayOf,
  };
  return view;
}

const missing = (name: StoredFact, isTimely: boolean): FactCell => ({ name, isTimely, value: Number.NaN, text: null, asOfMs: Number.NaN, tradingDay: null });

/** NaN while unknown: missing, of another trading day, or a trade or quote older than `maxAgeMs`. */
export function readFact(view: SymbolView, fact: FactCell, maxAgeMs: number): number {
  const { session } = view;
  if (session === null) return Number.NaN;
  if (fact.isTimely) return fact.asOfMs >= view.dayStartsAtMs && view.nowMs - fact.asOfMs <= maxAgeMs ? fact.value : Number.NaN;
  return fact.tradingDay === session.tradingDay ? fact.value : Number.NaN;
}

/** Null while it is known, otherwise why it is not. */
export function whyFact(view: SymbolView, { name, value, asOfMs, tradingDay, isTimely }: FactCell, maxAgeMs: number): string | null {
  if (view.session === null) return "the market is closed";
  if (Number.isNaN(value)) return `${name} is missing`;
  if (isTimely ? asOfMs < view.dayStartsAtMs : tradingDay !== view.session.tradingDay) return `${name} is of another day`;
  return isTimely && view.nowMs - asOfMs > maxAgeMs ? `${name} is stale` : null;
}
