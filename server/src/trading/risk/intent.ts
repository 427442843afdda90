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
  orderType: "market";
  /** The size asked for. A sell goes out as a quantity, at most what the user holds. */
  notionalUsd: Usd;
  mode: TradingMode;
  facts: ShownFacts;
  /** Anything else worth keeping about its origin, for the record. */
  background: Readonly<Record<string, unknown>>;
  /** An approval is worth nothing after this instant. */
  approvalExpiresAt: Date;
};

/** A way out of a position, born of a kill switch that flattens: all that the user holds of a symbol. Nobody is asked again. */
export type ExitIntent = Pick<TradeIntent, "id" | "firebaseUid" | "symbol" | "assetClass" | "orderType" | "mode" | "facts" | "background" | "approvalExpiresAt"> & {
  origin: "kill_switch";
  questionId: null;
  ruleId: null;
  side: "sell";
  qty: Quantity;
};
