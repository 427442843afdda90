import { type Denial } from "./denial.ts";
import type { TradeIntent } from "./intent.ts";
import { exitSendGuardrails, type ExitSendCase } from "./exit-guardrails.ts";
import { priceCollar } from "./limit-guardrails.ts";
import { driftWithinBounds, marketOpen, priceFresh, priceKnown, sessionKnown } from "./market-guardrails.ts";
import { approvalValid, killSwitch, modeAllowed, tradingEnabled } from "./permission-guardrails.ts";
import type { MarketContext } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";

/** What can have changed between the answer and the POST. Amounts cannot: the order's own row holds its place in them. */
export type SendContext = MarketContext & { user: { enabled: boolean; mode: string } | null; priceCollarBps: number | null };

export type SendCase = {
  intent: Pick<TradeIntent, "side" | "symbol" | "mode" | "facts" | "limitPrice" | "approvalExpiresAt">;
  context: SendContext;
  settings: RiskSettings;
};

/** The same for an exit of a kill switch. */
export function exitDenialBeforeSending(of: ExitSendCase): Denial | null {
  return firstOf(exitSendGuardrails, of);
}

const sendGuardrails: readonly ((of: SendCase) => Denial | null)[] = [
  killSwitch,
  tradingEnabled,
  modeAllowed,
  approvalValid,
  sessionKnown,
  marketOpen,
  priceKnown,
  priceFresh,
  driftWithinBounds,
  priceCollar,
];

/** What stays true however long one waits: these end an order even while nothing may be sent yet. */
const finalGuardrails: readonly ((of: SendCase) => Denial | null)[] = [killSwitch, approvalValid];

/** Right before the POST, in the transaction that claims the order. Null: it may go out. Pure. */
export function denialBeforeSending(of: SendCase): Denial | null {
  return firstOf(sendGuardrails, of);
}

/** While the broker is not reconciled an order waits; only what no waiting can mend denies it. Pure. */
export function denialWhileWaiting(of: SendCase): Denial | null {
  return firstOf(finalGuardrails, of);
}

function firstOf<Case>(guardrails: readonly ((of: Case) => Denial | null)[], of: Case): Denial | null {
  for (const guardrail of guardrails) {
    const denial = guardrail(of);
    if (denial !== null) return denial;
  }
  return null;
}
