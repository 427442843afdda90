import type { AnswerResult, Question, QuestionOutcome } from "./question.ts";
import type { Order } from "./order.ts";

export const questionsHubPath = "/hubs/questions";

/**
 * `seq` counts up by one per user; a gap means that something was missed: call `Sync` with the last one seen. A number
 * at or below the last one seen is something told again: an open question after a `Sync` carries that of its asking.
 */
export type Sequenced = { seq: number };

export type QuestionClosed = Sequenced & { id: string; outcome: QuestionOutcome };

/** What the server calls on a client of `/hubs/questions`. */
export type QuestionsHubClient = {
  ReceiveQuestion(question: Question & Sequenced): void;
  QuestionClosed(closed: QuestionClosed): void;
  ReceiveTradeUpdate(order: Order & Sequenced): void;
};

/** What a client calls on `/hubs/questions`. */
export type QuestionsHubServer = {
  /**
   * Replays everything after `lastSeq`, then every open question. Returns where the user's sequence now stands, which is
   * less than `lastSeq` only when the server's numbers started anew. What is pushed goes on from there.
   */
  Sync(lastSeq: number): Promise<{ seq: number; server_time: string }>;
  /** Everything up to `seq` has been taken in; it need not be kept for this user any longer. */
  Ack(seq: number): Promise<void>;
  AnswerQuestion(id: string, answer: number): Promise<AnswerResult>;
  /** Takes the approval of this question back, as long as its order's `undo_until` has not come. */
  UndoAnswer(id: string): Promise<Order>;
};
