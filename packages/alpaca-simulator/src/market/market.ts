import { currentSession, presentedAt, recordedAt, type Session, type Timeline } from "../time/timeline.ts";
import { newYorkInstant } from "../time/new-york.ts";
import { seededInteger } from "../seeded.ts";
import { aggregate, splitAdjusted, type Bar, type Timeframe } from "./bars.ts";
import type { DateMap } from "./date-map.ts";
import { barSoFar, minutesFromDaily, priceInMinute } from "./price-path.ts";
import { PricePins } from "./price-pins.ts";
import type { DailyRow, MinuteBar, RecordedData } from "./recorded-data.ts";
import { CENT, parseTicks, type Ticks } from "./ticks.ts";

/** A symbol that no file records: it stood at `prevClose` until the anchored session, and at `price` from its open on. */
export type SyntheticSymbol = { price: string; prevClose: string };

export type Trade = { price: Ticks; atMs: number; size: number };
export type Quote = { bid: Ticks; ask: Ticks; bidSize: number; askSize: number; atMs: number };

const DAILY_HISTORY_LIMIT = 800;

export type MarketOptions = {
  data: RecordedData;
  timeline: Timeline;
  dateMap: DateMap;
  seed: string;
  synthetic: Readonly<Record<string, SyntheticSymbol>>;
};

/** What every symbol costs, and did, at any moment: the recording on the timeline, with pinned prices over it. */
export class StockMarket {
  readonly pins = new PricePins();
  readonly #options: MarketOptions;
  readonly #minutes = new Map<string, readonly MinuteBar[]>();
  readonly #history = new Map<string, readonly Bar[]>();
  readonly #frozen = new Map<string, number>();
  readonly #prevCloses = new Map<string, Ticks>();

  constructor(options: MarketOptions) {
    this.#options = options;
  }

