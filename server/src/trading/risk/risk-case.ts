import { quantityFor, type Quantity, type Usd } from "../../core/decimal.ts";
import type { TradeIntent } from "./intent.ts";
import type { RiskContext } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";
import type { OrderSize } from "./size.ts";

/** What a guardrail is shown at the answer. */
export type RiskCase = { intent: TradeIntent; context: RiskContext; settings: RiskSettings; size: OrderSize | null };

/** What it takes up of the limits, in USD: what it may cost at most. While it has no size, what was asked for. */
export const worthOf = ({ intent, size }: Pick<RiskCase, "intent" | "size">): Usd => size?.reservedUsd ?? intent.notionalUsd;

/** In shares or coins; of dollars by the last trade, and null without one. */
export function qtyOf({ intent, size, context }: Pick<RiskCase, "intent" | "size" | "context">): Quantity | null {
  if (size?.kind === "quantity") return size.qty;
  return context.lastTrade === null ? null : quantityFor(intent.notionalUsd, context.lastTrade.price);
}
