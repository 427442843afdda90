import type { Decision } from "@nod/contract/denial";
import type { Order } from "@nod/contract/order";
import type { QuestionOutcome } from "@nod/contract/question";
import type { Usd } from "../core/decimal.ts";
import type { Db } from "../db/pool.ts";
import type { AuditEvent } from "../trading/audit/events-table.ts";
import type { OutboxEntry } from "../trading/outbox/outbox-table.ts";
import type { PipelinePhase, QuestionRecord } from "./questions-table.ts";

/**
 * What a kind of question leads to. The pipeline knows how a question is asked, answered once, followed up and closed; a
 * branch knows what a yes means. Branches are registered by their key and know nothing of each other.
 */
export type QuestionBranch = {
  /** `questions.pipeline_key`. */
  readonly key: string;
  /**
   * Reads what an approval will need, in the same round trip as the question and under the user's lock; it queues its
   * statement at once and reads nothing for a question of another branch or another user, for which it gives null.
   */
  prepareAnswer(tx: Db, of: { firebaseUid: string; questionId: string }): Promise<PreparedAnswer | null>;
};

export type PreparedAnswer = {
  /** For a numeric question: between which amounts an answer is an approval. */
  numericBounds(question: QuestionRecord): { min: Usd; max: Usd } | null;
  /** The card is read and not decided on: any answer closes it, and none is unclear. */
  takesAnyAnswer?: true;
  /** Pure: what approving comes to. */
  approve(approval: Approval): Consequence;
};

/** `amountUsd`: what a numeric question was answered with; null for a swipe. */
export type Approval = { question: QuestionRecord; amountUsd: Usd | null; at: Date };

export type Consequence = {
  /** `approved`, unless what the question had shown is no longer so: a yes to it is then a yes to nothing. */
  outcome: Extract<QuestionOutcome, "approved" | "superseded" | "withdrawn">;
  /** Asked in its place. */
  followUp: QuestionRecord | null;
  /** Null when nothing was proposed. */
  decision: Decision | null;
  order: Order | null;
  phase: PipelinePhase;
  /** Queues its statements without waiting between them. */
  write(tx: Db): Promise<unknown>[];
  outbox: readonly OutboxEntry[];
  events: readonly AuditEvent[];
  /** Called right after the commit, in this process. */
  committed(): void;
  /** Where the commit is announced to the other processes. */
  channels: readonly string[];
};
