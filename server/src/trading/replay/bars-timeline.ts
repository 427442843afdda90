/**
 * The past as a rule would have seen it, made of recorded minutes and days. A minute is known when it is over; a day's bar when
 * the next session begins; a session begins and ends by its own clock. Minutes outside of the regular session are left out.
 *
 * Prices that were recorded as they were traded stay so: on the day of a split what lies before it is put into the new shares,
 * and what is held becomes as many. Where a split is known and what lies before it is not in the new shares, the symbol is
 * suspended. Pure.
 */
import type { Timeframe } from "@nod/contract/rule-language";
import { add, larger, smaller, splitPrice, splitQuantity, type Price, type Quantity } from "../../core/decimal.ts";
import { addDays, newYorkInstant, type NewYorkDate } from "../../core/trading-day.ts";
import type { MarketKey } from "../market/fact-book.ts";
import { createBarAggregator, type BarAggregator, type IntradayTimeframe } from "../market/session-bars.ts";
import type { Bar } from "../ports.ts";
import type { ViewSession } from "../rules/symbol-view.ts";
import type { Market, MarketEvent, Moment, ReplayBar, ReplayFact } from "./timeline.ts";

/** `previous`: the trading day before, whose close is the previous close; null when no calendar names it. */
export type ReplaySession = ViewSession & { assetClass: Market["assetClass"]; previous: NewYorkDate | null };

export type RecordedDaily = { tradingDay: NewYorkDate; bar: Bar };

/** `ratio`: new shares for an old one, of prices as they were traded; null where nothing before the day is in the new shares. */
export type RecordedSplit = { exDate: NewYorkDate; ratio: string | null };

export type RecordedMarket = { market: Market; days: readonly RecordedDaily[]; splits: readonly RecordedSplit[] };

/** A session's minutes, or more, of one symbol in the order of time. */
export type MinutesOf = (market: Market) => readonly Bar[];

export type BarsTimeline = {
  /** One symbol's session before the replay begins: what indicators have behind them. */
  warm(session: ReplaySession, key: MarketKey, minutes: readonly Bar[]): void;
  /** The next session. Sessions come in the order of time; those of both asset classes one after the other. */
  play(session: ReplaySession, minutesOf: MinutesOf): Generator<Moment>;
};

const minuteMs = 60_000;
const aggregated = ["5Min", "15Min", "1Hour"] as const satisfies readonly IntradayTimeframe[];
const intraday = ["1Min", ...aggregated] as const;
/** No indicator reaches further back, in bars of its own timeframe; of history as much is kept. */
const keptBars = 2_000;

type Day = { open: Price; high: Price; low: Price; volume: Quantity };
type Track = RecordedMarket & { kept: Map<Timeframe, Bar[]>; aggregators: Map<IntradayTimeframe, BarAggregator>; seenSplits: number; begun: boolean; day: Day | null };

