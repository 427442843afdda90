import { Type, type Static } from "typebox";
import { DenialCode } from "./denial.ts";
import { guardrailDefaults, type Guardrails } from "./trading-config.ts";

/** What a denial says it by, when it is looked at, and what it carries. */
type Entry = {
  /** When it denies, in one sentence. */
  denies: string;
  /** `answer`: when a question is answered. `submit`: once more right before the POST. */
  stages: readonly ("answer" | "submit")[];
  /** Whether a sell of what is held passes it whatever it says. */
  exitsPass: boolean;
  /** The key of a config's `guardrails`, or the operator's variable, that sets it. */
  setBy?: keyof Guardrails | (string & {});
  /** What holds where the config leaves it out; null: nothing. */
  default?: string | null;
  /** The fields of the decision's `limits`, as they were seen. */
  payload: readonly string[];
};

const atTheAnswer = ["answer"] as const;
const twice = ["answer", "submit"] as const;

/** Every reason for which Nod makes or sends no order, in the order in which they are looked at. */
export const guardrailCatalogue = {
  kill_switch_active: { denies: "A kill switch is on, the user's own or the operator's over everyone.", stages: twice, exitsPass: true, payload: ["mode", "scope", "reason", "since"] },
  exit_no_longer_wanted: { denies: "The kill switch that closes positions was lifted before this exit of it was sent.", stages: ["submit"], exitsPass: false, payload: ["mode"] },
  broker_not_reconciled: { denies: "The books have not been compared with the broker's lately.", stages: atTheAnswer, exitsPass: false, payload: ["reconciled_at", "max_age_seconds"] },
  trading_disabled: { denies: "The operator or the user has switched trading off, or the user's config is not valid.", stages: twice, exitsPass: false, setBy: "TRADING_ENABLED", payload: ["operator_enabled", "user_enabled"] },
  mode_not_allowed: { denies: "Paper would go to a live account, live to a paper one, live is not allowed, or the mode has changed since the question.", stages: twice, exitsPass: false, setBy: "ALPACA_ALLOW_LIVE", payload: ["asked_mode", "user_mode", "venue", "live_allowed"] },
  question_required: { denies: "Nobody was asked about it.", stages: atTheAnswer, exitsPass: false, setBy: "require_question_before_order", payload: ["require_question_before_order"] },
  auto_not_allowed: { denies: "Nobody was asked, and the config asks for that, is live, or no longer has the rule on auto.", stages: atTheAnswer, exitsPass: false, setBy: "mode of the rule", payload: ["rule_id", "mode", "require_question_before_order"] },
  auto_budget_exceeded: { denies: "Nobody was asked, and what the rule may order by itself on one day is used up.", stages: atTheAnswer, exitsPass: false, setBy: "auto_budget of the rule", payload: ["rule_id", "orders_today", "max_orders_per_day", "reserved_usd", "used_usd_today", "max_notional_usd_per_day"] },
  question_expired: { denies: "The approval is no longer valid.", stages: twice, exitsPass: false, payload: ["expires_at", "at"] },
  question_superseded: { denies: "The rule has asked anew since.", stages: atTheAnswer, exitsPass: false, payload: ["question_id", "newer_question_id"] },
  symbol_not_on_watchlist: { denies: "No data input of the config watches the symbol.", stages: atTheAnswer, exitsPass: true, payload: ["symbol"] },
  symbol_blocked: { denies: "The symbol is on the user's blocklist.", stages: atTheAnswer, exitsPass: true, setBy: "symbols_blocklist", payload: ["symbol"] },
  market_session_unknown: { denies: "The broker's clock was not heard lately.", stages: twice, exitsPass: false, payload: ["as_of", "max_age_seconds"] },
  market_closed: { denies: "The market is closed.", stages: twice, exitsPass: false, payload: ["next_open", "next_close"] },
  market_data_missing: { denies: "There is no last trade of the symbol on the question's feed.", stages: twice, exitsPass: false, payload: ["symbol", "feed"] },
  market_data_stale: { denies: "The last trade is older than the rule allows, or of the future.", stages: twice, exitsPass: false, payload: ["as_of", "age_seconds", "max_staleness_seconds"] },
  price_drift_exceeded: { denies: "The price has moved further than the rule allows since the question.", stages: twice, exitsPass: false, payload: ["price_shown", "price_now", "drift_bps", "max_drift_bps"] },
  limit_price_invalid: { denies: "A limit order names no price, or one that the broker does not take: from $1 on a share's price has two decimals, below it four.", stages: atTheAnswer, exitsPass: false, payload: ["order_type", "limit_price"] },
  price_collar_exceeded: { denies: "The limit of a limit order lies further from the last trade than the user allows.", stages: twice, exitsPass: false, setBy: "price_collar_bps", default: String(guardrailDefaults.priceCollarBps), payload: ["limit_price", "price_now", "distance_bps", "price_collar_bps"] },
  position_changed: { denies: "Some of the position that was asked about has been sold since.", stages: atTheAnswer, exitsPass: false, payload: ["position_qty", "open_sell_qty"] },
  asset_unknown: { denies: "The broker has not said within two days whether the symbol can be traded.", stages: atTheAnswer, exitsPass: true, payload: ["symbol", "as_of", "max_age_seconds"] },
  asset_not_tradable: { denies: "The broker does not trade the symbol.", stages: atTheAnswer, exitsPass: true, payload: ["symbol"] },
  asset_not_fractionable: { denies: "The broker trades the symbol in whole shares only.", stages: atTheAnswer, exitsPass: true, payload: ["symbol", "notional_usd", "qty"] },
  quantity_below_minimum: { denies: "It comes out as less than the broker's smallest order of the coin.", stages: atTheAnswer, exitsPass: true, payload: ["qty", "min_order_qty", "price_now"] },
  duplicate_open_order: { denies: "An order of the symbol is open, or may be.", stages: atTheAnswer, exitsPass: false, payload: ["symbol", "open_orders"] },
  duplicate_intent: { denies: "A buy of the symbol for the same amount was made within the window.", stages: atTheAnswer, exitsPass: true, setBy: "duplicate_intent_window_seconds", default: null, payload: ["symbol", "notional_usd", "last_order_at", "duplicate_intent_window_seconds"] },
  symbol_cooldown_active: { denies: "An order of the symbol was made less than the cooldown ago.", stages: atTheAnswer, exitsPass: true, setBy: "symbol_cooldown_seconds", default: null, payload: ["symbol", "last_order_at", "symbol_cooldown_seconds"] },
  max_open_orders_reached: { denies: "As many orders are open as may be at once.", stages: atTheAnswer, exitsPass: true, setBy: "max_open_orders", default: String(guardrailDefaults.maxOpenOrders), payload: ["open_orders", "max_open_orders"] },
  order_rate_exceeded: { denies: "As many orders were made within the last minute as may be.", stages: atTheAnswer, exitsPass: true, setBy: "max_orders_per_minute", default: String(guardrailDefaults.maxOrdersPerMinute), payload: ["orders_last_minute", "max_orders_per_minute"] },
  max_orders_per_day_reached: { denies: "The orders of the trading day are used up.", stages: atTheAnswer, exitsPass: true, setBy: "max_orders_per_day", payload: ["orders_today", "max_orders_per_day"] },
  notional_below_minimum: { denies: "It is less than the broker's smallest order ($1, crypto $10) or the user's.", stages: atTheAnswer, exitsPass: true, setBy: "min_notional_usd", default: null, payload: ["notional_usd", "min_notional_usd"] },
  notional_above_maximum: { denies: "It is more dollars than the user's largest order.", stages: atTheAnswer, exitsPass: true, setBy: "max_notional_usd", default: null, payload: ["notional_usd", "max_notional_usd"] },
  order_size_exceeded: { denies: "It is more shares or coins than the user's largest order, by the last trade.", stages: atTheAnswer, exitsPass: true, setBy: "max_order_qty", default: null, payload: ["qty", "max_order_qty", "price_now"] },
  max_notional_per_4h_exceeded: { denies: "With the orders of the last four hours it is more than the user's limit.", stages: atTheAnswer, exitsPass: true, setBy: "max_notional_usd_per_4h", payload: ["notional_usd", "used_usd_4h", "max_notional_usd_per_4h"] },
  position_limit_exceeded: { denies: "The position of the symbol would be worth more than the user's limit.", stages: atTheAnswer, exitsPass: true, setBy: "max_position_usd", default: null, payload: ["symbol", "notional_usd", "position_usd", "max_position_usd"] },
  exposure_unknown: { denies: "A limit on position or exposure is set, and something that is held has no price of the last four days.", stages: atTheAnswer, exitsPass: true, payload: ["limit", "limit_usd"] },
  gross_exposure_exceeded: { denies: "All positions together would be worth more than the user's limit.", stages: atTheAnswer, exitsPass: true, setBy: "max_gross_exposure_usd", default: null, payload: ["notional_usd", "exposure_usd", "max_gross_exposure_usd"] },
  daily_result_unknown: { denies: "A limit on the day's loss is set, and a price that it needs is missing.", stages: atTheAnswer, exitsPass: true, payload: ["max_daily_loss_usd"] },
  daily_loss_limit_reached: { denies: "The trading day has lost the user's limit, open positions included.", stages: atTheAnswer, exitsPass: true, setBy: "max_daily_loss_usd", default: null, payload: ["day_result_usd", "loss_usd", "max_daily_loss_usd"] },
  operator_cap_exceeded: {
    denies: "It is more than the operator allows anyone: in an order, in a day, or in four hours.",
    stages: atTheAnswer,
    exitsPass: true,
    setBy: "TRADING_CAP_MAX_ORDER_NOTIONAL_USD, TRADING_CAP_MAX_ORDERS_PER_DAY, TRADING_CAP_MAX_NOTIONAL_USD_PER_4H",
    payload: ["cap", "notional_usd", "orders_today", "used_usd_4h", "max_order_notional_usd", "max_orders_per_day", "max_notional_usd_per_4h"],
  },
  buying_power_unknown: { denies: "The broker has not told the account's buying power lately.", stages: atTheAnswer, exitsPass: true, payload: ["as_of", "max_age_seconds"] },
  insufficient_buying_power: { denies: "The account cannot pay for it, with what is on its way counted.", stages: atTheAnswer, exitsPass: true, payload: ["notional_usd", "buying_power", "in_flight_usd"] },
  short_sale_blocked: { denies: "The user holds none of the symbol; nothing is sold short.", stages: atTheAnswer, exitsPass: false, payload: ["position_qty", "open_sell_qty", "sellable_qty"] },
  insufficient_position: { denies: "All that the user holds of the symbol is being sold already.", stages: atTheAnswer, exitsPass: false, payload: ["position_qty", "open_sell_qty", "sellable_qty"] },
} as const satisfies Record<DenialCode, Entry>;

