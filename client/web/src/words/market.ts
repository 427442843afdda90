import type { Feed, Side, TradingMode } from "@nod/contract/primitives";
import type { TradingStatus } from "@nod/contract/status";
import type { ReferenceMetric } from "@nod/contract/trading-config";

export const feedNames: Record<Feed, string> = { iex: "IEX", sip: "SIP", delayed_sip: "SIP, delayed", crypto_us: "Crypto US" };

/** Ends the sentence "SPY is down 1.6 % …". */
export const comparedWith: Record<ReferenceMetric, string> = {
  prev_close: "vs yesterday",
  day_open: "since the open",
  day_high: "from today's high",
  day_low: "from today's low",
};

/** Labels the reference in a chart. */
export const referenceNames: Record<ReferenceMetric, string> = {
  prev_close: "prev close",
  day_open: "open",
  day_high: "high",
  day_low: "low",
};

export const sideWords: Record<Side, { order: string; doing: string; done: string }> = {
  buy: { order: "Buy", doing: "Buying", done: "Bought" },
  sell: { order: "Sell", doing: "Selling", done: "Sold" },
};

const brokerNames: Record<TradingStatus["broker"], string> = { simulator: "the built-in simulator", alpaca: "Alpaca", test: "the test broker" };

/** Which account an order would go to. */
export function accountWords(mode: TradingMode, broker: TradingStatus["broker"]): string {
  return mode === "live" ? `Real money, at ${brokerNames[broker]}` : `Paper account at ${brokerNames[broker]}`;
}
