/** Feeds what conditions watch: facts, finished bars, sessions and suspensions, as they are stored. */
import type { AssetClass } from "@nod/contract/primitives";
import { addDays, newYorkInstant, type NewYorkDate } from "../core/trading-day.ts";
import type { Db } from "../db/pool.ts";
import { beforeAllBars, forgetBars, readBarsChangedSince, type BarDelivery, type BarsWatermark, type WantedBars } from "../trading/market/bar-reader.ts";
import { readCalendar } from "../trading/market/calendar-table.ts";
import { marketKey, type FactBook, type MarketKey } from "../trading/market/fact-book.ts";
import type { MarketSessions } from "../trading/market/session-table.ts";
import { minutesOf } from "../trading/market/session-bars.ts";
import type { Suspension } from "../trading/market/splits-table.ts";
import type { FactMetric } from "../trading/ports.ts";
import type { HistoryNeed } from "../trading/rules/bar-frame.ts";
import type { ConditionIndex, WatchedSymbol } from "../trading/rules/condition-index.ts";
import type { StoredFact, SymbolView, ViewSession } from "../trading/rules/symbol-view.ts";

export type ConditionFeed = {
  /**
   * Brings every watched symbol's view up to now. In a constant number of statements, and in none when nobody has a condition.
   * @param changed symbols with new facts
   * @returns the symbols that are to be looked at: those, and those with new bars, a session that began or ended, or a suspension
   */
  feed(conditions: Pick<ConditionIndex, "watched" | "viewOf">, book: FactBook, sessions: MarketSessions, suspended: readonly Suspension[], changed: ReadonlySet<MarketKey>): Promise<Set<MarketKey>>;
};

const storedAs: Partial<Record<FactMetric, StoredFact>> = {
  last_trade: "last", bid: "bid", ask: "ask", prev_close: "prev_close", day_open: "day_open", day_high: "day_high", day_low: "day_low", day_volume: "day_volume",
};

export function createConditionFeed(db: Db): ConditionFeed {
  let watermark: BarsWatermark = beforeAllBars;
  let fed = new Map<MarketKey, SymbolView>();
  let opens: { tradingDay: NewYorkDate; opensAt: Date } | null = null;

  /** The calendar names the open; it is read once for each trading day, and until it is there half past nine is taken for it. */
  const openOf = async (tradingDay: NewYorkDate): Promise<Date> => {
    if (opens?.tradingDay === tradingDay) return opens.opensAt;
    const session = (await readCalendar(db, tradingDay)).find((each) => each.tradingDay === tradingDay);
    if (session === undefined) return newYorkInstant(tradingDay, "09:30");
    opens = { tradingDay, opensAt: session.opensAt };
    return opens.opensAt;
  };

  return {
    async feed(conditions, book, sessions, suspended, changed) {
      const watched = [...conditions.watched()];
      const due = new Set(changed);
      const before = fed;
      fed = new Map(watched.map(({ key, view }) => [key, view]));
      if (watched.length === 0) return due;
      const isNew = ({ key, view }: WatchedSymbol): boolean => before.get(key) !== view;
      // A view that was made anew lacks the bars that its predecessor was given.
      const made = watched.filter(isNew);
      if (made.length > 0) watermark = forgetBars(watermark, made);
      const [session, bars] = await Promise.all([
        stockSession(sessions, openOf),
        readBarsChangedSince(db, watermark, watched.flatMap(wantedOf)),
      ]);
      watermark = bars.watermark;
      const reasons = new Map(suspended.map((each) => [suspensionKey(each), each.reason]));
      for (const each of watched) {
        const { key, view, assetClass } = each;
        const hours = assetClass === "crypto" ? cryptoSession(sessions.newYorkDate) : session;
        const reason = reasons.get(suspensionKey(each)) ?? null;
        if (view.session?.opensAtMs !== hours?.opensAtMs || view.suspension !== reason || isNew(each)) due.add(key);
        view.setSession(hours);
        view.suspend(reason);
        view.setTime(sessions.now.getTime());
        if (changed.has(key) || isNew(each)) tellFacts(view, book, key);
      }
      for (const delivery of bars.deliveries) {
        const key = marketKey(delivery);
        const view = conditions.viewOf(key);
        if (view !== null && tellBars(view, delivery)) due.add(key);
      }
      return due;
    },
  };
}

const suspensionKey = ({ assetClass, symbol }: Pick<Suspension, "assetClass" | "symbol">): string => `${assetClass} ${symbol}`;

async function stockSession({ us_equity: { state, tradingDay, nextClose } }: MarketSessions, openOf: (day: NewYorkDate) => Promise<Date>): Promise<ViewSession | null> {
  if (state !== "open" || tradingDay === null || nextClose === null) return null;
  return { tradingDay, opensAtMs: (await openOf(tradingDay)).getTime(), closesAtMs: nextClose.getTime() };
}

/** New York's day, from midnight to midnight. */
const cryptoSession = (date: NewYorkDate): ViewSession => ({
  tradingDay: date,
  opensAtMs: newYorkInstant(date, "00:00").getTime(),
  closesAtMs: newYorkInstant(addDays(date, 1), "00:00").getTime(),
});

const dayMinutes: Record<AssetClass, number> = { us_equity: 390, crypto: 25 * 60 };

/** What conditions on a symbol want to be kept for them: for whoever fetches history. */
export function wantedOf({ feed, assetClass, symbol, history }: Pick<WatchedSymbol, "feed" | "assetClass" | "symbol" | "history">): WantedBars[] {
  return history.map((need) => ({ feed, assetClass, symbol, timeframe: need.timeframe, bars: Math.max(need.bars, barsOfDay(need, assetClass)) }));
}

function barsOfDay({ timeframe, wholeDay }: HistoryNeed, assetClass: AssetClass): number {
  if (!wholeDay || timeframe === "1Day") return 0;
  return Math.ceil(dayMinutes[assetClass] / minutesOf[timeframe]);
}

function tellFacts(view: SymbolView, book: FactBook, key: MarketKey): void {
  for (const { metric, price, volume, asOf, tradingDay } of book.latest(key)) {
    const name = storedAs[metric];
    if (name === undefined) continue;
    const value = name === "day_volume" ? volume : price;
    if (value !== null) view.setFact(name, value, asOf.getTime(), tradingDay);
  }
}

/** @returns whether anything was new */
function tellBars(view: SymbolView, { timeframe, restarted, bars }: BarDelivery): boolean {
  const finished = bars.map((bar) => ({
    startsAtMs: bar.startsAt.getTime(), open: Number(bar.open), high: Number(bar.high), low: Number(bar.low), close: Number(bar.close), volume: Number(bar.volume),
  }));
  if (restarted) view.loadBars(timeframe, finished);
  else for (const bar of finished) view.closeBar(timeframe, bar);
  return restarted || finished.length > 0;
}
