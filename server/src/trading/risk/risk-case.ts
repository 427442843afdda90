import type { TradeIntent } from "./intent.ts";
import type { RiskContext } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";
import type { OrderSize } from "./size.ts";

/** What a guardrail is shown at the answer. */
export type RiskCase = { intent: TradeIntent; context: RiskContext; settings: RiskSettings; size: OrderSize | null };