/** @param tellsFacts whether the minutes tell the facts too; false where facts were recorded themselves */
export function createBarsTimeline(markets: readonly RecordedMarket[], tellsFacts = true): BarsTimeline {
  const tracks = markets.map((each): Track => ({
    ...each,
    splits: each.splits.toSorted((a, b) => (a.exDate < b.exDate ? -1 : 1)),
    kept: new Map(intraday.map((timeframe) => [timeframe, []])),
    aggregators: new Map(aggregated.map((timeframe) => [timeframe, createBarAggregator(timeframe)])),
    seenSplits: 0,
    begun: false,
    day: null,
  }));
  const of = ({ assetClass }: ReplaySession): Track[] => tracks.filter((track) => track.market.assetClass === assetClass);

  return {
    warm(session, key, minutes) {
      const track = of(session).find(({ market }) => market.key === key);
      if (track === undefined) return;
      passSplits(track, session.tradingDay);
      for (const bar of within(session, minutes)) takeMinute(track, session, bar);
      finished(track, session.closesAtMs);
    },
    *play(session, minutesOf) {
      const due = of(session);
      const { assetClass, tradingDay, opensAtMs, closesAtMs } = session;
      const viewed = { tradingDay, opensAtMs, closesAtMs };
      const told = (events: MarketEvent[]): MarketEvent[] => (tellsFacts ? events : events.filter(({ kind }) => kind !== "facts"));
      // While the market is still closed, so that nothing is looked at before all of it is there; a symbol at a time, so that it can be done in slices.
      for (const track of due) yield { atMs: opensAtMs, events: told(beginDay(track, session)) };
      yield { atMs: opensAtMs, events: [{ kind: "session", assetClass, session: viewed }] };
      const minutes = byEnd(due, session, minutesOf);
      for (let endMs = opensAtMs + minuteMs; endMs <= closesAtMs; endMs += minuteMs) {
        const events = told((minutes.get(endMs) ?? []).flatMap(([track, bar]) => eventsOf(track, session, bar, endMs)));
        for (const track of due) events.push(...finished(track, endMs));
        // Nothing fires on the last minute: when it is known, the market is closed. Crypto's next day follows at once.
        if (endMs === closesAtMs && assetClass === "us_equity") events.push({ kind: "session", assetClass, session: null });
        yield { atMs: endMs, events };
      }
    },
  };
}

const within = ({ opensAtMs, closesAtMs }: ReplaySession, bars: readonly Bar[]): Bar[] => bars.filter(({ startsAt }) => startsAt.getTime() >= opensAtMs && startsAt.getTime() < closesAtMs);

function byEnd(tracks: readonly Track[], session: ReplaySession, minutesOf: MinutesOf): Map<number, [Track, Bar][]> {
  const minutes = new Map<number, [Track, Bar][]>();
  for (const track of tracks) {
    for (const bar of within(session, minutesOf(track.market))) {
      const endMs = bar.startsAt.getTime() + minuteMs;
      const known = minutes.get(endMs);
      if (known === undefined) minutes.set(endMs, [[track, bar]]);
      else known.push([track, bar]);
    }
  }
  return minutes;
}

/** What is known of a symbol when its session begins. */
function beginDay(track: Track, session: ReplaySession): MarketEvent[] {
  const { market, days, splits } = track;
  const { tradingDay, previous, opensAtMs } = session;
  const before = days.filter((each) => each.tradingDay < tradingDay);
  const passed = passSplits(track, tradingDay);
  const events = track.begun ? passed : [];
  const inShares = ({ tradingDay: of, bar }: RecordedDaily): Bar => splits.filter(({ exDate }) => of < exDate && exDate <= tradingDay).reduce((rest, split) => (split.ratio === null ? rest : inNewShares(rest, split.ratio)), bar);
  const last = before.at(-1);
  if (!track.begun || passed.length > 0) {
    for (const timeframe of intraday) events.push({ kind: "history", market, timeframe, bars: (track.kept.get(timeframe) ?? []).map(toReplayBar) });
    events.push({ kind: "history", market, timeframe: "1Day", bars: before.slice(-keptBars).map((each) => toReplayBar(inShares(each))) });
  } else if (last !== undefined && last.tradingDay === previous) {
    events.push({ kind: "bar", market, timeframe: "1Day", bar: toReplayBar(inShares(last)) });
  }
  track.begun = true;
  track.day = null;
  const unknown = splits.some(({ exDate, ratio }) => ratio === null && exDate <= tradingDay);
  events.push({ kind: "suspension", market, reason: unknown ? "split" : null });
  if (last !== undefined && last.tradingDay === previous && !unknown) {
    events.push({ kind: "facts", market, facts: [{ name: "prev_close", value: inShares(last).close, asOfMs: opensAtMs, tradingDay }] });
  }
  return events;
}

