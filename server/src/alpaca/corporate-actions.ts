import { Decimal } from "decimal.js";
import type { CorporateActionsPort, Split } from "../trading/market/bar-ports.ts";
import { BrokerUnavailableError } from "../trading/ports.ts";
import { unavailable } from "./call-failure.ts";
import { callAlpaca, type AlpacaConnection } from "./connection.ts";

const perPage = 1_000;
const maxPages = 20;
const symbolsPerCall = 500;

type WireSplit = { exDate: Date; newRate: number; oldRate: number };

/** Alpaca's corporate actions, as far as they change what a share is. A unit split's shares get another symbol; it is left out. */
export function createAlpacaCorporateActions(alpaca: AlpacaConnection): CorporateActionsPort {
  async function fetchOf(symbols: readonly string[], from: string, to: string, signal: AbortSignal): Promise<Split[]> {
    const found: Split[] = [];
    let pageToken: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const request = { symbols: symbols.join(","), types: "forward_split,reverse_split", start: new Date(from), end: new Date(to), limit: perPage, ...(pageToken === undefined ? {} : { pageToken }) };
      const { corporateActions, nextPageToken } = await callAlpaca(alpaca.data, "history", signal, (init) => alpaca.corporateActions.corporateActions(request, init));
      for (const split of corporateActions.forwardSplits ?? []) found.push(...splitOf(split.symbol, split));
      for (const split of corporateActions.reverseSplits ?? []) found.push(...splitOf(split.symbol, split));
      if (!nextPageToken) return found;
      pageToken = nextPageToken;
    }
    throw new BrokerUnavailableError(`corporate actions: more than ${maxPages} pages were left`);
  }

  return {
    async fetchSplits({ symbols, from, to }, signal) {
      const found: Split[] = [];
      try {
        for (let start = 0; start < symbols.length; start += symbolsPerCall) found.push(...(await fetchOf(symbols.slice(start, start + symbolsPerCall), from, to, signal)));
      } catch (error) {
        throw unavailable("corporate actions", error);
      }
      return found;
    },
  };
}

/** Nothing when a part of it is nonsense. */
function splitOf(symbol: string, { exDate, newRate, oldRate }: WireSplit): Split[] {
  if (Number.isNaN(exDate.getTime()) || !(newRate > 0) || !(oldRate > 0)) return [];
  return [{ symbol, exDate: exDate.toISOString().slice(0, 10), ratio: new Decimal(newRate).dividedBy(oldRate).toDecimalPlaces(9).toFixed() }];
}
