import type { AssetClass } from "@nod/contract/primitives";
import { add, larger, usd, type Usd } from "../../core/decimal.ts";
import { type Denial } from "./denial.ts";
import { secondsBetween } from "./permission-guardrails.ts";
import { worthOf, type RiskCase } from "./risk-case.ts";
import { exceeds, fundsLeft, isExit, sellableQty } from "./size.ts";

/** The broker's own minimum for an order by notional, in USD. Source: Alpaca's order rules. */
const brokerMinimum: Record<AssetClass, Usd> = { us_equity: usd("1"), crypto: usd("10") };

/**
 * One order of a symbol at a time, buys and sells together (opposite orders of one account are refused by the broker as a
 * wash trade). An order whose outcome is unknown blocks its symbol like an open one: it may be at the broker.
 */
export function noOpenOrder({ intent, context }: RiskCase): Denial | null {
  if (context.openOrdersOfSymbol === 0) return null;
  return {
    code: "duplicate_open_order",
    because: `an order for ${intent.symbol} is still open`,
    limits: { symbol: intent.symbol, open_orders: context.openOrdersOfSymbol },
  };
}

export function ordersPerDay({ intent, context }: RiskCase): Denial | null {
  const limit = context.user?.guardrails.max_orders_per_day ?? 0;
  if (isExit(intent) || context.ordersToday < limit) return null;
  return {
    code: "max_orders_per_day_reached",
    because: `${context.ordersToday} of ${limit} orders of the day are used`,
    limits: { orders_today: context.ordersToday, max_orders_per_day: limit },
  };
}

export function notionalAboveMinimum(of: RiskCase): Denial | null {
  const { intent, context } = of;
  const worth = worthOf(of);
  const own = context.user?.guardrails.min_notional_usd;
  const minimum = own === undefined ? brokerMinimum[intent.assetClass] : larger(brokerMinimum[intent.assetClass], usd(own));
  // A sell goes out as a quantity, and what is left of a position may be small.
  if (isExit(intent) || (of.size !== null && !exceeds(minimum, worth))) return null;
  return {
    code: "notional_below_minimum",
    because: of.size === null ? `$${worth} buys nothing of ${intent.symbol}` : `$${worth} is less than the smallest order of $${minimum}`,
    limits: { notional_usd: worth, min_notional_usd: minimum },
  };
}

export function notionalBelowMaximum(of: RiskCase): Denial | null {
  const { intent, context } = of;
  const worth = worthOf(of);
  const own = context.user?.guardrails.max_notional_usd;
  if (isExit(intent) || own === undefined || !exceeds(worth, usd(own))) return null;
  return {
    code: "notional_above_maximum",
    because: `$${worth} is more than your largest order of $${own}`,
    limits: { notional_usd: worth, max_notional_usd: String(own) },
  };
}

export function notionalPer4h(of: RiskCase): Denial | null {
  const limit = usd(of.context.user?.guardrails.max_notional_usd_per_4h ?? 0);
  const used = of.context.notionalUsd4h;
  const worth = worthOf(of);
  if (isExit(of.intent) || !exceeds(add(used, worth), limit)) return null;
  return {
    code: "max_notional_per_4h_exceeded",
    because: `$${worth} on top of $${used} in the last four hours is more than $${limit}`,
    limits: { notional_usd: worth, used_usd_4h: used, max_notional_usd_per_4h: limit },
  };
}

/** The operator caps what may be bought. What is held may always be sold. */
export function operatorCaps(of: RiskCase): Denial | null {
  const { intent, context, settings } = of;
  if (isExit(intent)) return null;
  const { maxOrderNotionalUsd, maxOrdersPerDay, maxNotionalUsdPer4h } = settings.caps;
  const reserved = worthOf(of);
  const exceeded = exceeds(reserved, maxOrderNotionalUsd)
    ? "max_order_notional_usd"
    : context.ordersToday >= maxOrdersPerDay
      ? "max_orders_per_day"
      : exceeds(add(context.notionalUsd4h, reserved), maxNotionalUsdPer4h)
        ? "max_notional_usd_per_4h"
        : null;
  if (exceeded === null) return null;
  return {
    code: "operator_cap_exceeded",
    because: "it is more than the operator allows anyone",
    limits: {
      cap: exceeded,
      notional_usd: reserved,
      orders_today: context.ordersToday,
      used_usd_4h: context.notionalUsd4h,
      max_order_notional_usd: maxOrderNotionalUsd,
      max_orders_per_day: maxOrdersPerDay,
      max_notional_usd_per_4h: maxNotionalUsdPer4h,
    },
  };
}

export function buyingPowerKnown({ intent, context, settings }: RiskCase): Denial | null {
  const { account, at } = context;
  if (isExit(intent) || (account !== null && secondsBetween(account.asOf, at) <= settings.accountMaxAgeSeconds)) return null;
  return {
    code: "buying_power_unknown",
    because: "the account's buying power is not known",
    limits: { as_of: account?.asOf.toISOString() ?? null, max_age_seconds: settings.accountMaxAgeSeconds },
  };
}

export function enoughBuyingPower(of: RiskCase): Denial | null {
  const { intent } = of;
  const { account } = of.context;
  const worth = worthOf(of);
  if (isExit(intent) || account === null || !exceeds(worth, fundsLeft(account))) return null;
  return {
    code: "insufficient_buying_power",
    because: `the account cannot pay for $${worth}`,
    limits: { notional_usd: worth, buying_power: account.buyingPower, in_flight_usd: account.inFlightUsd },
  };
}

export function enoughPosition({ intent, context, size }: RiskCase): Denial | null {
  if (!isExit(intent) || size !== null) return null;
  return {
    code: "insufficient_position",
    because: `you hold no ${intent.symbol} that is not already being sold`,
    limits: { position_qty: context.position, open_sell_qty: context.openSellQty, sellable_qty: sellableQty(context) },
  };
}

/** Asked about a position, and part of it has been sold since: it is another position now. */
export function positionUnchanged({ intent, context }: RiskCase): Denial | null {
  if (!isExit(intent) || !context.asked.hasSold) return null;
  return {
    code: "position_changed",
    because: `some of your ${intent.symbol} has been sold since the question`,
    limits: { position_qty: context.position, open_sell_qty: context.openSellQty },
  };
}
