import { Type, type Static } from "typebox";
import { AssetClass, EntryId, Feed, MarketSymbol, Side, TradingMode } from "./primitives.ts";

/** Alpaca's free plan serves 30 symbols; a user's config may name as many for each feed. */
export const maxSymbolsPerFeed = 30;

export const limits = {
  dataInputs: 20,
  rules: 200,
  questionTemplateLength: 280,
} as const;

/** What holds of the guardrails that a config leaves out. */
export const guardrailDefaults = { maxOpenOrders: 50, maxOrdersPerMinute: 60, undoSeconds: 3 } as const;

/** What ingest can read for a symbol; each becomes a fact under (feed, asset class, symbol, metric). */
export const Metric = Type.Enum(["last_trade", "daily_bar", "prev_close"]);
export type Metric = Static<typeof Metric>;

/** What a rule compares the last trade with. */
export const ReferenceMetric = Type.Enum(["prev_close", "day_open", "day_high", "day_low"]);
export type ReferenceMetric = Static<typeof ReferenceMetric>;

/** USD with at most two decimals. A JSON number, since people write these documents; decimal text inside Nod. */
const Usd = (options: { minimum: number; maximum: number; description?: string }) => Type.Number(options);

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

/** A rule may leave the size to the answer: the question then is `numeric` and its answer is the notional. */
export const AskedAmount = Type.Object(
  {
    ask: Type.Object(
      { min: Usd({ minimum: 1, maximum: 1_000_000 }), max: Usd({ minimum: 1, maximum: 1_000_000 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export const NotionalUsd = Type.Union([Usd({ minimum: 1, maximum: 1_000_000 }), AskedAmount]);

export const ProposeOrder = Type.Object(
  {
    action: Type.Literal("propose_order"),
    side: Side,
    notional_usd: NotionalUsd,
  },
  { additionalProperties: false },
);
export type ProposeOrder = Static<typeof ProposeOrder>;

export const RuleType = Type.Enum(["price_below_pct_of_ref", "price_above_pct_of_ref"]);
export type RuleType = Static<typeof RuleType>;

export const Rule = Type.Object(
  {
    id: EntryId,
    enabled: Type.Optional(Type.Boolean({ default: true })),
    type: RuleType,
    symbol: MarketSymbol,
    ref_metric: ReferenceMetric,
    threshold_pct: Type.Number({
      minimum: -99,
      maximum: 1_000,
      description: "Percent of the reference: -1.5 with price_below_pct_of_ref fires at 1.5 % or more below it.",
    }),
    question_template: Type.String({
      minLength: 1,
      maxLength: limits.questionTemplateLength,
      description: "May contain {{symbol}} {{price}} {{pct}} {{ref}} {{notional}} and no other placeholder.",
    }),
    on_answer_match: ProposeOrder,
    cooldown_seconds: Type.Integer({ minimum: 0, maximum: 604_800 }),
    expires_in_seconds: Type.Integer({ minimum: 10, maximum: 86_400 }),
    max_staleness_seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    max_drift_bps: Type.Integer({ minimum: 0, maximum: 10_000, description: "Largest price move since the question, in basis points." }),
  },
  { additionalProperties: false },
);
export type Rule = Static<typeof Rule>;

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
  },
  { $id: "TradingConfig", additionalProperties: false },
);
export type TradingConfig = Static<typeof TradingConfig>;

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
    rules: Type.Optional(
      Type.Array(
        Type.Object(
          { ...Type.Partial(Rule).properties, on_answer_match: Type.Optional(Type.Partial(ProposeOrder, { additionalProperties: false })), id: EntryId },
          { additionalProperties: false },
        ),
        { maxItems: limits.rules },
      ),
    ),
    guardrails: Type.Optional(Type.Partial(Guardrails, { additionalProperties: false })),
  },
  { $id: "TradingConfigOverride", additionalProperties: false },
);
export type TradingConfigOverride = Static<typeof TradingConfigOverride>;
