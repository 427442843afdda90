/** How much of what a user may hold, and how fast. None of them stands in the way of an exit. */
import { guardrailDefaults } from "@nod/contract/trading-config";
import { add, compare, isGreater, quantity, usd, zeroUsd } from "../../core/decimal.ts";
import type { Denial } from "./denial.ts";
import { dayResult, exposureOf, grossExposure, lossIn } from "./holdings.ts";
import { secondsBetween } from "./permission-guardrails.ts";
import { qtyOf, worthOf, type RiskCase } from "./risk-case.ts";
import { exceeds, isExit, sellableQty } from "./size.ts";

/** Nothing is sold short: who holds none of a symbol sells none of it. */
export function noShortSale({ intent, context }: RiskCase): Denial | null {
  if (!isExit(intent) || isGreater(context.position, quantity("0"))) return null;
  return {
    code: "short_sale_blocked",
    because: `you hold no ${intent.symbol}, and nothing is sold short`,
    limits: { position_qty: context.position, open_sell_qty: context.openSellQty, sellable_qty: sellableQty(context) },
  };
}

export function orderSize(of: RiskCase): Denial | null {
  const { intent, context } = of;
  const limit = context.user?.guardrails.max_order_qty;
  const qty = qtyOf(of);
  if (isExit(intent) || limit === undefined || qty === null || !isGreater(qty, quantity(limit))) return null;
  return {
    code: "order_size_exceeded",
    because: `$${worthOf(of)} buys about ${qty} ${intent.symbol}, and your largest order is ${limit}`,
    limits: { qty, max_order_qty: String(limit), price_now: context.lastTrade?.price ?? null },
  };
}

export function positionOfSymbol(of: RiskCase): Denial | null {
  const { intent, context } = of;
  const worth = worthOf(of);
  const limit = context.user?.guardrails.max_position_usd;
  if (isExit(intent) || limit === undefined) return null;
  const holding = context.holdings.find(({ symbol }) => symbol === intent.symbol);
  const before = holding === undefined ? zeroUsd : exposureOf(holding);
  if (before === null) return unvalued(`your position in ${intent.symbol}`, "max_position_usd", limit);
  if (!exceeds(add(before, worth), usd(limit))) return null;
  return {
    code: "position_limit_exceeded",
    because: `$${worth} on top of $${before} of ${intent.symbol} is more than your limit of $${limit}`,
    limits: { symbol: intent.symbol, notional_usd: worth, position_usd: before, max_position_usd: String(limit) },
  };
}

export function exposureOfAll(of: RiskCase): Denial | null {
  const { intent, context } = of;
  const worth = worthOf(of);
  const limit = context.user?.guardrails.max_gross_exposure_usd;
  if (isExit(intent) || limit === undefined) return null;
  const before = grossExposure(context.holdings);
  if (before === null) return unvalued("all that you hold", "max_gross_exposure_usd", limit);
  if (!exceeds(add(before, worth), usd(limit))) return null;
  return {
    code: "gross_exposure_exceeded",
    because: `$${worth} on top of $${before} is more than your limit of $${limit} for all symbols together`,
    limits: { notional_usd: worth, exposure_usd: before, max_gross_exposure_usd: String(limit) },
  };
}

const unvalued = (what: string, limit: "max_position_usd" | "max_gross_exposure_usd", amount: number): Denial => ({
  code: "exposure_unknown",
  because: `what ${what} is worth is not known`,
  limits: { limit, limit_usd: String(amount) },
});

export function openOrders({ intent, context }: RiskCase): Denial | null {
  const limit = context.user?.guardrails.max_open_orders ?? guardrailDefaults.maxOpenOrders;
  if (isExit(intent) || context.openOrders < limit) return null;
  return {
    code: "max_open_orders_reached",
    because: `${context.openOrders} of ${limit} orders are open at once`,
    limits: { open_orders: context.openOrders, max_open_orders: limit },
  };
}

export function ordersPerMinute({ intent, context }: RiskCase): Denial | null {
  const limit = context.user?.guardrails.max_orders_per_minute ?? guardrailDefaults.maxOrdersPerMinute;
  if (isExit(intent) || context.ordersLastMinute < limit) return null;
  return {
    code: "order_rate_exceeded",
    because: `${context.ordersLastMinute} orders were made within the last minute, of ${limit} allowed`,
    limits: { orders_last_minute: context.ordersLastMinute, max_orders_per_minute: limit },
  };
}

export function dailyLoss({ intent, context }: RiskCase): Denial | null {
  const limit = context.user?.guardrails.max_daily_loss_usd;
  if (isExit(intent) || limit === undefined) return null;
  const result = dayResult(context.holdings);
  if (result === null) {
    return { code: "daily_result_unknown", because: "what the day has brought so far is not known", limits: { max_daily_loss_usd: String(limit) } };
  }
  const loss = lossIn(result);
  if (compare(loss, usd(limit)) < 0) return null;
  return {
    code: "daily_loss_limit_reached",
    because: `the day has lost $${loss}, and your limit is $${limit}`,
    limits: { day_result_usd: result, loss_usd: loss, max_daily_loss_usd: String(limit) },
  };
}

export function symbolCooledDown({ intent, context }: RiskCase): Denial | null {
  const cooldown = context.user?.guardrails.symbol_cooldown_seconds ?? 0;
  const last = context.recentOfSymbol[0];
  if (isExit(intent) || cooldown === 0 || last === undefined) return null;
  const ago = secondsBetween(last.createdAt, context.at);
  if (ago >= cooldown) return null;
  return {
    code: "symbol_cooldown_active",
    because: `the last order of ${intent.symbol} was ${Math.floor(ago)} seconds ago, and you want ${cooldown} between two`,
    limits: { symbol: intent.symbol, last_order_at: last.createdAt.toISOString(), symbol_cooldown_seconds: cooldown },
  };
}

export function notTheSameTwice(of: RiskCase): Denial | null {
  const { intent, context } = of;
  const worth = worthOf(of);
  const window = context.user?.guardrails.duplicate_intent_window_seconds ?? 0;
  if (isExit(intent) || window === 0) return null;
  const same = context.recentOfSymbol.find(
    ({ side, reservedUsd, createdAt }) => side === intent.side && compare(reservedUsd, worth) === 0 && secondsBetween(createdAt, context.at) < window,
  );
  if (same === undefined) return null;
  return {
    code: "duplicate_intent",
    because: `the same order for $${worth} of ${intent.symbol} was made less than ${window} seconds ago`,
    limits: { symbol: intent.symbol, notional_usd: worth, last_order_at: same.createdAt.toISOString(), duplicate_intent_window_seconds: window },
  };
}