  get symbols(): string[] {
    return [...new Set([...this.#options.data.symbols, ...Object.keys(this.#options.synthetic)])].sort();
  }

  has(symbol: string): boolean {
    return this.#options.data.symbols.includes(symbol) || Object.hasOwn(this.#options.synthetic, symbol);
  }

  /** Whether pinned prices are printed each second also outside of the recorded hours. */
  alwaysPrinting = false;

  /** Stops the prints of a symbol: its last trade grows old. */
  freeze(symbol: string, nowMs: number): void {
    this.#frozen.set(symbol, nowMs);
  }

  unfreeze(symbol: string): void {
    this.#frozen.delete(symbol);
  }

  isFrozen(symbol: string): boolean {
    return this.#frozen.has(symbol);
  }

  /** Overrides the close of the daily bar before the current session's. */
  setPrevClose(symbol: string, price: Ticks): void {
    this.#prevCloses.set(symbol, price);
  }

  /** The last trade at or before `nowMs`; undefined when the symbol never traded. */
  latestTrade(symbol: string, nowMs: number): Trade | undefined {
    const seenMs = this.#frozen.get(symbol) ?? nowMs;
    const pin = this.pins.at(symbol, seenMs);
    if (pin === undefined) return this.#recordedTrade(symbol, seenMs);
    const session = currentSession(this.#options.timeline, seenMs);
    const trading = this.alwaysPrinting || (session !== undefined && seenMs < session.postCloseMs);
    const atMs = trading ? Math.max(pin.fromMs, Math.floor(seenMs / 1000) * 1000) : pin.fromMs;
    return { price: pin.price, atMs, size: 100 };
  }

  latestQuote(symbol: string, nowMs: number): Quote | undefined {
    const trade = this.latestTrade(symbol, nowMs);
    if (trade === undefined) return undefined;
    const size = (side: string): number => seededInteger(1, 9, this.#options.seed, symbol, side, trade.atMs);
    return { bid: Math.max(CENT, trade.price - CENT), ask: trade.price + CENT, bidSize: size("bid"), askSize: size("ask"), atMs: trade.atMs };
  }

  /** The last completed minute bar. */
  minuteBar(symbol: string, nowMs: number): Bar | undefined {
    const minute = Math.floor(nowMs / 60_000) * 60_000;
    for (const span of [10 * 60_000, 24 * 3_600_000, 5 * 24 * 3_600_000]) {
      const bar = this.#intradayBars(symbol, { unit: "Min", count: 1 }, minute - span, minute - 1, nowMs).at(-1);
      if (bar !== undefined) return bar;
    }
    return undefined;
  }

  /**
   * Daily bars known at `nowMs`, ascending, stamped at New York's midnight of their trading
   * date. The current session's is there from its open on, built from its regular minutes.
   */
  dailyBars(symbol: string, nowMs: number): Bar[] {
    const { timeline } = this.#options;
    const bars = [...this.#historyOf(symbol)];
    for (const session of timeline.sessions) {
      const bar = session.openMs <= nowMs ? this.#sessionBar(symbol, session, nowMs) : undefined;
      if (bar !== undefined) bars.push(bar);
    }
    this.#applyPrevClose(symbol, bars, nowMs);
    return bars;
  }

  /**
   * Bars of a timeframe whose start lies in [startMs, endMs], ascending. Intraday bars are
   * complete ones only; the current day's, week's and month's bar grows.
   */
  bars(symbol: string, timeframe: Timeframe, startMs: number, endMs: number, nowMs: number, adjustment: "raw" | "split"): Bar[] {
    const intraday = timeframe.unit === "Min" || timeframe.unit === "Hour";
    const known = intraday
      ? this.#intradayBars(symbol, timeframe, startMs, endMs, nowMs)
      : this.dailyBars(symbol, nowMs);
    const bars = adjustment === "raw" ? known : this.#splitAdjusted(symbol, known, nowMs);
    if (intraday) return bars;
    return aggregate(bars, (bar) => this.#options.dateMap.bucketStart(bar.t, timeframe)).filter((bar) => bar.t >= startMs && bar.t <= endMs);
  }

  /** Prices in the shares of the current session: a split counts from the open of its ex-date on. */
  #splitAdjusted(symbol: string, bars: Bar[], nowMs: number): Bar[] {
    const { data, timeline } = this.#options;
    const today = timeline.sessions.findLast((session) => session.preOpenMs <= nowMs)?.recorded.date ?? "";
    const splits = data.splits.filter((split) => split.symbol === symbol);
    return bars.map((bar) => splitAdjusted(bar, splits, today));
  }

  /** The recorded days before the first session; they do not change while the simulator runs. */
  #historyOf(symbol: string): readonly Bar[] {
    const known = this.#history.get(symbol);
    if (known !== undefined) return known;
    const { timeline, data, dateMap, synthetic } = this.#options;
    const first = timeline.sessions[0]?.recorded.date ?? "";
    const placed = (row: DailyRow): Bar[] => {
      const date = dateMap.presented(row.date);
      return date === undefined ? [] : [toBar(row, newYorkInstant(date, "00:00"), row.date)];
    };
    const flat = synthetic[symbol];
    const price = flat === undefined ? 0 : parseTicks(flat.prevClose);
    const invented: DailyRow[] = flat === undefined ? [] : [{ date: dateMap.recordedBefore(first), o: price, h: price, l: price, c: price, v: 0 }];
    const recorded = data.daily(symbol).filter((row) => row.date < first);
    const bars = (recorded.length > 0 ? recorded.slice(-DAILY_HISTORY_LIMIT) : invented).flatMap(placed);
    this.#history.set(symbol, bars);
    return bars;
  }

  #recordedTrade(symbol: string, nowMs: number): Trade | undefined {
    const { timeline, seed } = this.#options;
    for (const session of timeline.sessions.filter((candidate) => candidate.preOpenMs <= nowMs).reverse()) {
      const recordedMs = recordedAt(timeline, session, nowMs);
      const bar = this.#minutesOf(symbol, session).findLast((candidate) => candidate.t <= recordedMs);
      if (bar === undefined) continue;
      const second = Math.min(59, Math.floor((recordedMs - bar.t) / 1000));
      return {
        price: priceInMinute(bar, second, seed, symbol),
        atMs: presentedAt(timeline, session, bar.t + second * 1000),
        size: Math.max(1, Math.floor(bar.v / 60)),
      };
    }
    const last = this.dailyBars(symbol, nowMs).at(-1);
    if (last === undefined) return undefined;
    const closeMs = last.t + 16 * 3_600_000;
    return { price: last.c, atMs: Math.min(closeMs, nowMs), size: 100 };
  }

  /** The minutes of one session: recorded, or drawn through the daily bar, or flat for a synthetic symbol. */
  #minutesOf(symbol: string, session: Session): readonly MinuteBar[] {
    const key = `${symbol} ${session.recorded.date}`;
    const known = this.#minutes.get(key);
    if (known !== undefined) return known;
    const { data, seed, synthetic, timeline } = this.#options;
    let minutes = data.minutes(symbol, session.recorded.date);
    const flat = synthetic[symbol];
    if (minutes.length === 0) {
      const past = session.openMs < timeline.anchored.openMs;
      const price = flat === undefined ? undefined : parseTicks(past ? flat.prevClose : flat.price);
      const row: DailyRow | undefined =
        price === undefined ? this.#dailyRow(symbol, session) : { date: session.recorded.date, o: price, h: price, l: price, c: price, v: 390_000 };
      if (row !== undefined) minutes = minutesFromDaily(row, session.recorded.openMs, session.recorded.closeMs, seed, symbol);
    }
    this.#minutes.set(key, minutes);
    return minutes;
  }

  #dailyRow(symbol: string, session: Session): DailyRow | undefined {
    return this.#options.data.daily(symbol).find((row) => row.date === session.recorded.date);
  }

  #sessionBar(symbol: string, session: Session, nowMs: number): Bar | undefined {
    const { dateMap } = this.#options;
    const t = newYorkInstant(session.date, "00:00");
    const recordedDate = session.recorded.date;
    const minutes = this.#presentedMinutes(symbol, session, nowMs).filter((bar) => bar.t >= session.openMs && bar.t < session.closeMs);
    const built = aggregate(minutes, () => t)[0];
    const row = this.#dailyRow(symbol, session);
    const pinned = this.pins.at(symbol, Math.min(nowMs, session.closeMs - 1)) !== undefined;
    if (row !== undefined && nowMs >= session.closeMs && !pinned && dateMap.presented(recordedDate) !== undefined) return toBar(row, t, recordedDate);
    return built;
  }

  #applyPrevClose(symbol: string, bars: Bar[], nowMs: number): void {
    const close = this.#prevCloses.get(symbol);
    const session = this.#options.timeline.sessions.findLast((candidate) => candidate.openMs <= nowMs) ?? this.#options.timeline.sessions[0];
    if (close === undefined || session === undefined) return;
    const index = bars.findLastIndex((bar) => bar.recordedDate < session.recorded.date);
    const bar = bars[index];
    if (bar !== undefined) bars[index] = { ...bar, c: close, h: Math.max(bar.h, close), l: Math.min(bar.l, close) };
  }

