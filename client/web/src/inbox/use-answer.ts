import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import type { AnswerResult, Question, QuestionOutcome } from "@nod/contract/question";
import { useCallback } from "react";
import { OfflineError, RefusedError, wordsForFailedAnswer, wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { connection, modeOf } from "../live/connection.ts";
import { answerCameLate, answered, answerFailed, answering, type Choice } from "../questions/deck.ts";
import { changeDeck, lookAgainAtActivity, lookAgainAtStandings, snoozesQuery, statusQuery, takeOrder } from "../questions/queries.ts";
import { answerFor, type TradingQuestion } from "../questions/trading-question.ts";

/** The last answer of this page and what it led to, for the toast. */
export type Receipt = { question: Question; choice: Choice; result: AnswerResult };

export const receiptKey = ["receipt"] as const;

const outcomes: Record<QuestionOutcome, true> = { approved: true, rejected: true, expired: true, superseded: true, withdrawn: true };
const isOutcome = (text: string | null): text is QuestionOutcome => text !== null && Object.hasOwn(outcomes, text);

function lateOutcome(error: unknown): QuestionOutcome | null {
  if (!(error instanceof RefusedError)) return null;
  if (error.code === "question_expired") return "expired";
  return error.code === "question_closed" && isOutcome(error.outcome) ? error.outcome : null;
}

async function give(client: QueryClient, question: Question, choice: Choice): Promise<void> {
  if (modeOf(connection.read()) === "offline") {
    changeDeck(client, (deck) => answerFailed(deck, question.id, wordsForFailedAnswer(new OfflineError("This device is offline."))));
    return;
  }
  changeDeck(client, (deck) => answering(deck, question.id, choice));
  try {
    const result = await http.answer(question.id, answerFor(question, choice));
    changeDeck(client, (deck) => answered(deck, result, Date.now()));
    client.setQueryData<Receipt>(receiptKey, { question, choice, result });
    if (result.order !== null) takeOrder(client, result.order);
  } catch (error) {
    const late = lateOutcome(error);
    changeDeck(client, (deck) => (late === null ? answerFailed(deck, question.id, wordsForFailedAnswer(error)) : answerCameLate(deck, question.id, late, Date.now())));
  }
  lookAgainAtActivity(client);
  void client.invalidateQueries({ queryKey: statusQuery.queryKey });
}

/** Sends an answer now or not at all: offline it is refused with words, and nothing is kept for later. */
export function useAnswer(): (question: Question, choice: Choice) => void {
  const client = useQueryClient();
  return useCallback((question, choice) => void give(client, question, choice), [client]);
}

/** “Not today”: its rule asks no more until New York's midnight, and then the card is skipped. Without the first not the second. */
export function useNotToday(): (question: TradingQuestion) => void {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationFn: ({ metadata }: TradingQuestion) => http.snooze(metadata.rule_id, "today"),
    onSuccess: (snoozes, question) => {
      client.setQueryData(snoozesQuery.queryKey, snoozes);
      lookAgainAtStandings(client);
      void give(client, question, { kind: "skip" });
    },
    onError: (error, { id }) => changeDeck(client, (deck) => answerFailed(deck, id, `The rule was not made quiet, and the card is still open. ${wordsForFailure(error)}`)),
  });
  return mutate;
}
