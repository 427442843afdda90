import { Type, type Static } from "typebox";
import { Decision } from "./denial.ts";
import { AssetClass, DecimalString, Instant, MarketSymbol, Side } from "./primitives.ts";
import { ProposedOrder } from "./question.ts";
import { TradingConfigOverride } from "./trading-config.ts";

export const maxPreviewDays = 30;
/** Beyond it a preview tells the first ones only. */
export const maxPreviewQuestions = 500;
/** Of the symbols that rules name, the first so many are looked at. */
export const maxPreviewSymbols = 20;
/** Of each symbol's price line: a day's minutes are 390. */
export const maxPreviewPoints = 400;

/** `own`: a document of one's own that is not stored; without it the stored one. Laid over `template_name`, or over one's own template. */
export const PreviewRequest = Type.Object(
  {
    own: Type.Optional(TradingConfigOverride),
    template_name: Type.Optional(Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" })),
    days: Type.Integer({ minimum: 1, maximum: maxPreviewDays, description: "The last so many trading days that are over." }),
  },
  { $id: "PreviewRequest", additionalProperties: false },
);
export type PreviewRequest = Static<typeof PreviewRequest>;

const PreviewFill = Type.Object(
  {
    symbol: MarketSymbol,
    side: Side,
    qty: DecimalString,
    price: DecimalString,
    fee_usd: DecimalString,
    at: Instant,
    because: Type.Enum(["answer", "stop_loss", "take_profit", "trailing_stop"]),
  },
  { additionalProperties: false },
);

const PreviewQuestion = Type.Object(
  {
    id: Type.String(),
    at: Instant,
    rule_id: Type.String(),
    rule_text: Type.String(),
    symbol: MarketSymbol,
    asset_class: AssetClass,
    price: DecimalString,
    price_as_of: Instant,
    facts: Type.Record(Type.String(), DecimalString),
    order: Type.Union([ProposedOrder, Type.Null()], { description: "Null: a card that only tells something." }),
    answer: Type.Enum(["approve", "skip", "nothing"]),
    decision: Type.Union([Decision, Type.Null()], { description: "Of the guardrails, as they would have been." }),
    fills: Type.Array(PreviewFill),
    made_usd: Type.String({ description: "With its fees, and with what it bought and still holds at the last price." }),
  },
  { additionalProperties: false },
);

/** What a config would have asked, and what that would have made: every fill is on the next minute, at its open and worse. */
export const ReplayReport = Type.Object(
  {
    from: Type.Union([Type.String({ format: "date" }), Type.Null()], { description: "The first trading day; null when there was none." }),
    to: Type.Union([Type.String({ format: "date" }), Type.Null()]),
    trading_days: Type.Integer({ minimum: 0 }),
    asked: Type.Integer({ minimum: 0 }),
    questions: Type.Array(PreviewQuestion, { maxItems: maxPreviewQuestions }),
    starts_with_usd: DecimalString,
    ends_with_usd: Type.String(),
    made_usd: Type.String(),
    equity: Type.Array(Type.Object({ at: Instant, equity_usd: Type.String() }, { additionalProperties: false }), { description: "At the end of each session." }),
    win_rate_pct: Type.Union([Type.String(), Type.Null()], { description: "Of the questions that bought something, how many made more than nothing." }),
    worst_drawdown_pct: Type.String({ description: "The deepest fall from the peak so far, minute by minute: zero or less." }),
    fees_usd: DecimalString,
    slippage_usd: Type.String(),
    slippage_bps: Type.Number(),
    buy_and_hold: Type.Object(
      {
        made_usd: Type.Union([Type.String(), Type.Null()], { description: "The same money in equal parts in each symbol, from the first minute to the last." }),
        symbols: Type.Array(Type.Object({ symbol: MarketSymbol, from: DecimalString, to: DecimalString, pct: Type.String() }, { additionalProperties: false })),
      },
      { additionalProperties: false },
    ),
    prices: Type.Array(
      Type.Object(
        { symbol: MarketSymbol, interval_seconds: Type.Integer({ minimum: 60 }), points: Type.Array(Type.Object({ as_of: Instant, price: DecimalString }, { additionalProperties: false }), { maxItems: maxPreviewPoints }) },
        { additionalProperties: false },
      ),
      { description: "How each symbol's price went: the last price of each interval of trading, splits included." },
    ),
    missing: Type.Array(Type.Object({ symbol: MarketSymbol, message: Type.String() }, { additionalProperties: false }), { description: "What could not be looked at, and why." }),
    cut_short: Type.Boolean({ description: "It took too long: what comes after `to` was not looked at." }),
  },
  { $id: "ReplayReport", additionalProperties: false },
);
export type ReplayReport = Static<typeof ReplayReport>;
