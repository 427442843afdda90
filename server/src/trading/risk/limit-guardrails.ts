/** What the limit of a limit order must be. A sell is held to it too: a limit far from the market is a slip of whoever set it. */
import { guardrailDefaults } from "@nod/contract/trading-config";
import { basisPointsBetween } from "../../core/decimal.ts";
import type { Denial } from "./denial.ts";
import type { TradeIntent } from "./intent.ts";
import { isOnTick } from "./limit-price.ts";
import type { MarketContext } from "./risk-context.ts";

/** A limit order has a price that the broker takes, and no other order has one. */
export function limitPriceValid({ intent }: { intent: Pick<TradeIntent, "orderType" | "limitPrice" | "assetClass"> }): Denial | null {
  const { orderType, limitPrice, assetClass } = intent;
  if (limitPrice === null ? orderType === "market" : orderType === "limit" && isOnTick(assetClass, limitPrice)) return null;
  return {
    code: "limit_price_invalid",
    because: limitPrice === null ? "it names no limit" : `the broker takes no ${orderType} order at $${limitPrice}`,
    limits: { order_type: orderType, limit_price: limitPrice },
  };
}

type CollarCase = {
  intent: Pick<TradeIntent, "limitPrice" | "symbol">;
  context: Pick<MarketContext, "lastTrade"> & { priceCollarBps: number | null };
};

/** `priceCollarBps` null: the config says nothing, and the default holds. */
export function priceCollar({ intent, context }: CollarCase): Denial | null {
  const { limitPrice, symbol } = intent;
  if (limitPrice === null) return null;
  const collarBps = context.priceCollarBps ?? guardrailDefaults.priceCollarBps;
  const now = context.lastTrade?.price ?? null;
  const distanceBps = now === null ? null : basisPointsBetween(now, limitPrice);
  if (distanceBps !== null && Number(distanceBps) <= collarBps) return null;
  return {
    code: "price_collar_exceeded",
    because: `a limit of $${limitPrice} is too far from the last trade of ${symbol}`,
    limits: { limit_price: limitPrice, price_now: now, distance_bps: distanceBps, price_collar_bps: collarBps },
  };
}
