import type { ProblemError } from "@nod/contract/problem";
import { decimalPlaces, isGreater, isLess, NotADecimalError, usd, type Usd } from "../core/decimal.ts";
import type { QuestionRecord } from "./questions-table.ts";

/** A swipe counts as clear from here on, on its scale of -10 to 10. */
const clearSwipe = 5;
const fullSwipe = 10;

export type ReadAnswer =
  | { kind: "approves"; amountUsd: Usd | null }
  | { kind: "rejects" }
  | { kind: "unclear" }
  | { kind: "invalid"; errors: ProblemError[] };

/** What an answer means to its question. Pure; nothing is closed by an invalid one. */
export function readAnswer(question: Pick<QuestionRecord, "kind" | "correctAnswer">, answer: number, bounds: { min: Usd; max: Usd } | null): ReadAnswer {
  return question.kind === "swipe" ? readSwipe(question.correctAnswer ?? fullSwipe, answer) : readAmount(answer, bounds);
}

function readSwipe(correctAnswer: number, answer: number): ReadAnswer {
  if (!(Math.abs(answer) <= fullSwipe)) return invalid(`must be a number from -${fullSwipe} to ${fullSwipe}`);
  const towardsYes = correctAnswer > 0 ? answer : -answer;
  if (towardsYes >= clearSwipe) return { kind: "approves", amountUsd: null };
  return towardsYes <= -clearSwipe ? { kind: "rejects" } : { kind: "unclear" };
}

function readAmount(answer: number, bounds: { min: Usd; max: Usd } | null): ReadAnswer {
  if (bounds === null) return invalid("this question cannot be answered with an amount");
  if (answer === 0) return { kind: "rejects" };
  const amount = amountOf(answer);
  if (amount === null || isLess(amount, bounds.min) || isGreater(amount, bounds.max)) {
    return invalid(`must be 0 to skip, or an amount from ${bounds.min} to ${bounds.max} with at most two decimals`);
  }
  return { kind: "approves", amountUsd: amount };
}

function amountOf(answer: number): Usd | null {
  try {
    const amount = usd(answer);
    return decimalPlaces(amount) <= 2 ? amount : null;
  } catch (error) {
    if (error instanceof NotADecimalError) return null;
    throw error;
  }
}

const invalid = (message: string): ReadAnswer => ({ kind: "invalid", errors: [{ pointer: "/answer", message }] });
