import type { Decision } from "@nod/contract/denial";
import { guardrailDefaults } from "@nod/contract/trading-config";
import { basisPointsBetween, costOf } from "../../core/decimal.ts";
import { assetFractionable, assetKnown, assetMinimum, assetTradable } from "./asset-guardrails.ts";
import { messageOf, type Denial } from "./denial.ts";
import {
  dailyLoss,
  exposureOfAll,
  noShortSale,
  notTheSameTwice,
  openOrders,
  orderSize,
  ordersPerMinute,
  positionOfSymbol,
  symbolCooledDown,
} from "./exposure-guardrails.ts";
import { exitGuardrails, type ExitContext } from "./exit-guardrails.ts";
import type { ExitIntent, TradeIntent } from "./intent.ts";
import { limitPriceValid, priceCollar } from "./limit-guardrails.ts";
import { driftWithinBounds, marketOpen, priceFresh, priceKnown, sessionKnown } from "./market-guardrails.ts";
import { approvalValid, autoAllowed, autoWithinBudget, brokerReconciled, killSwitch, modeAllowed, newestQuestion, notBlocked, onWatchlist, questionAnswered, tradingEnabled } from "./permission-guardrails.ts";
import type { RiskCase } from "./risk-case.ts";
import type { RiskContext } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";
import {
  buyingPowerKnown,
  enoughBuyingPower,
  enoughPosition,
  noOpenOrder,
  notionalAboveMinimum,
  notionalBelowMaximum,
  notionalPer4h,
  operatorCaps,
  ordersPerDay,
  positionUnchanged,
} from "./size-guardrails.ts";
import { sizeOf, type OrderSize } from "./size.ts";

declare const approval: unique symbol;

/** An intent that passed every guardrail. Only `decide` and `decideExit` make one, and only one can be placed. */
export type Approved = { readonly [approval]: true; readonly intent: TradeIntent | ExitIntent; readonly size: OrderSize; readonly tradingDay: string; readonly undoSeconds: number };

export type Verdict = { approved: Approved; decision: Decision } | { approved: null; decision: Decision };

/**
 * In this order; the first that fails is the answer: who may trade at all, then whether the market can be judged, then how
 * much. A guardrail that depends on something unknown stands behind the one that names the unknown.
 */
const guardrails: readonly ((of: RiskCase) => Denial | null)[] = [
  killSwitch,
  brokerReconciled,
  tradingEnabled,
  modeAllowed,
  questionAnswered,
  autoAllowed,
  approvalValid,
  newestQuestion,
  onWatchlist,
  notBlocked,
  sessionKnown,
  marketOpen,
  priceKnown,
  priceFresh,
  driftWithinBounds,
  limitPriceValid,
  collarOfUser,
  assetKnown,
  assetTradable,
  assetFractionable,
  assetMinimum,
  noOpenOrder,
  notTheSameTwice,
  symbolCooledDown,
  openOrders,
  ordersPerMinute,
  ordersPerDay,
  notionalAboveMinimum,
  notionalBelowMaximum,
  orderSize,
  notionalPer4h,
  positionOfSymbol,
  exposureOfAll,
  dailyLoss,
  autoWithinBudget,
  operatorCaps,
  buyingPowerKnown,
  enoughBuyingPower,
  noShortSale,
  enoughPosition,
  positionUnchanged,
];

/** The config is at hand here; right before the POST only its scalars are. */
function collarOfUser({ intent, context }: RiskCase): Denial | null {
  return priceCollar({ intent, context: { lastTrade: context.lastTrade, priceCollarBps: context.user?.guardrails.price_collar_bps ?? null } });
}

/** Pure: the same intent in the same context has the same verdict. */
export function decide(intent: TradeIntent, context: RiskContext, settings: RiskSettings): Verdict {
  const size = sizeOf(intent, context);
  const riskCase: RiskCase = { intent, context, settings, size };
  for (const guardrail of guardrails) {
    const denial = guardrail(riskCase);
    if (denial !== null) return { approved: null, decision: deniedDecision(denial) };
  }
  // Both are proven by the guardrails above; the types cannot know that.
  if (size === null || context.session === null) throw new Error("an intent without size or session passed the guardrails");
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of the two places that may say so
    approved: { intent, size, tradingDay: context.session.tradingDay, undoSeconds: context.user?.guardrails.undo_seconds ?? guardrailDefaults.undoSeconds } as Approved,
    decision: { verdict: "approved", code: null, message: `Approved: ${inWords(intent, size)} is on its way.`, limits: limitsSeen(riskCase) },
  };
}

/** Pure. Of the guardrails only those that an exit cannot pass by being one, and that it is still wanted. */
export function decideExit(intent: ExitIntent, context: ExitContext, settings: RiskSettings): Verdict {
  for (const guardrail of exitGuardrails) {
    const denial = guardrail({ intent, context, settings });
    if (denial !== null) return { approved: null, decision: deniedDecision(denial) };
  }
  if (context.session === null) throw new Error("an exit without a session passed the guardrails");
  const size: OrderSize = { kind: "quantity", qty: intent.qty, reservedUsd: costOf(intent.qty, intent.facts.price) };
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the other place that may say so
    approved: { intent, size, tradingDay: context.session.tradingDay, undoSeconds: 0 } as Approved,
    decision: {
      verdict: "approved",
      code: null,
      message: `Approved: ${inWords(intent, size)} is on its way, ${intent.origin === "exit_plan" ? "as was approved with the buy" : "since your positions are being closed"}.`,
      limits: { position_qty: context.position, open_sell_qty: context.openSellQty, price_now: intent.facts.price, mode: context.killSwitch?.mode ?? null, scope: context.killSwitch?.scope ?? null },
    },
  };
}

export function deniedDecision(denial: Denial): Decision {
  return { verdict: "denied", code: denial.code, message: messageOf(denial), limits: { ...denial.limits } };
}

function inWords({ side, symbol, limitPrice }: Pick<TradeIntent, "side" | "symbol" | "limitPrice">, size: OrderSize): string {
  const order = size.kind === "notional" ? `an order to ${side} ${symbol} for $${size.notionalUsd}` : `an order to ${side} ${size.qty} ${symbol}`;
  return limitPrice === null ? order : `${order} at $${limitPrice} or better`;
}

function limitsSeen({ intent, context, settings, size }: RiskCase): Record<string, unknown> {
  const own = context.user?.guardrails;
  return {
    order_type: intent.orderType,
    limit_price: intent.limitPrice,
    notional_usd: intent.notionalUsd,
    reserved_usd: size?.reservedUsd ?? null,
    orders_today: context.ordersToday,
    max_orders_per_day: own?.max_orders_per_day ?? null,
    used_usd_4h: context.notionalUsd4h,
    max_notional_usd_per_4h: own?.max_notional_usd_per_4h ?? null,
    operator_max_order_notional_usd: settings.caps.maxOrderNotionalUsd,
    operator_max_orders_per_day: settings.caps.maxOrdersPerDay,
    operator_max_notional_usd_per_4h: settings.caps.maxNotionalUsdPer4h,
    buying_power: context.account?.buyingPower ?? null,
    position_qty: context.position,
    price_shown: intent.facts.price,
    price_now: context.lastTrade?.price ?? null,
    drift_bps: context.lastTrade === null ? null : basisPointsBetween(intent.facts.price, context.lastTrade.price),
    max_drift_bps: intent.facts.maxDriftBps,
    trading_day: context.session?.tradingDay ?? null,
  };
}
