import { Type, type Static } from "typebox";
import { Decision } from "./denial.ts";
import { Order } from "./order.ts";
import { DecimalString, Feed, Instant, MarketSymbol, Side, TradingMode, Uuid } from "./primitives.ts";
import { Exits } from "./action.ts";
import { ReferenceMetric, RuleType } from "./trading-config.ts";

/** A closed question has exactly one of these outcomes. */
export const QuestionOutcome = Type.Enum(["approved", "rejected", "expired", "superseded", "withdrawn"]);
export type QuestionOutcome = Static<typeof QuestionOutcome>;

export const QuestionStatus = Type.Union([Type.Literal("open"), QuestionOutcome]);
export type QuestionStatus = Static<typeof QuestionStatus>;

export const QuestionKind = Type.Enum(["swipe", "numeric"]);
export type QuestionKind = Static<typeof QuestionKind>;

const questionFacts = {
  rule_id: Type.String(),
  rule_type: RuleType,
  rule_text: Type.String({ description: "The rule in plain English." }),
  symbol: MarketSymbol,
  asset_class: Type.Enum(["us_equity", "crypto"]),
  feed: Feed,
  price: DecimalString,
  price_as_of: Instant,
  /** What the price was compared with, of the rules that compare it with one reference. */
  ref_metric: Type.Optional(ReferenceMetric),
  ref: Type.Optional(DecimalString),
  pct: Type.Optional(DecimalString),
  threshold_pct: Type.Optional(Type.Number()),
  facts: Type.Optional(Type.Record(Type.String(), DecimalString, { description: "What the rule's condition looked at when it fired, by name: `rsi(14, 1Day)`." })),
  mode: TradingMode,
  max_staleness_seconds: Type.Integer(),
  max_drift_bps: Type.Integer(),
  config_revision: Type.String(),
  /** Shared by the questions that fired in the same moment for one user. */
  group: Type.Optional(Type.String()),
  follow_up_of: Type.Optional(Uuid),
  /** An approved question of which nothing was sent, since what it had shown was no longer so; this one asks anew. */
  revises: Type.Optional(Uuid),
  /** With `revises`: the price that the earlier question showed. */
  price_before: Type.Optional(DecimalString),
};

/** What a trading question would have sent: for so many dollars, or for a quantity. */
export const ProposedOrder = Type.Object({
  side: Side,
  order_type: Type.Enum(["market", "limit"]),
  notional_usd: Type.Union([DecimalString, Type.Null()], { description: "Null when the answer names it, or when the order is for a quantity." }),
  qty: Type.Optional(DecimalString),
  limit_price: Type.Optional(DecimalString),
  exits: Type.Optional(Exits),
  ask: Type.Optional(Type.Object({ min: DecimalString, max: DecimalString })),
});
export type ProposedOrder = Static<typeof ProposedOrder>;

/** A question of the `trading` pipeline carries the facts that it was asked on and what would be sent. */
export const TradingQuestionMetadata = Type.Object({
  ...questionFacts,
  order: ProposedOrder,
  auto: Type.Optional(Type.Boolean({ description: "Nobody was asked: the rule's mode is `auto`." })),
});
export type TradingQuestionMetadata = Static<typeof TradingQuestionMetadata>;

/** A question of the `notice` pipeline tells what a rule saw and wants no order; either end of the swipe acknowledges it. */
export const NoticeMetadata = Type.Object(questionFacts);
export type NoticeMetadata = Static<typeof NoticeMetadata>;

export const Question = Type.Object(
  {
    id: Uuid,
    kind: QuestionKind,
    question_text: Type.String(),
    correct_answer: Type.Union([Type.Number(), Type.Null()], { description: "The end of the swipe that approves: 10 or -10; null for numeric." }),
    pipeline_key: Type.String(),
    pipeline_step: Type.String(),
    source_tag: Type.String(),
    metadata: Type.Record(Type.String(), Type.Unknown(), { description: "For pipeline_key `trading`: TradingQuestionMetadata; for `notice`: NoticeMetadata." }),
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
