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
  /** NaN while unknown: missing, of another trading day, or a trade or quote older than `maxAgeMs`. */
  readFact(name: StoredFact, maxAgeMs: number): number;
  /** As it was written. Only for a fact that is known. */
  writtenFact(name: StoredFact): string | number;
  /** Null while it is known, otherwise why it is not. */
  whyUnknown(name: StoredFact, maxAgeMs: number): string | null;
  /** NaN before the first; of trades and quotes the market's time. */
  factAsOfMs(name: StoredFact): number;

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

type Fact = { value: number; written: string | number; asOfMs: number; tradingDay: NewYorkDate | null };

const isTimely: Record<StoredFact, boolean> = { last: true, bid: true, ask: true, prev_close: false, day_open: false, day_high: false, day_low: false, day_volume: false };

export function createSymbolView(): SymbolView {
  const facts: Record<StoredFact, Fact> = {
    last: missing(),
    bid: missing(),
    ask: missing(),
    prev_close: missing(),
    day_open: missing(),
    day_high: missing(),
    day_low: missing(),
    day_volume: missing(),
  };
  const frames = new Map<Timeframe, BarFrame>();
  const dayOf = createDayFinder();
  let session: ViewSession | null = null;
  let closedAtMs = Number.NaN;
  let openSinceMs = Number.NaN;
  let dayStartsAtMs = Number.NaN;
  let nowMs = 0;
  let suspension: string | null = null;
  let epoch = 0;

  const frameOf = (timeframe: Timeframe): BarFrame => {
    const known = frames.get(timeframe);
    if (known !== undefined) return known;
    const frame = createBarFrame(timeframe, dayOf);
    frames.set(timeframe, frame);
    return frame;
  };

  return {
    get nowMs() {
      return nowMs;
    },
    setTime(at) {
      nowMs = at;
    },
    get session() {
      return session;
    },
    setSession(next) {
      if (next !== null && next.opensAtMs !== session?.opensAtMs) {
        // Crypto's day follows on the one before without a break.
        if (!(next.opensAtMs <= closedAtMs)) openSinceMs = next.opensAtMs;
        dayStartsAtMs = dayOf(next.opensAtMs).startsAtMs;
      }
      if (next !== null) closedAtMs = next.closesAtMs;
      session = next;
    },
    get openSinceMs() {
      return session === null ? Number.NaN : openSinceMs;
    },
    get dayStartsAtMs() {
      return dayStartsAtMs;
    },
    get suspension() {
      return suspension;
    },
    suspend(reason) {
      if (reason !== null && suspension === null) epoch += 1;
      suspension = reason;
    },
    get epoch() {
      return epoch;
    },
    setFact(name, written, asOfMs, tradingDay = null) {
      const value = Number(written);
      if (!Number.isFinite(value)) throw new RangeError(`${name} is not a finite number`);
      const fact = facts[name];
      fact.value = value;
      fact.written = written;
      fact.asOfMs = asOfMs;
      fact.tradingDay = tradingDay;
    },
    readFact(name, maxAgeMs) {
      const fact = facts[name];
      if (session === null) return Number.NaN;
      if (isTimely[name]) return fact.asOfMs >= dayStartsAtMs && nowMs - fact.asOfMs <= maxAgeMs ? fact.value : Number.NaN;
      return fact.tradingDay === session.tradingDay ? fact.value : Number.NaN;
    },
    writtenFact: (name) => facts[name].written,
    whyUnknown(name, maxAgeMs) {
      const fact = facts[name];
      if (session === null) return "the market is closed";
      if (Number.isNaN(fact.value)) return `${name} is missing`;
      if (isTimely[name] ? fact.asOfMs < dayStartsAtMs : fact.tradingDay !== session.tradingDay) return `${name} is of another day`;
      return isTimely[name] && nowMs - fact.asOfMs > maxAgeMs ? `${name} is stale` : null;
    },
    factAsOfMs: (name) => facts[name].asOfMs,
    frame: frameOf,
    closeBar: (timeframe, bar) => frameOf(timeframe).close(bar),
    loadBars(timeframe, bars) {
      frameOf(timeframe).load(bars);
    },
    lacks: () => [...frames.values()].flatMap((frame) => frame.lacks() ?? []),
    dayOf,
  };
}

const missing = (): Fact => ({ value: Number.NaN, written: Number.NaN, asOfMs: Number.NaN, tradingDay: null });
