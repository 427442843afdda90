import type { ProblemError } from "@nod/contract/problem";
import type { AnswerResult, QuestionOutcome } from "@nod/contract/question";
import { derivedUuid } from "../core/ids.ts";
import { createAnnouncer } from "../db/announcer.ts";
import { pipelinedTransaction, type Writing } from "../db/pipelined-transaction.ts";
import type { Db, Pool } from "../db/pool.ts";
import { lockUser } from "../db/user-lock.ts";
import { recordEvents, type AuditEvent } from "../trading/audit/events-table.ts";
import { appendToOutboxSilently, outboxChannel, type OutboxEntry } from "../trading/outbox/outbox-table.ts";
import { insertAnswer } from "./answers-table.ts";
import type { Consequence, PreparedAnswer, QuestionBranch } from "./branch.ts";
import { closeQuestion, insertFollowUp, isQuestionId, lockQuestionForAnswer, type PipelinePhase, type QuestionAtAnswer, type QuestionRecord } from "./questions-table.ts";
import { readAnswer, type ReadAnswer } from "./read-answer.ts";

/** Who gave an answer and by which way, for the record; `auto` is the user's own rule. */
export type AnswerMeta = { via: "http" | "hub" | "auto"; requestId: string | null };

export type AnswerOutcome =
  /** The answer won, now or when it was given before: then it is told the same, byte for byte. */
  | { kind: "answered"; result: AnswerResult }
  /** There is no such question, or it is somebody else's: nobody can tell which. */
  | { kind: "not_found" }
  | { kind: "closed"; outcome: QuestionOutcome; expired: boolean }
  /** Nothing was closed; it can be answered again. */
  | { kind: "invalid"; errors: ProblemError[] };

export type AnswerService = {
  answer(firebaseUid: string, questionId: string, value: number, meta: AnswerMeta): Promise<AnswerOutcome>;
};

export type AnswerServiceDeps = {
  pool: Pool;
  branches: readonly QuestionBranch[];
  /** The other processes will notice by themselves, a little later. */
  onAnnouncementLost?: (error: unknown) => void;
  /** An answer closed it, or came too late and found it open: committed. For metrics and traces; must not throw. */
  onClosed?: (questionId: string, outcome: QuestionOutcome) => void;
};

/**
 * Takes an answer, once. Everything about one user happens one after the other, under his advisory lock; the question, its
 * answer, the decision and the order are one transaction of two round trips.
 */
export function createAnswerService({ pool, branches, onAnnouncementLost, onClosed }: AnswerServiceDeps): AnswerService {
  if (new Set(branches.map((branch) => branch.key)).size !== branches.length) throw new Error("two branches have the same key");
  const announcer = createAnnouncer(pool, onAnnouncementLost ?? (() => undefined));
  return {
    answer: async (firebaseUid, questionId, value, meta) => {
      if (!isQuestionId(questionId)) return { kind: "not_found" };
      const of = { firebaseUid, questionId };
      const { outcome, committed, channels } = await pipelinedTransaction(pool, {
        read: async (tx) => {
          const [, locked, ...prepared] = await Promise.all([
            lockUser(tx, firebaseUid),
            lockQuestionForAnswer(tx, of),
            ...branches.map((branch) => branch.prepareAnswer(tx, of)),
          ]);
          const index = branches.findIndex((branch) => branch.key === locked?.question.pipelineKey);
          return { locked, prepared: prepared[index] ?? null };
        },
        write: (tx, { locked, prepared }) => settle(tx, { locked, prepared, value, meta }),
      });
      committed();
      if (channels.length === 0) return outcome; // nothing was written
      announcer.announce(channels.map((channel) => ({ channel, payload: channel === outboxChannel ? firebaseUid : "" })));
      if (outcome.kind === "answered") onClosed?.(questionId, outcome.result.outcome);
      else if (outcome.kind === "closed") onClosed?.(questionId, outcome.outcome);
      return outcome;
    },
  };
}

type Settled = { outcome: AnswerOutcome; committed: () => void; channels: readonly string[] };

type Case = { locked: QuestionAtAnswer | null; prepared: PreparedAnswer | null; value: number; meta: AnswerMeta };

function settle(tx: Db, { locked, prepared, value, meta }: Case): Writing<Settled> {
  if (locked === null) return nothingWritten({ kind: "not_found" });
  const { question, at, isExpired, given } = locked;
  if (given?.answer === value) return nothingWritten({ kind: "answered", result: given.result });
  if (question.status !== "open") return nothingWritten({ kind: "closed", outcome: question.status, expired: question.status === "expired" });
  if (isExpired) return expire(tx, question, at);
  const reading = readAnswer(question, value, prepared?.numericBounds(question) ?? null);
  if (reading.kind === "invalid") return nothingWritten({ kind: "invalid", errors: reading.errors });
  return close(tx, { question, at, value, meta, ...closingOf(question, reading, prepared, at) });
}

