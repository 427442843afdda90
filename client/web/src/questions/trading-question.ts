import type { Question, TradingQuestionMetadata } from "@nod/contract/question";
import type { ReferenceMetric } from "@nod/contract/trading-config";
import type { Choice } from "./deck.ts";

export type TradingQuestion = Question & { metadata: TradingQuestionMetadata };

/** What the price was compared with; null for a rule that compares it with no one reference. */
export type Reference = { metric: ReferenceMetric; price: string; pct: string; thresholdPct: number | null };

export function referenceOf({ ref_metric: metric, ref, pct, threshold_pct }: TradingQuestionMetadata): Reference | null {
  return metric === undefined || ref === undefined || pct === undefined ? null : { metric, price: ref, pct, thresholdPct: threshold_pct ?? null };
}

/** Questions of other pipelines have no order to show; their text is all there is. */
export function isTradingQuestion(question: Question): question is TradingQuestion {
  const { symbol, price, order } = question.metadata;
  return question.pipeline_key === "trading" && typeof symbol === "string" && typeof price === "string" && typeof order === "object" && order !== null;
}

export function symbolOf(question: Question): string | null {
  return isTradingQuestion(question) ? question.metadata.symbol : null;
}

/** The bounds of the amount that a numeric question asks for. */
export function amountBounds(question: Question): { min: string; max: string } | null {
  return question.kind === "numeric" && isTradingQuestion(question) ? (question.metadata.order.ask ?? null) : null;
}

/**
 * The number that goes over the wire. Approving sends the end of the swipe that the question names as
 * correct, or the amount; skipping sends the other end, or 0.
 */
export function answerFor(question: Question, choice: Choice): number {
  if (question.kind === "numeric") return choice.kind === "approve" ? Number(choice.amount) : 0;
  const approving = question.correct_answer ?? 10;
  return choice.kind === "approve" ? approving : -approving;
}
