/** A folder of recorded market data, as a replay wants it: sessions, and the moments between two dates. */
import type { ReplayReport } from "@nod/contract/preview";
import { openRecordedData, recordedDay, ticksToDecimal, type DailyRow, type MinuteBar, type RecordedData } from "@nod/alpaca-simulator";
import { price, quantity } from "./core/decimal.ts";
import { newYorkInstant, type NewYorkDate } from "./core/trading-day.ts";
import type { Bar } from "./trading/ports.ts";
import { createBarsTimeline, type RecordedMarket, type ReplaySession } from "./trading/replay/bars-timeline.ts";
import type { Market, Moment } from "./trading/replay/timeline.ts";

/** Sessions before the first one whose minutes indicators have behind them. */
const warmSessions = 10;

export type RecordedPast = {
  /** @throws Error when a folder has nothing, or what is no price, in it */
  moments(markets: readonly Market[], range: { from: NewYorkDate; to: NewYorkDate }): Iterable<Moment>;
  /** The trading days of the range. */
  sessions(range: { from: NewYorkDate; to: NewYorkDate }): ReplaySession[];
  /** What cannot be looked at in the range, and why. */
  missing(markets: readonly Market[], range: { from: NewYorkDate; to: NewYorkDate }): ReplayReport["missing"];
};

/** @param folder `daily/SYMBOL.csv`, `minute/SYMBOL/DATE.csv` and `corporate-actions.csv`, prices as they were traded */
export function openRecordedPast(folder: string): RecordedPast {
  const data = openRecordedData(folder);
  const all = data.tradingDates.map((date, n): ReplaySession => {
    const { openMs, closeMs } = recordedDay(date);
    return { assetClass: "us_equity", tradingDay: date, opensAtMs: openMs, closesAtMs: closeMs, previous: data.tradingDates[n - 1] ?? null };
  });
  const sessions: RecordedPast["sessions"] = ({ from, to }) => all.filter(({ tradingDay }) => from <= tradingDay && tradingDay <= to);
  return {
    sessions,
    missing: (markets, range) => markets.flatMap(({ assetClass, symbol }) => {
      const recorded = sessions(range).filter(({ tradingDay }) => assetClass === "us_equity" && data.minutes(symbol, tradingDay).length > 0);
      if (recorded.length === 0) return [{ symbol, message: `no minutes were recorded from ${range.from} to ${range.to}` }];
      const days = new Set(data.daily(symbol).map(({ date }) => date));
      const unknown = recorded.find(({ previous }) => previous === null || !days.has(previous));
      return unknown === undefined ? [] : [{ symbol, message: `no daily bar was recorded of the trading day before ${unknown.tradingDay}: its previous close is unknown` }];
    }),
    *moments(markets, range) {
      const timeline = createBarsTimeline(markets.map((market) => recordedMarket(data, market)));
      const minutesOn = ({ tradingDay }: ReplaySession) => ({ symbol, assetClass }: Market): Bar[] =>
        assetClass === "us_equity" ? data.minutes(symbol, tradingDay).map((bar) => minuteBar(symbol, bar)) : [];
      for (const session of all.filter(({ tradingDay }) => tradingDay < range.from).slice(-warmSessions)) for (const market of markets) timeline.warm(session, market.key, minutesOn(session)(market));
      for (const session of sessions(range)) yield* timeline.play(session, minutesOn(session));
    },
  };
}

function recordedMarket(data: RecordedData, market: Market): RecordedMarket {
  const { symbol } = market;
  return {
    market,
    days: data.daily(symbol).map((row) => ({ tradingDay: row.date, bar: barOf(symbol, newYorkInstant(row.date, "00:00"), row) })),
    splits: data.splits.filter((split) => split.symbol === symbol).map(({ exDate, ratio }) => ({ exDate, ratio: String(ratio) })),
  };
}

const minuteBar = (symbol: string, bar: MinuteBar): Bar => barOf(symbol, new Date(bar.t), bar);

function barOf(symbol: string, startsAt: Date, { o, h, l, c, v }: Pick<DailyRow, "o" | "h" | "l" | "c" | "v">): Bar {
  return { symbol, startsAt, open: price(ticksToDecimal(o)), high: price(ticksToDecimal(h)), low: price(ticksToDecimal(l)), close: price(ticksToDecimal(c)), volume: quantity(v) };
}
