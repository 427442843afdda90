/** What the broker lets be done with a symbol. What is held may be sold all the same: the broker then has the word. */
import { isLess, quantityFor } from "../../core/decimal.ts";
import type { Denial } from "./denial.ts";
import { secondsBetween } from "./permission-guardrails.ts";
import type { RiskCase } from "./risk-case.ts";
import { isExit } from "./size.ts";

/** The broker is asked about hourly; it changes these words rarely. */
const maxAssetAgeSeconds = 172_800;

export function assetKnown({ intent, context }: RiskCase): Denial | null {
  const { asset, at } = context;
  if (isExit(intent) || (asset !== null && secondsBetween(asset.asOf, at) <= maxAssetAgeSeconds)) return null;
  return {
    code: "asset_unknown",
    because: `the broker has not said yet whether ${intent.symbol} can be traded`,
    limits: { symbol: intent.symbol, as_of: asset?.asOf.toISOString() ?? null, max_age_seconds: maxAssetAgeSeconds },
  };
}

export function assetTradable({ intent, context }: RiskCase): Denial | null {
  if (isExit(intent) || context.asset?.isTradable === true) return null;
  return { code: "asset_not_tradable", because: `the broker does not trade ${intent.symbol}`, limits: { symbol: intent.symbol } };
}

/** A buy is sent as dollars, which come out as a fraction of a share. */
export function assetFractionable({ intent, context }: RiskCase): Denial | null {
  if (isExit(intent) || context.asset?.isFractionable === true) return null;
  return {
    code: "asset_not_fractionable",
    because: `the broker trades ${intent.symbol} in whole shares only, and $${intent.notionalUsd} is not a number of those`,
    limits: { symbol: intent.symbol, notional_usd: intent.notionalUsd },
  };
}

export function assetMinimum({ intent, context }: RiskCase): Denial | null {
  const smallest = context.asset?.minOrderQty ?? null;
  if (isExit(intent) || smallest === null || context.lastTrade === null) return null;
  const qty = quantityFor(intent.notionalUsd, context.lastTrade.price);
  if (!isLess(qty, smallest)) return null;
  return {
    code: "quantity_below_minimum",
    because: `$${intent.notionalUsd} buys about ${qty} ${intent.symbol}, and the broker's smallest order is ${smallest}`,
    limits: { qty, min_order_qty: smallest, price_now: context.lastTrade.price },
  };
}