const GuardrailDescription = Type.Object(
  {
    code: DenialCode,
    denies: Type.String(),
    stages: Type.Array(Type.Enum(["answer", "submit"])),
    exits_pass: Type.Boolean({ description: "Whether a sell of what is held passes it." }),
    set_by: Type.Union([Type.String(), Type.Null()], { description: "The key of a config's `guardrails`, or the operator's variables." }),
    default: Type.Union([Type.String(), Type.Null()], { description: "What holds where the config leaves it out; null: nothing." }),
    payload: Type.Array(Type.String(), { description: "The fields of a decision's `limits`." }),
  },
  { additionalProperties: false },
);
export const GuardrailList = Type.Object({ guardrails: Type.Array(GuardrailDescription) }, { $id: "GuardrailList", additionalProperties: false });
export type GuardrailList = Static<typeof GuardrailList>;

/** In the order in which they are looked at; the first that denies is the answer. */
export function guardrailList(): GuardrailList {
  const codes = Object.keys(guardrailCatalogue).filter((code): code is DenialCode => Object.hasOwn(guardrailCatalogue, code));
  return {
    guardrails: codes.map((code) => {
      const entry: Entry = guardrailCatalogue[code];
      return { code, denies: entry.denies, stages: [...entry.stages], exits_pass: entry.exitsPass, set_by: entry.setBy ?? null, default: entry.default ?? null, payload: [...entry.payload] };
    }),
  };
}

