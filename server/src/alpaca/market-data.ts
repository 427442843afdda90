import type { marketData } from "@alpacahq/alpaca-trade-api";
import { systemClock, type Clock } from "../core/clock.ts";
import { price, quantity, type Price, type Quantity } from "../core/decimal.ts";
import { newYorkDate, type NewYorkDate } from "../core/trading-day.ts";
import { BrokerUnavailableError, type Fact, type FactMetric, type FactRequest, type MarketDataPort } from "../trading/ports.ts";
import { unavailable } from "./call-failure.ts";
import { callAlpaca, type AlpacaConnection } from "./connection.ts";
import { createPreviousCloses, type PreviousClose } from "./previous-closes.ts";

/** Symbols in one snapshots call; beyond it the address line grows past what proxies take. */
const symbolsPerCall = 1_000;

type SnapshotBar = { t: Date; o: number; h: number; l: number; c: number; v: number };
/** The part of a snapshot that stocks and crypto share. */
type Snapshot = { latestTrade?: { t: Date; p: number; s: number } | undefined; latestQuote?: { t: Date; bp: number; bs: number; ap: number; as: number } | undefined; dailyBar?: SnapshotBar | undefined; prevDailyBar?: SnapshotBar | undefined };

/**
 * Alpaca's market data behind trading's port: one snapshots call for the union of the symbols. `onPartial` is told why
 * facts came without their previous closes.
 */
export function createAlpacaMarketData(alpaca: AlpacaConnection, onPartial: (reason: string) => void = () => undefined, clock: Clock = systemClock): MarketDataPort {
  const previousCloses = createPreviousCloses(alpaca, clock);

  return {
    async fetchFacts(request, signal) {
      const facts: Fact[] = [];
      for (let start = 0; start < request.symbols.length; start += symbolsPerCall) {
        const symbols = request.symbols.slice(start, start + symbolsPerCall);
        const snapshots = await readSnapshots(alpaca, request, symbols, signal);
        const adjusted = request.assetClass === "crypto" ? null : await closesOrNone(previousCloses.of(request.feed, symbols, request.tradingDay, signal), onPartial);
        for (const symbol of symbols) {
          const snapshot = snapshots[symbol];
          if (snapshot) facts.push(...factsOf(request, symbol, snapshot, adjusted));
        }
      }
      return facts;
    },
  };
}

/** Prices are worth having without a previous close; rules that need one then stay unknown. */
async function closesOrNone(closes: Promise<ReadonlyMap<string, PreviousClose>>, onPartial: (reason: string) => void): Promise<ReadonlyMap<string, PreviousClose>> {
  try {
    return await closes;
  } catch (error) {
    if (!(error instanceof BrokerUnavailableError)) throw error;
    onPartial(error.message);
    return new Map();
  }
}

async function readSnapshots(alpaca: AlpacaConnection, request: FactRequest, symbols: readonly string[], signal: AbortSignal): Promise<Record<string, Snapshot>> {
  try {
    return await callAlpaca(alpaca.data, "read", signal, async (init): Promise<Record<string, Snapshot>> => {
      if (request.assetClass === "crypto") {
        const response = await alpaca.crypto.cryptoSnapshots({ loc: "us", symbols: symbols.join(",") }, init);
        return response.snapshots;
      }
      const feed: marketData.StockLatestFeed = request.feed === "crypto_us" ? "iex" : request.feed;
      return alpaca.stocks.stockSnapshots({ symbols: symbols.join(","), feed }, init);
    });
  } catch (error) {
    throw unavailable("snapshots", error);
  }
}

/**
 * The facts in one snapshot. Before the open the newest daily bar is still the last session's: then it holds the previous
 * close, and `prevDailyBar` is two sessions old. `adjusted` is null where splits do not exist.
 */
function factsOf(request: FactRequest, symbol: string, snapshot: Snapshot, adjusted: ReadonlyMap<string, PreviousClose> | null): Fact[] {
  const { feed, assetClass, tradingDay } = request;
  const facts: Fact[] = [];
  const put = (metric: FactMetric, value: number, volume: number | null, at: Date, day: string | null): void => {
    const read = readPositivePrice(value);
    if (read === null || Number.isNaN(at.getTime())) return;
    facts.push({ feed, assetClass, symbol, metric, price: read, volume: volume === null ? null : readVolume(volume), asOf: at, tradingDay: day });
  };

  const { latestTrade, latestQuote, dailyBar, prevDailyBar } = snapshot;
  if (latestTrade) put("last_trade", latestTrade.p, latestTrade.s, latestTrade.t, null);
  // A side that nobody quotes has the price 0, which is no fact.
  if (latestQuote && request.quoted?.has(symbol) === true) {
    put("bid", latestQuote.bp, latestQuote.bs, latestQuote.t, null);
    put("ask", latestQuote.ap, latestQuote.as, latestQuote.t, null);
  }

  const today = dailyBar && dayOf(dailyBar) === tradingDay ? dailyBar : null;
  if (today) {
    put("day_open", today.o, null, today.t, tradingDay);
    put("day_high", today.h, null, today.t, tradingDay);
    put("day_low", today.l, null, today.t, tradingDay);
    put("day_close", today.c, today.v, today.t, tradingDay);
    put("day_volume", today.c, today.v, today.t, tradingDay);
  }

  const previous = today ? prevDailyBar : dailyBar;
  const previousDay = previous ? dayOf(previous) : null;
  if (previous && previousDay !== null && previousDay < tradingDay) {
    if (adjusted === null) put("prev_close", previous.c, null, previous.t, tradingDay);
    else {
      const close = adjusted.get(symbol);
      // The adjusted bar must be of the same session: an older one would hide a day's move, and then nothing is known.
      if (close && close.day === previousDay) put("prev_close", close.close, null, previous.t, tradingDay);
    }
  }
  return facts;
}

function dayOf(bar: SnapshotBar): NewYorkDate | null {
  return Number.isNaN(bar.t.getTime()) ? null : newYorkDate(bar.t);
}

function readPositivePrice(value: number): Price | null {
  if (!(value > 0)) return null;
  try {
    return price(value);
  } catch {
    return null;
  }
}

function readVolume(value: number): Quantity | null {
  if (!(value >= 0)) return null;
  try {
    return quantity(value);
  } catch {
    return null;
  }
}
