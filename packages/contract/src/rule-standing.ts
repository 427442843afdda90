import { Type, type Static } from "typebox";
import { Instant, MarketSymbol } from "./primitives.ts";

/** What keeps a rule from asking, whatever the market does. */
export const RuleHoldReason = Type.Enum([
  "off",
  "trading_off",
  "kill_switch",
  "not_watched",
  "symbol_blocked",
  "spent",
  "over",
  "asked_now",
  "order_under_way",
  "snoozed",
  "cooldown",
  "once_per_bar",
  "once_per_day",
  "market_closed",
  "market_unknown",
  "first_hour_only",
  "last_hour_only",
  "quiet_hours",
]);
export type RuleHoldReason = Static<typeof RuleHoldReason>;

const RuleHold = Type.Object(
  { because: RuleHoldReason, until: Type.Union([Instant, Type.Null()], { description: "Null when it does not end by itself, or nobody knows when." }) },
  { additionalProperties: false },
);
export type RuleHold = Static<typeof RuleHold>;

const RuleStanding = Type.Object(
  {
    id: Type.String(),
    symbol: MarketSymbol,
    description: Type.String({ description: "The rule in plain English." }),
    enabled: Type.Boolean(),
    last_fired_at: Type.Union([Instant, Type.Null()], { description: "When it last led to a question; null: not in the last ninety days." }),
    next_possible_at: Type.Union([Instant, Type.Null()], { description: "When nothing holds it any longer; in the past or now: at the next look at which it is true. Null: not by itself, or not known." }),
    holds: Type.Array(RuleHold, { description: "Everything that holds it now, what ends last first." }),
  },
  { additionalProperties: false },
);
export type RuleStanding = Static<typeof RuleStanding>;

/** In the order of the config. What limits cards by the hour or the day is not among the holds: it is of all rules together. */
export const RuleStandings = Type.Object({ rules: Type.Array(RuleStanding), server_time: Instant }, { $id: "RuleStandings", additionalProperties: false });
export type RuleStandings = Static<typeof RuleStandings>;