const stageInWords = { answer: "at the answer", submit: "right before the POST" } as const;

/** The text of `docs/guardrails.md`. */
export function guardrailsDocument(): string {
  const sections = guardrailList().guardrails.map(({ code, denies, stages, exits_pass: exitsPass, set_by: setBy, default: fallback, payload }) => {
    const lines = [
      `- **Looked at** ${stages.map((stage) => stageInWords[stage]).join(" and again ")}; ${exitsPass ? "an exit passes it" : "an exit does not pass it by being one"}.`,
      ...(setBy === null ? [] : [`- **Set by** ${setBy.split(", ").map((name) => `\`${name}\``).join(", ")}${fallback === null ? "" : `, ${fallback} where it is left out`}.`]),
      `- **Carries** ${payload.map((name) => `\`${name}\``).join(", ")}.`,
    ];
    return `## \`${code}\`\n\n${denies}\n\n${lines.join("\n")}\n`;
  });
  return [
    "# Guardrails",
    "",
    "Every reason for which Nod makes or sends no order, in the order in which they are looked at; the first that denies is the answer, and it is kept with the limits as they were seen. `GET /v1/guardrails` tells the same. Written by `npm run guardrails -w @nod/contract` from `packages/contract/src/guardrail-catalogue.ts`; a test says when that is due.",
    "",
    ...sections,
  ].join("\n");
}