  /** The minutes of a session up to now, where they happen now; the last one as far as it has come. */
  #presentedMinutes(symbol: string, session: Session, nowMs: number): Bar[] {
    const { timeline, seed } = this.#options;
    const seenMs = this.#frozen.get(symbol) ?? nowMs;
    const recordedMs = recordedAt(timeline, session, seenMs);
    const spanMs = Math.max(1, Math.floor(60_000 / timeline.anchor.speed));
    const bars: Bar[] = [];
    for (const minute of this.#minutesOf(symbol, session)) {
      if (minute.t > recordedMs) break;
      const bar = barSoFar(minute, Math.floor((recordedMs - minute.t) / 1000), seed, symbol);
      const presented = { ...bar, t: presentedAt(timeline, session, minute.t), recordedDate: session.recorded.date };
      bars.push(this.pins.over(symbol, presented, spanMs, seenMs));
    }
    return bars;
  }

  #intradayBars(symbol: string, timeframe: Timeframe, startMs: number, endMs: number, nowMs: number): Bar[] {
    const widthMs = timeframe.count * (timeframe.unit === "Min" ? 60_000 : 3_600_000);
    const bucket = (t: number): number => Math.floor(t / widthMs) * widthMs;
    const bars: Bar[] = [];
    for (const session of this.#options.timeline.sessions) {
      if (session.postCloseMs < startMs || session.preOpenMs > endMs + widthMs) continue;
      bars.push(...this.#presentedMinutes(symbol, session, nowMs));
    }
    return aggregate(bars, (bar) => bucket(bar.t)).filter((bar) => bar.t >= startMs && bar.t <= endMs && bar.t + widthMs <= nowMs);
  }
}

function toBar(row: DailyRow, t: number, recordedDate: string): Bar {
  return { t, o: row.o, h: row.h, l: row.l, c: row.c, v: row.v, recordedDate };
}