/** Puts what is kept into the shares of the day. @returns the splits since the day before */
function passSplits(track: Track, tradingDay: NewYorkDate): MarketEvent[] {
  const events: MarketEvent[] = [];
  const passed = track.splits.filter(({ exDate }) => exDate <= tradingDay).length;
  const fresh = track.splits.slice(track.seenSplits, passed);
  track.seenSplits = passed;
  for (const { ratio } of fresh) {
    if (ratio === null) continue;
    for (const [timeframe, bars] of track.kept) track.kept.set(timeframe, bars.map((bar) => inNewShares(bar, ratio)));
    events.push({ kind: "split", market: track.market, ratio });
  }
  return events;
}

function eventsOf(track: Track, session: ReplaySession, bar: Bar, endMs: number): MarketEvent[] {
  const { market } = track;
  const { tradingDay } = session;
  const events: MarketEvent[] = [{ kind: "bar", market, timeframe: "1Min", bar: toReplayBar(bar) }];
  events.push(...takeMinute(track, session, bar));
  const day = track.day;
  track.day = day === null ? { open: bar.open, high: bar.high, low: bar.low, volume: bar.volume } : { open: day.open, high: larger(day.high, bar.high), low: smaller(day.low, bar.low), volume: add(day.volume, bar.volume) };
  const ofDay = (name: ReplayFact["name"], value: string): ReplayFact => ({ name, value, asOfMs: endMs, tradingDay });
  const facts = [ofDay("last", bar.close), ofDay("day_open", track.day.open), ofDay("day_high", track.day.high), ofDay("day_low", track.day.low), ofDay("day_volume", track.day.volume)];
  events.push({ kind: "facts", market, facts });
  return events;
}

function takeMinute(track: Track, session: ReplaySession, bar: Bar): MarketEvent[] {
  const hours = session.assetClass === "crypto" ? null : session;
  keep(track, "1Min", bar);
  const events: MarketEvent[] = [];
  for (const [timeframe, aggregator] of track.aggregators) {
    const over = aggregator.add({ bar, tradingDay: session.tradingDay, session: hours });
    if (over !== null) events.push(closed(track, timeframe, over));
  }
  return [...events, ...finished(track, bar.startsAt.getTime() + minuteMs)];
}

/** The bars that are over at an instant, whether or not a minute of the next has come. */
function finished(track: Track, untilMs: number): MarketEvent[] {
  const events: MarketEvent[] = [];
  for (const [timeframe, aggregator] of track.aggregators) {
    const over = aggregator.finish(untilMs);
    if (over !== null) events.push(closed(track, timeframe, over));
  }
  return events;
}

function closed(track: Track, timeframe: IntradayTimeframe, bar: Bar): MarketEvent {
  keep(track, timeframe, bar);
  return { kind: "bar", market: track.market, timeframe, bar: toReplayBar(bar) };
}

function keep(track: Track, timeframe: Timeframe, bar: Bar): void {
  const bars = track.kept.get(timeframe) ?? [];
  bars.push(bar);
  if (bars.length >= 2 * keptBars) track.kept.set(timeframe, bars.slice(-keptBars));
}

const inNewShares = (bar: Bar, ratio: string): Bar => ({
  ...bar,
  open: splitPrice(bar.open, ratio), high: splitPrice(bar.high, ratio), low: splitPrice(bar.low, ratio), close: splitPrice(bar.close, ratio),
  volume: splitQuantity(bar.volume, ratio),
});

const toReplayBar = ({ startsAt, open, high, low, close, volume }: Bar): ReplayBar => ({ startsAtMs: startsAt.getTime(), open, high, low, close, volume: Number(volume) });


/** New York's day, from midnight to midnight: 23 hours or 25 when the clocks change. */
export const cryptoSession = (date: NewYorkDate): ReplaySession => ({
  assetClass: "crypto",
  tradingDay: date,
  opensAtMs: newYorkInstant(date, "00:00").getTime(),
  closesAtMs: newYorkInstant(addDays(date, 1), "00:00").getTime(),
  previous: addDays(date, -1),
});
