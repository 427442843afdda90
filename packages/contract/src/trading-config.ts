import { Type, type Static } from "typebox";
import { Action, ActionOverride, Usd } from "./action.ts";
import { Condition, Firing, Timeframe, ruleLimits } from "./rule-language.ts";
import { AssetClass, EntryId, Feed, MarketSymbol, TradingMode } from "./primitives.ts";

/** Alpaca's free plan serves 30 symbols; a user's config may name as many for each feed. */
export const maxSymbolsPerFeed = 30;

export const limits = {
  dataInputs: 20,
  rules: 200,
  questionTemplateLength: 280,
  /** Of `threshold_pct`. */
  leastPercent: -99,
  greatestPercent: 1_000,
} as const;

/** What holds of the guardrails that a config leaves out. */
export const guardrailDefaults = { maxOpenOrders: 50, maxOrdersPerMinute: 60, undoSeconds: 3, priceCollarBps: 500 } as const;

/** What holds of a `restraint` that leaves it out. */
export const restraintDefaults = { oneCardPerSymbol: true, pauseAfterSkips: 5 } as const;

/** What ingest can read for a symbol; each becomes a fact under (feed, asset class, symbol, metric). `quote`: bid and ask. */
export const Metric = Type.Enum(["last_trade", "daily_bar", "prev_close", "quote"]);
export type Metric = Static<typeof Metric>;

/** What a rule compares the last trade with. */
export const ReferenceMetric = Type.Enum(["prev_close", "day_open", "day_high", "day_low"]);
export type ReferenceMetric = Static<typeof ReferenceMetric>;

export const DataInput = Type.Object(
  {
    id: EntryId,
    enabled: Type.Optional(Type.Boolean({ default: true })),
    source: Type.Literal("alpaca"),
    asset_class: AssetClass,
    symbols: Type.Array(MarketSymbol, { minItems: 1, maxItems: maxSymbolsPerFeed, uniqueItems: true }),
    feed: Feed,
    poll_interval_seconds: Type.Integer({ minimum: 5, maximum: 86_400 }),
    metrics: Type.Array(Metric, { minItems: 1, uniqueItems: true }),
  },
  { additionalProperties: false },
);
export type DataInput = Static<typeof DataInput>;

/** `auto`: orders without asking, on paper only and inside the rule's own budget. */
export const RuleMode = Type.Enum(["ask", "auto"]);
export type RuleMode = Static<typeof RuleMode>;

export const AutoBudget = Type.Object(
  { max_orders_per_day: Type.Integer({ minimum: 1, maximum: 100 }), max_notional_usd_per_day: Usd({ minimum: 1, maximum: 1_000_000 }) },
  { additionalProperties: false },
);
export type AutoBudget = Static<typeof AutoBudget>;

const ruleBegins = { id: EntryId, enabled: Type.Optional(Type.Boolean({ default: true })) };
const ruleGoesOn = {
  mode: Type.Optional(Type.Enum(["ask", "auto"], { default: "ask", description: "`auto` orders without asking: on paper only, and inside the rule's own budget." })),
  auto_budget: Type.Optional(AutoBudget),
  question_template: Type.String({
    minLength: 1,
    maxLength: limits.questionTemplateLength,
    description: "May contain {{symbol}} {{price}} {{pct}} {{ref}} {{notional}} and no other placeholder.",
  }),
  on_answer_match: Action,
  cooldown_seconds: Type.Integer({ minimum: 0, maximum: 604_800 }),
  expires_in_seconds: Type.Integer({ minimum: 10, maximum: 86_400 }),
  max_staleness_seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  max_drift_bps: Type.Integer({ minimum: 0, maximum: 10_000, description: "Largest price move since the question, in basis points." }),
};

/** Fires while the last trade is so far from its reference, and again after the cooldown. */
export const ReferenceRule = Type.Object(
  {
    ...ruleBegins,
    type: Type.Enum(["price_below_pct_of_ref", "price_above_pct_of_ref"]),
    symbol: MarketSymbol,
    ref_metric: ReferenceMetric,
    threshold_pct: Type.Number({
      minimum: limits.leastPercent,
      maximum: limits.greatestPercent,
      description: "Percent of the reference: -1.5 with price_below_pct_of_ref fires at 1.5 % or more below it.",
    }),
    ...ruleGoesOn,
  },
  { $id: "ReferenceRule", additionalProperties: false },
);
export type ReferenceRule = Static<typeof ReferenceRule>;