const nothingWritten = (outcome: AnswerOutcome): Writing<Settled> => ({ result: { outcome, committed: () => undefined, channels: [] }, written: [] });

function expire(tx: Db, question: QuestionRecord, at: Date): Writing<Settled> {
  return {
    result: { outcome: { kind: "closed", outcome: "expired", expired: true }, committed: () => undefined, channels: [outboxChannel] },
    written: [
      closeQuestion(tx, { questionId: question.id, outcome: "expired", phase: "done", at }),
      recordEvents(tx, [closedEvent(question, "expired")]),
      appendToOutboxSilently(tx, [{ firebaseUid: question.firebaseUid, kind: "question_closed", refId: question.id }]),
    ],
  };
}

type Closing = { outcome: QuestionOutcome; phase: PipelinePhase; consequence: Consequence | null; followUp: QuestionRecord | null };

/** An unclear answer is asked about once more, and a second one is taken for a no without saying so. */
function closingOf(question: QuestionRecord, reading: Exclude<ReadAnswer, { kind: "invalid" }>, prepared: PreparedAnswer | null, at: Date): Closing {
  switch (reading.kind) {
    case "approves": {
      if (prepared === null) throw new Error(`no branch takes answers for ${JSON.stringify(question.pipelineKey)}`);
      const consequence = prepared.approve({ question, amountUsd: reading.amountUsd, at });
      const { outcome, phase, followUp } = consequence;
      return { outcome, phase, consequence, followUp };
    }
    case "rejects":
      return { outcome: "rejected", phase: "done", consequence: null, followUp: null };
    case "unclear":
      if (prepared?.takesAnyAnswer === true) return { outcome: "rejected", phase: "done", consequence: null, followUp: null };
      return question.metadata["follow_up_of"] === undefined
        ? { outcome: "superseded", phase: "done", consequence: null, followUp: followUpOf(question, at) }
        : { outcome: "withdrawn", phase: "done", consequence: null, followUp: null };
  }
}

/** The same facts and as much time as the first one had. */
function followUpOf(question: QuestionRecord, at: Date): QuestionRecord {
  return {
    ...question,
    id: derivedUuid("follow-up", question.id),
    questionText: `That was not clear, so once more: ${question.questionText}`,
    metadata: { ...question.metadata, follow_up_of: question.id },
    followUpOf: question.id,
    createdAt: at,
    expiresAt: new Date(at.getTime() + question.expiresAt.getTime() - question.createdAt.getTime()),
  };
}

function close(tx: Db, closing: Closing & { question: QuestionRecord; at: Date; value: number; meta: AnswerMeta }): Writing<Settled> {
  const { question, at, value, consequence, followUp, outcome } = closing;
  const result: AnswerResult = {
    question_id: question.id,
    outcome,
    answer: value,
    answered_at: at.toISOString(),
    decision: consequence?.decision ?? null,
    order: consequence?.order ?? null,
    follow_up_question_id: followUp?.id ?? null,
  };
  const told: OutboxEntry[] = [
    { firebaseUid: question.firebaseUid, kind: "question_closed", refId: question.id },
    ...(followUp === null ? [] : [{ firebaseUid: question.firebaseUid, kind: "question_asked" as const, refId: followUp.id }]),
    ...(consequence?.outbox ?? []),
  ];
  return {
    result: { outcome: { kind: "answered", result }, committed: consequence?.committed ?? (() => undefined), channels: [outboxChannel, ...(consequence?.channels ?? [])] },
    written: [
      closeQuestion(tx, { questionId: question.id, outcome, phase: closing.phase, at }),
      insertAnswer(tx, { firebaseUid: question.firebaseUid, result, at }),
      ...(followUp === null ? [] : [insertFollowUp(tx, followUp)]),
      ...(consequence?.write(tx) ?? []),
      recordEvents(tx, storyOf(closing)),
      appendToOutboxSilently(tx, told),
    ],
  };
}

function storyOf({ question, value, meta, outcome, consequence, followUp }: Closing & { question: QuestionRecord; value: number; meta: AnswerMeta }): AuditEvent[] {
  const { firebaseUid, id: questionId } = question;
  return [
    { firebaseUid, questionId, kind: "answer_given", data: { answer: value, outcome, via: meta.via, request_id: meta.requestId } },
    closedEvent(question, outcome),
    ...(followUp === null ? [] : [{ firebaseUid, questionId: followUp.id, kind: "question_asked" as const, data: followUp.metadata["revises"] === undefined ? { follow_up_of: questionId } : { revises: questionId } }]),
    ...(consequence?.events ?? []),
  ];
}

const closedEvent = (question: QuestionRecord, outcome: QuestionOutcome): AuditEvent => ({
  firebaseUid: question.firebaseUid,
  questionId: question.id,
  kind: "question_closed",
  data: { outcome },
});
