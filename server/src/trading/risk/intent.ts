import type { OrderType } from "@nod/contract/order";
import type { AssetClass, Feed, Side, TradingMode } from "@nod/contract/primitives";
import type { Price, Quantity, Usd } from "../../core/decimal.ts";

/** The facts that a question showed and the bounds that its rule set on their change. */
export type ShownFacts = {
  feed: Feed;
  price: Price;
  priceAsOf: Date;
  maxStalenessSeconds: number;
  maxDriftBps: number;
};

/** What somebody wants to trade, wherever the wish came from. Nothing of it is approved yet. */
export type TradeIntent = {
  id: string;
  firebaseUid: string;
  origin: "rule";
  questionId: string | null;
  ruleId: string | null;
  symbol: string;
  assetClass: AssetClass;
  side: Side;
  orderType: OrderType;
  /** What a limit order pays at most, or takes at least; null at the market. */
  limitPrice: Price | null;
  /** What was asked for in dollars; of a `qty`, what it was worth when it was asked for. A sell goes out as a quantity, at most what the user holds. */
  notionalUsd: Usd;
  /** The size where it was asked for in shares or coins; null where it was dollars. */
  qty: Quantity | null;
  mode: TradingMode;
  /** Its rule orders without asking. */
  isAuto: boolean;
  facts: ShownFacts;
  /** Anything else worth keeping about its origin, for the record. */
  background: Readonly<Record<string, unknown>>;
  /** An approval is worth nothing after this instant. */
  approvalExpiresAt: Date;
};

/**
 * A way out of a position. Nobody is asked again: it is born of a kill switch that flattens, for all that the user holds of a
 * symbol, or of a plan that was approved along with a buy, for what that buy brought in.
 */
export type ExitIntent = Pick<TradeIntent, "id" | "firebaseUid" | "symbol" | "assetClass" | "mode" | "facts" | "background" | "approvalExpiresAt"> & {
  origin: "kill_switch" | "exit_plan";
  questionId: null;
  ruleId: string | null;
  /** The plan's, which is its buy's order. */
  exitOf: string | null;
  side: "sell";
  orderType: "market";
  limitPrice: null;
  qty: Quantity;
};
