/** What an exit must pass: that it is still wanted, that it can be judged, and that it sells no more than is held. */
import { isGreater, type Quantity } from "../../core/decimal.ts";
import type { Denial } from "./denial.ts";
import type { ExitIntent } from "./intent.ts";
import { marketOpen, sessionKnown } from "./market-guardrails.ts";
import { approvalValid, brokerReconciled, venueFits } from "./permission-guardrails.ts";
import type { MarketContext } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";
import { sellableQty } from "./size.ts";

/** What is true of one position while it is being closed. */
export type ExitContext = MarketContext & {
  reconciledAt: Date | null;
  position: Quantity;
  openSellQty: Quantity;
  openOrdersOfSymbol: number;
};

export type ExitCase = { intent: ExitIntent; context: ExitContext; settings: RiskSettings };

/** What can have changed between its making and its POST. */
export type ExitSendCase = { intent: Pick<ExitIntent, "origin" | "mode" | "facts" | "symbol" | "approvalExpiresAt">; context: MarketContext; settings: RiskSettings };

/** A halt that was lifted sells nothing more. What a plan was set off for is wanted whatever halts are on. */
export function stillWanted({ intent, context }: { intent: Pick<ExitIntent, "origin">; context: Pick<MarketContext, "killSwitch"> }): Denial | null {
  if (intent.origin === "exit_plan" || context.killSwitch?.mode === "flatten") return null;
  return { code: "exit_no_longer_wanted", because: "the kill switch that closes positions is no longer on", limits: { mode: context.killSwitch?.mode ?? null } };
}

function operatorAllowsTrading({ settings }: { settings: RiskSettings }): Denial | null {
  if (settings.tradingEnabled) return null;
  return { code: "trading_disabled", because: "the operator has switched trading off", limits: { operator_enabled: false, user_enabled: null } };
}

function nothingOpen({ intent, context }: ExitCase): Denial | null {
  if (context.openOrdersOfSymbol === 0) return null;
  return { code: "duplicate_open_order", because: `an order for ${intent.symbol} is still open`, limits: { symbol: intent.symbol, open_orders: context.openOrdersOfSymbol } };
}

function noMoreThanHeld({ intent, context }: ExitCase): Denial | null {
  const sellable = sellableQty(context);
  if (!isGreater(intent.qty, sellable)) return null;
  return {
    code: "insufficient_position",
    because: `you hold no ${intent.qty} ${intent.symbol} that are not already being sold`,
    limits: { position_qty: context.position, open_sell_qty: context.openSellQty, sellable_qty: sellable },
  };
}

export const exitGuardrails: readonly ((of: ExitCase) => Denial | null)[] = [
  stillWanted,
  brokerReconciled,
  operatorAllowsTrading,
  venueFits,
  approvalValid,
  sessionKnown,
  marketOpen,
  nothingOpen,
  noMoreThanHeld,
];

export const exitSendGuardrails: readonly ((of: ExitSendCase) => Denial | null)[] = [stillWanted, operatorAllowsTrading, venueFits, approvalValid, sessionKnown, marketOpen];
