import { price, quantity } from "../core/decimal.ts";
import type { MinuteBar, MinuteBarsPort, MinuteBarsRequest } from "../trading/ports.ts";
import { unavailable } from "./call-failure.ts";
import { callAlpaca, type AlpacaConnection } from "./connection.ts";

const barsPerPage = 10_000;
/** 30 symbols with a whole session each are two pages. */
const maxPages = 20;

type WireBar = { t: Date | string; o: number; h: number; l: number; c: number; v: number };

/** Alpaca's minute bars behind trading's port: one call, in pages, for the union of the symbols. */
export function createAlpacaMinuteBars(alpaca: AlpacaConnection): MinuteBarsPort {
  async function page(request: MinuteBarsRequest, pageToken: string | undefined, signal: AbortSignal) {
    const { symbols, since: start, feed } = request;
    const common = { symbols: symbols.join(","), timeframe: "1Min", start, limit: barsPerPage, sort: "asc" as const, ...(pageToken === undefined ? {} : { pageToken }) };
    return callAlpaca(alpaca.data, "read", signal, async (init): Promise<{ bars: Record<string, WireBar[]>; nextPageToken?: string | null }> => {
      if (request.assetClass === "crypto") return alpaca.crypto.cryptoBars({ loc: "us", ...common }, init);
      // Today's trades are in today's shares, so nothing has to be adjusted.
      return alpaca.stocks.stockBars({ ...common, adjustment: "raw", feed: feed === "sip" || feed === "delayed_sip" ? "sip" : "iex" }, init);
    });
  }

  return {
    async fetchMinuteBars(request, signal) {
      const found: MinuteBar[] = [];
      let pageToken: string | undefined;
      try {
        for (let pages = 0; pages < maxPages; pages += 1) {
          const response = await page(request, pageToken, signal);
          for (const [symbol, bars] of Object.entries(response.bars)) for (const bar of bars) found.push(...readBar(symbol, bar));
          if (!response.nextPageToken) return found;
          pageToken = response.nextPageToken;
        }
      } catch (error) {
        throw unavailable("minute bars", error);
      }
      return found;
    },
  };
}

/** Nothing when a part of it is nonsense. */
function readBar(symbol: string, { t, o, h, l, c, v }: WireBar): MinuteBar[] {
  // The SDK types this as a Date and leaves the wire's text in it.
  const startsAt = new Date(t);
  if (Number.isNaN(startsAt.getTime()) || ![o, h, l, c].every((value) => value > 0) || !(v >= 0)) return [];
  return [{ symbol, startsAt, open: price(o), high: price(h), low: price(l), close: price(c), volume: quantity(v) }];
}
