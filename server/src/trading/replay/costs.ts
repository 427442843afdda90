import { feeFrom, moveBy, type Price, type Usd } from "../../core/decimal.ts";
import type { AssetClass, Side } from "@nod/contract/primitives";

/** What trading costs in a replay, in basis points. */
export type Costs = {
  /** How much worse than the next bar's open an order at the market is filled. */
  slippageBps: number;
  feeBps: Readonly<Record<AssetClass, Readonly<Record<Side, number>>>>;
};

/**
 * Alpaca takes no commission for stocks; a sale pays the SEC's fee ($27.80 a million when this was written). Crypto pays the
 * taker's fee of the first tier. Source: Alpaca's fee schedules. Five basis points of slippage are more than a liquid stock
 * costs in a small order, on purpose.
 */
export const defaultCosts: Costs = { slippageBps: 5, feeBps: { us_equity: { buy: 0, sell: 0.278 }, crypto: { buy: 25, sell: 25 } } };

/** A buy pays more than the price, a sale gets less. */
export const slipped = (price: Price, side: Side, { slippageBps }: Costs): Price => moveBy(price, side === "buy" ? slippageBps : -slippageBps);

/** Rounded up to the cent. */
export const feeOf = (worth: Usd, assetClass: AssetClass, side: Side, { feeBps }: Costs): Usd => feeFrom(worth, feeBps[assetClass][side]);
