import { Type, type Static } from "typebox";

/** Why Nod itself made no order. Rejected is the broker's word; these are ours. */
export const DenialCode = Type.Enum([
  "kill_switch_active",
  "trading_disabled",
  "mode_not_allowed",
  "question_required",
  "auto_not_allowed",
  "auto_budget_exceeded",
  "question_expired",
  "question_superseded",
  "symbol_not_on_watchlist",
  "symbol_blocked",
  "max_orders_per_day_reached",
  "max_notional_per_4h_exceeded",
  "duplicate_open_order",
  "market_data_missing",
  "market_data_stale",
  "price_drift_exceeded",
  "limit_price_invalid",
  "price_collar_exceeded",
  "position_changed",
  "market_session_unknown",
  "market_closed",
  "notional_below_minimum",
  "notional_above_maximum",
  "buying_power_unknown",
  "insufficient_buying_power",
  "insufficient_position",
  "broker_not_reconciled",
  "operator_cap_exceeded",
  "order_size_exceeded",
  "position_limit_exceeded",
  "exposure_unknown",
  "gross_exposure_exceeded",
  "max_open_orders_reached",
  "order_rate_exceeded",
  "daily_result_unknown",
  "daily_loss_limit_reached",
  "symbol_cooldown_active",
  "duplicate_intent",
  "short_sale_blocked",
  "asset_unknown",
  "asset_not_tradable",
  "asset_not_fractionable",
  "quantity_below_minimum",
  "exit_no_longer_wanted",
]);
export type DenialCode = Static<typeof DenialCode>;

/** The guardrails' verdict, with the limits as they were seen. */
export const Decision = Type.Object(
  {
    verdict: Type.Enum(["approved", "denied"]),
    code: Type.Union([DenialCode, Type.Null()]),
    message: Type.String({ description: "One plain sentence; says whether an order was sent." }),
    limits: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: "Decision", additionalProperties: false },
);
export type Decision = Static<typeof Decision>;