export const LevelRule = Type.Object(
  {
    ...ruleBegins,
    type: Type.Literal("price_crosses_level"),
    symbol: MarketSymbol,
    level: Type.Number({ exclusiveMinimum: 0, maximum: 100_000_000, description: "A price." }),
    direction: Type.Enum(["above", "below", "any"]),
    ...ruleGoesOn,
  },
  { $id: "LevelRule", additionalProperties: false },
);
export type LevelRule = Static<typeof LevelRule>;

export const RsiRule = Type.Object(
  {
    ...ruleBegins,
    type: Type.Literal("rsi_threshold"),
    symbol: MarketSymbol,
    timeframe: Timeframe,
    length: Type.Integer({ minimum: 2, maximum: ruleLimits.length }),
    op: Type.Enum(["<", "<=", ">", ">="]),
    level: Type.Number({ minimum: 0, maximum: 100 }),
    ...ruleGoesOn,
  },
  { $id: "RsiRule", additionalProperties: false },
);
export type RsiRule = Static<typeof RsiRule>;

export const ConditionRule = Type.Object(
  { ...ruleBegins, type: Type.Literal("condition"), symbol: MarketSymbol, when: Condition, fire: Type.Optional(Firing), ...ruleGoesOn },
  { $id: "ConditionRule", additionalProperties: false },
);
export type ConditionRule = Static<typeof ConditionRule>;

/** Told apart by `type`. */
export const Rule = Type.Union([ReferenceRule, LevelRule, RsiRule, ConditionRule], { $id: "Rule", title: "a rule" });
export type Rule = Static<typeof Rule>;

export const ruleTypes = ["price_below_pct_of_ref", "price_above_pct_of_ref", "price_crosses_level", "rsi_threshold", "condition"] as const;
export const RuleType = Type.Enum(ruleTypes);
export type RuleType = Static<typeof RuleType>;

const TimeOfDay = Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples: ["22:00"] });

/** How often a user wants to be asked at all. A rule that fires against it does not ask. */
export const Restraint = Type.Object(
  {
    max_cards_per_hour: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    max_cards_per_day: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    quiet_hours: Type.Optional(
      Type.Object(
        { from: TimeOfDay, to: TimeOfDay, time_zone: Type.String({ minLength: 1, maxLength: 64, examples: ["Europe/Berlin"], description: "An IANA time zone." }) },
        { additionalProperties: false },
      ),
    ),
    one_card_per_symbol: Type.Optional(Type.Boolean({ default: restraintDefaults.oneCardPerSymbol })),
    pause_after_skips: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, default: restraintDefaults.pauseAfterSkips, description: "After so many skips in a row the rule asks whether to pause it. 0: never." }),
    ),
  },
  { additionalProperties: false },
);
export type Restraint = Static<typeof Restraint>;

