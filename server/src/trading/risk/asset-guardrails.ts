/** What the broker lets be done with a symbol. What is held may be sold all the same: the broker then has the word. */
import { decimalPlaces, isLess } from "../../core/decimal.ts";
import type { Denial } from "./denial.ts";
import { secondsBetween } from "./permission-guardrails.ts";
import { qtyOf, worthOf, type RiskCase } from "./risk-case.ts";
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

/** A buy that is sent as dollars comes out as a fraction of a share. */
export function assetFractionable(of: RiskCase): Denial | null {
  const { intent, context, size } = of;
  const qty = size?.kind === "quantity" ? size.qty : null;
  if (isExit(intent) || context.asset?.isFractionable === true || (qty !== null && decimalPlaces(qty) === 0)) return null;
  return {
    code: "asset_not_fractionable",
    because: `the broker trades ${intent.symbol} in whole shares only, and ${qty ?? `$${intent.notionalUsd}`} is not a number of those`,
    limits: { symbol: intent.symbol, notional_usd: worthOf(of), qty },
  };
}

export function assetMinimum(of: RiskCase): Denial | null {
  const { intent, context } = of;
  const smallest = context.asset?.minOrderQty ?? null;
  const qty = qtyOf(of);
  if (isExit(intent) || smallest === null || qty === null || !isLess(qty, smallest)) return null;
  return {
    code: "quantity_below_minimum",
    because: `$${worthOf(of)} buys about ${qty} ${intent.symbol}, and the broker's smallest order is ${smallest}`,
    limits: { qty, min_order_qty: smallest, price_now: context.lastTrade?.price ?? null },
  };
}
