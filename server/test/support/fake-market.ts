/** A market in memory behind the port: set prices, make a feed slow, broken or talkative. */
import { price } from "../../src/core/decimal.ts";
import type { Fact, FactRequest, MarketDataPort } from "../../src/trading/ports.ts";
import { BrokerUnavailableError } from "../../src/trading/ports.ts";

export type FakeMarket = MarketDataPort & {
  readonly requests: FactRequest[];
  /** The last trade from now on, and the close before. */
  set(symbol: string, last: string, prevClose?: string): void;
  /** How a feed behaves: answers, hangs until released (whatever its signal says), fails, or answers about other things. */
  behave(feed: string, how: "well" | "hang" | "fail" | "nonsense"): void;
};

export function createFakeMarket(): FakeMarket {
  const quotes = new Map<string, { last: string; prevClose: string }>();
  const behaviour = new Map<string, "well" | "hang" | "fail" | "nonsense">();
  const requests: FactRequest[] = [];

  const factsOf = ({ feed, assetClass, symbols, tradingDay }: FactRequest): Fact[] =>
    symbols.flatMap((symbol) => {
      const quote = quotes.get(symbol);
      if (quote === undefined) return [];
      const fact = { feed, assetClass, symbol, volume: null };
      return [
        { ...fact, metric: "last_trade" as const, price: price(quote.last), asOf: new Date(), tradingDay: null },
        { ...fact, metric: "prev_close" as const, price: price(quote.prevClose), asOf: new Date(Date.now() - 60_000_000), tradingDay },
      ];
    });

  return {
    requests,
    set: (symbol, last, prevClose = "100") => void quotes.set(symbol, { last, prevClose }),
    behave: (feed, how) => void behaviour.set(feed, how),
    async fetchFacts(request) {
      requests.push(request);
      switch (behaviour.get(request.feed) ?? "well") {
        case "hang":
          return new Promise<never>(() => undefined);
        case "fail":
          throw new BrokerUnavailableError("the market data host is down");
        case "nonsense":
          return factsOf({ ...request, symbols: ["NEVER"] }).concat(factsOf({ ...request, feed: "sip" }));
        case "well":
          return factsOf(request);
      }
    },
  };
}
