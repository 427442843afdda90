import type { Feed } from "@nod/contract/primitives";
import type { Clock } from "../core/clock.ts";
import { newYorkDate, type NewYorkDate } from "../core/trading-day.ts";
import { unavailable } from "./call-failure.ts";
import { callAlpaca, type AlpacaConnection } from "./connection.ts";

/** The close of session `day`, in today's shares. */
export type PreviousClose = { day: NewYorkDate; close: number };

/** Calendar days looked back: more than the longest run of closed days, so that the last session is always inside. */
const lookBackDays = 12;
const barsPerPage = 10_000;
const maxPages = 20;
const dayMs = 86_400_000;
/** The broker works a split in during the morning of its day: what was read before must not stand until the evening. */
const knownForMs = 15 * 60_000;

/**
 * Split-adjusted closes of the session before a trading day. A raw previous close is wrong on the day of a split: AAPL
 * "fell" 85 % on 2014-06-09. One call tells them for all symbols, and holds for a while.
 */
export function createPreviousCloses(alpaca: AlpacaConnection, clock: Clock) {
  let knownDay: NewYorkDate = "";
  let knownUntilMs = 0;
  /** By feed and symbol; null where the broker has no bar. */
  const known = new Map<string, PreviousClose | null>();

  async function load(feed: Feed, symbols: readonly string[], tradingDay: NewYorkDate, signal: AbortSignal): Promise<void> {
    const end = new Date(`${tradingDay}T23:59:59Z`);
    const start = new Date(end.getTime() - lookBackDays * dayMs);
    let pageToken: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      const response = await callAlpaca(alpaca.data, "read", signal, (init) =>
        alpaca.stocks.stockBars(
          {
            symbols: symbols.join(","),
            timeframe: "1Day",
            start,
            limit: barsPerPage,
            adjustment: "split",
            feed: feed === "sip" || feed === "delayed_sip" ? "sip" : "iex",
            sort: "asc",
            ...(pageToken === undefined ? {} : { pageToken }),
          },
          init,
        ),
      );
      for (const symbol of symbols) if (!known.has(`${feed} ${symbol}`)) known.set(`${feed} ${symbol}`, null);
      for (const [symbol, bars] of Object.entries(response.bars)) {
        for (const bar of bars) {
          // The SDK types this as a Date and leaves the wire's text in it.
          const day = newYorkDate(new Date(bar.t));
          if (day < tradingDay) known.set(`${feed} ${symbol}`, { day, close: bar.c });
        }
      }
      if (!response.nextPageToken) return;
      pageToken = response.nextPageToken;
    }
  }

  return {
    /** @throws BrokerUnavailableError; a symbol without a bar is absent. */
    async of(feed: Feed, symbols: readonly string[], tradingDay: NewYorkDate, signal: AbortSignal): Promise<ReadonlyMap<string, PreviousClose>> {
      const nowMs = clock.now().getTime();
      if (tradingDay !== knownDay || nowMs >= knownUntilMs) {
        known.clear();
        knownDay = tradingDay;
        knownUntilMs = nowMs + knownForMs;
      }
      const missing = symbols.filter((symbol) => !known.has(`${feed} ${symbol}`));
      if (missing.length > 0) {
        try {
          await load(feed, missing, tradingDay, signal);
        } catch (error) {
          throw unavailable("previous closes", error);
        }
      }
      const closes = new Map<string, PreviousClose>();
      for (const symbol of symbols) {
        const close = known.get(`${feed} ${symbol}`);
        if (close) closes.set(symbol, close);
      }
      return closes;
    },
  };
}
