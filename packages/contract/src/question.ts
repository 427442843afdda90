import { Type, type Static } from "typebox";
import { Decision } from "./denial.ts";
import { Order } from "./order.ts";
import { DecimalString, Feed, Instant, MarketSymbol, Side, TradingMode, Uuid } from "./primitives.ts";
import { ReferenceMetric, RuleType } from "./trading-config.ts";

/** A closed question has exactly one of these outcomes. */
export const QuestionOutcome = Type.Enum(["approved", "rejected", "expired", "superseded", "withdrawn"]);
export type QuestionOutcome = Static<typeof QuestionOutcome>;

export const QuestionStatus = Type.Union([Type.Literal("open"), QuestionOutcome]);
export type QuestionStatus = Static<typeof QuestionStatus>;

export const QuestionKind = Type.Enum(["swipe", "numeric"]);
export type QuestionKind = Static<typeof QuestionKind>;

/** A question of the `trading` pipeline carries the facts that it was asked on and what would be sent. */
export const TradingQuestionMetadata = Type.Object({
  rule_id: Type.String(),
  rule_type: RuleType,
  rule_text: Type.String({ description: "The rule in plain English." }),
  symbol: MarketSymbol,
  asset_class: Type.Enum(["us_equity", "crypto"]),
  feed: Feed,
  price: DecimalString,
  price_as_of: Instant,
  ref_metric: ReferenceMetric,
  ref: DecimalString,
  pct: DecimalString,
  threshold_pct: Type.Number(),
  mode: TradingMode,
  order: Type.Object({
    side: Side,
    order_type: Type.Literal("market"),
    notional_usd: Type.Union([DecimalString, Type.Null()], { description: "Null when the answer names it." }),
    ask: Type.Optional(Type.Object({ min: DecimalString, max: DecimalString })),
  }),
  max_staleness_seconds: Type.Integer(),
  max_drift_bps: Type.Integer(),
  config_revision: Type.String(),
  follow_up_of: Type.Optional(Uuid),
  /** An approved question of which nothing was sent, since what it had shown was no longer so; this one asks anew. */
  revises: Type.Optional(Uuid),
  /** With `revises`: the price that the earlier question showed. */
  price_before: Type.Optional(DecimalString),
});
export type TradingQuestionMetadata = Static<typeof TradingQuestionMetadata>;

export const Question = Type.Object(
  {
    id: Uuid,
    kind: QuestionKind,
    question_text: Type.String(),
    correct_answer: Type.Union([Type.Number(), Type.Null()], { description: "The end of the swipe that approves: 10 or -10; null for numeric." }),
    pipeline_key: Type.String(),
    pipeline_step: Type.String(),
    source_tag: Type.String(),
    metadata: Type.Record(Type.String(), Type.Unknown(), { description: "For pipeline_key `trading`: TradingQuestionMetadata." }),
    status: QuestionStatus,
    created_at: Instant,
    expires_at: Instant,
  },
  { $id: "Question", additionalProperties: false },
);
export type Question = Static<typeof Question>;

export const QuestionsPage = Type.Object(
  { questions: Type.Array(Question), server_time: Instant },
  { $id: "QuestionsPage", additionalProperties: false },
);
export type QuestionsPage = Static<typeof QuestionsPage>;

/** Swipe: -10 … 10. Numeric: an amount within the question's bounds, or 0 to skip. */
export const AnswerRequest = Type.Object(
  { answer: Type.Number({ minimum: -1_000_000, maximum: 1_000_000 }) },
  { $id: "AnswerRequest", additionalProperties: false },
);
export type AnswerRequest = Static<typeof AnswerRequest>;

/** What became of an answer. The same answer again is given the same result. */
export const AnswerResult = Type.Object(
  {
    question_id: Uuid,
    outcome: QuestionOutcome,
    answer: Type.Number(),
    answered_at: Instant,
    decision: Type.Union([Decision, Type.Null()], { description: "Null when nothing was proposed." }),
    order: Type.Union([Order, Type.Null()]),
    follow_up_question_id: Type.Union([Uuid, Type.Null()], { description: "Set when it was asked once more: the answer was not clear, or what the question had shown was no longer so." }),
  },
  { $id: "AnswerResult", additionalProperties: false },
);
export type AnswerResult = Static<typeof AnswerResult>;