export const Guardrails = Type.Object(
  {
    max_orders_per_day: Type.Integer({ minimum: 0, maximum: 1_000 }),
    max_notional_usd_per_4h: Usd({ minimum: 0, maximum: 10_000_000 }),
    require_question_before_order: Type.Boolean(),
    symbols_blocklist: Type.Array(MarketSymbol, { maxItems: 500, uniqueItems: true }),
    min_notional_usd: Type.Optional(Usd({ minimum: 1, maximum: 1_000_000 })),
    max_notional_usd: Type.Optional(Usd({ minimum: 1, maximum: 1_000_000 })),
    max_open_questions: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    undo_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: guardrailDefaults.undoSeconds,
        description: "How long an approved order waits, so that it can be taken back before anything is sent; never longer than the approval is valid. 0: it goes out at once.",
      }),
    ),
    max_order_qty: Type.Optional(
      Type.Number({ minimum: 0.0001, maximum: 1_000_000, description: "Shares or coins in one buy, by the last price. Left out: no limit." }),
    ),
    max_position_usd: Type.Optional(
      Usd({ minimum: 1, maximum: 10_000_000, description: "What one symbol may be worth, open buys and the new order included. Left out: no limit." }),
    ),
    max_gross_exposure_usd: Type.Optional(
      Usd({ minimum: 1, maximum: 100_000_000, description: "What all symbols together may be worth, open buys and the new order included. Left out: no limit." }),
    ),
    price_collar_bps: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 5_000,
        default: guardrailDefaults.priceCollarBps,
        description: "How far the limit of a limit order may lie from the last trade, above or below, in basis points.",
      }),
    ),
    max_open_orders: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, default: guardrailDefaults.maxOpenOrders, description: "Orders that are, or may be, working at once." }),
    ),
    max_orders_per_minute: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: guardrailDefaults.maxOrdersPerMinute })),
    max_daily_loss_usd: Type.Optional(
      Usd({
        minimum: 1,
        maximum: 10_000_000,
        description: "A loss of the trading day, open positions included, from which on nothing more is bought and the kill switch is set. Left out: no limit.",
      }),
    ),
    max_drawdown_usd: Type.Optional(
      Usd({ minimum: 1, maximum: 10_000_000, description: "A fall from the trading day's best result at which the kill switch is set. Left out: no limit." }),
    ),
    symbol_cooldown_seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 604_800, default: 0, description: "From one order of a symbol to the next buy of it. 0: none." }),
    ),
    duplicate_intent_window_seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 86_400, default: 0, description: "A buy of the same symbol for the same amount within it is taken for the same wish twice. 0: none." }),
    ),
  },
  { additionalProperties: false },
);
export type Guardrails = Static<typeof Guardrails>;

/** A complete document: a template, or a template merged with the user's own. */
export const TradingConfig = Type.Object(
  {
    version: Type.Literal(1),
    enabled: Type.Boolean(),
    mode: TradingMode,
    data_inputs: Type.Array(DataInput, { maxItems: limits.dataInputs }),
    rules: Type.Array(Rule, { maxItems: limits.rules }),
    guardrails: Guardrails,
    restraint: Type.Optional(Restraint),
  },
  { $id: "TradingConfig", additionalProperties: false },
);
export type TradingConfig = Static<typeof TradingConfig>;

/** A new rule, or fields of the template's rule of that `id`. `when` and `fire` replace as a whole, as a size replaces another. */
export const RuleOverride = Type.Object(
  {
    ...Type.Partial(ReferenceRule).properties,
    ...Type.Partial(LevelRule).properties,
    ...Type.Partial(RsiRule).properties,
    ...Type.Partial(ConditionRule).properties,
    id: EntryId,
    type: Type.Optional(RuleType),
    level: Type.Optional(Type.Number({ minimum: 0, maximum: 100_000_000 })),
    on_answer_match: Type.Optional(ActionOverride),
  },
  { $id: "RuleOverride", additionalProperties: false },
);
export type RuleOverride = Static<typeof RuleOverride>;

/**
 * A user's own document. Objects merge deeply into the template, `data_inputs` and `rules` by `id`,
 * scalars and lists of scalars replace. What it leaves out, the template decides.
 */
export const TradingConfigOverride = Type.Object(
  {
    version: Type.Optional(Type.Literal(1)),
    enabled: Type.Optional(Type.Boolean()),
    mode: Type.Optional(TradingMode),
    data_inputs: Type.Optional(
      Type.Array(Type.Object({ ...Type.Partial(DataInput).properties, id: EntryId }, { additionalProperties: false }), {
        maxItems: limits.dataInputs,
      }),
    ),
    rules: Type.Optional(Type.Array(RuleOverride, { maxItems: limits.rules })),
    guardrails: Type.Optional(Type.Partial(Guardrails, { additionalProperties: false })),
    restraint: Type.Optional(Type.Partial(Restraint, { additionalProperties: false })),
  },
  { $id: "TradingConfigOverride", additionalProperties: false },
);
export type TradingConfigOverride = Static<typeof TradingConfigOverride>;
