import { Type, type Static } from "typebox";
import { DecimalString, Instant, MarketSymbol, Side, Uuid } from "./primitives.ts";

export const maxSkippedDays = 30;
/** The newest so many are told. */
export const maxSkippedQuestions = 200;

const Measure = Type.Object(
  {
    qty: DecimalString,
    entry_at: Instant,
    entry_price: DecimalString,
    exit_at: Instant,
    exit_price: DecimalString,
    because: Type.Enum(["stop_loss", "take_profit", "trailing_stop", "day_close"]),
    fees_usd: DecimalString,
    made_usd: Type.String({ description: "Of a sale: what selling then would have brought more than what it was worth at the day's close." }),
  },
  { additionalProperties: false },
);

const Skipped = Type.Object(
  {
    question_id: Uuid,
    rule_id: Type.String(),
    rule_text: Type.String(),
    symbol: MarketSymbol,
    side: Side,
    outcome: Type.Enum(["rejected", "expired"]),
    asked_at: Instant,
    closed_at: Instant,
    price: DecimalString,
    would_have: Type.Union([Measure, Type.Null()]),
    unknown_because: Type.Union([Type.String(), Type.Null()], { description: "Why it cannot be told what it would have made." }),
  },
  { additionalProperties: false },
);

/** Newest first. */
export const SkippedPage = Type.Object(
  {
    questions: Type.Array(Skipped, { maxItems: maxSkippedQuestions }),
    measured: Type.Integer({ minimum: 0 }),
    made_usd: Type.String({ description: "Of all that could be measured: below zero, skipping was worth it." }),
    server_time: Instant,
  },
  { $id: "SkippedPage", additionalProperties: false },
);
export type SkippedPage = Static<typeof SkippedPage>;
