/** What bars need of the market: the past, the calendar, the splits. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Timeframe } from "@nod/contract/rule-language";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Bar } from "../ports.ts";

/** `raw` as they were traded; `split` in the shares of the day on which they are asked for. */
export type BarAdjustment = "raw" | "split";

/** Bars that start in [`from`, `to`), both whole seconds. The last may not be over yet: it is the caller who knows the time. */
export type BarsRequest = {
  feed: Feed;
  assetClass: AssetClass;
  symbols: readonly string[];
  timeframe: Timeframe;
  from: Date;
  to: Date;
  adjustment: BarAdjustment;
};

/**
 * Bars in pages, one request each, a symbol's in the order of time; a symbol that did not trade is simply absent.
 * @throws BrokerUnavailableError while it is read; the pages before it are good
 */
export type BarsPort = { fetchBars(request: BarsRequest, signal: AbortSignal): AsyncIterable<readonly Bar[]> };

/** A regular session of the stock market. */
export type RegularSession = { tradingDay: NewYorkDate; opensAt: Date; closesAt: Date };
/** Both ends belong to it. @throws BrokerUnavailableError */
export type CalendarPort = { fetchCalendar(range: { from: NewYorkDate; to: NewYorkDate }, signal: AbortSignal): Promise<RegularSession[]> };

/** `ratio`: new shares for an old one, as decimal text. */
export type Split = { symbol: string; exDate: NewYorkDate; ratio: string };
/** Splits with an ex-date in the range, both ends included, as far as they are known. @throws BrokerUnavailableError */
export type CorporateActionsPort = {
  fetchSplits(request: { symbols: readonly string[]; from: NewYorkDate; to: NewYorkDate }, signal: AbortSignal): Promise<Split[]>;
};

/** Everything that the backfill of bars asks for. */
export type HistoryPorts = BarsPort & CalendarPort & CorporateActionsPort;
