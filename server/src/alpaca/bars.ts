import { price, quantity } from "../core/decimal.ts";
import type { BarsPort, BarsRequest } from "../trading/market/bar-ports.ts";
import { BrokerUnavailableError, type Bar } from "../trading/ports.ts";
import { unavailable } from "./call-failure.ts";
import { callAlpaca, type AlpacaConnection } from "./connection.ts";

/** As many as Alpaca gives at most, over all symbols of a call. */
const mostBarsPerPage = 10_000;
/** Two million bars: whoever asks for more asks in parts. */
const maxPages = 200;

type WireBar = { t: Date | string; o: number; h: number; l: number; c: number; v: number };
type WirePage = { bars: Record<string, WireBar[]>; nextPageToken?: string | null };

/** Alpaca's bars behind trading's port. They are the past: `history` in the account's budget. */
export function createAlpacaBars(alpaca: AlpacaConnection, barsPerPage = mostBarsPerPage): BarsPort {
  async function page(request: BarsRequest, pageToken: string | undefined, signal: AbortSignal): Promise<WirePage> {
    const { symbols, timeframe, from: start, to, adjustment, feed } = request;
    // Alpaca's end belongs to the range.
    const end = new Date(to.getTime() - 1_000);
    const common = { symbols: symbols.join(","), timeframe, start, end, limit: barsPerPage, sort: "asc" as const, ...(pageToken === undefined ? {} : { pageToken }) };
    return callAlpaca(alpaca.data, "history", signal, async (init): Promise<WirePage> => {
      if (request.assetClass === "crypto") return alpaca.crypto.cryptoBars({ loc: "us", ...common }, init);
      return alpaca.stocks.stockBars({ ...common, adjustment, feed: feed === "sip" || feed === "delayed_sip" ? "sip" : "iex" }, init);
    });
  }

  return {
    async *fetchBars(request, signal) {
      if (request.from >= request.to) return;
      let pageToken: string | undefined;
      for (let pages = 0; pages < maxPages; pages += 1) {
        const { bars, token } = await page(request, pageToken, signal).then(readPage).catch((error: unknown) => {
          throw unavailable("bars", error);
        });
        yield bars;
        if (token === null) return;
        pageToken = token;
      }
      throw new BrokerUnavailableError(`bars: more than ${maxPages} pages were left`);
    },
  };
}

function readPage({ bars, nextPageToken }: WirePage): { bars: Bar[]; token: string | null } {
  const found = Object.entries(bars).flatMap(([symbol, of]) => of.flatMap((bar) => readBar(symbol, bar) ?? []));
  return { bars: found, token: typeof nextPageToken === "string" && nextPageToken !== "" ? nextPageToken : null };
}

/** Null when a part of it is nonsense. */
function readBar(symbol: string, { t, o, h, l, c, v }: WireBar): Bar | null {
  // The SDK types this as a Date and, in bars of several symbols, leaves the wire's text in it.
  const startsAt = new Date(t);
  if (Number.isNaN(startsAt.getTime()) || ![o, h, l, c].every((value) => value > 0) || !(v >= 0)) return null;
  try {
    return { symbol, startsAt, open: price(o), high: price(h), low: price(l), close: price(c), volume: quantity(v) };
  } catch {
    return null;
  }
}
