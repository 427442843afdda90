import type { AnswerResult, Question, QuestionKind, QuestionOutcome, QuestionStatus } from "@nod/contract/question";
import type { Db } from "../db/pool.ts";

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text that came from outside can name a question at all. */
export const isQuestionId = (text: string): boolean => uuidText.test(text);

/** A row of `questions`. */
export type QuestionRecord = {
  id: string;
  firebaseUid: string;
  questionText: string;
  kind: QuestionKind;
  correctAnswer: number | null;
  pipelineKey: string;
  pipelineStep: string;
  sourceTag: string;
  metadata: Record<string, unknown>;
  status: QuestionStatus;
  followUpOf: string | null;
  createdAt: Date;
  expiresAt: Date;
};

type RawQuestion = {
  id: string;
  firebase_uid: string;
  question_text: string;
  kind: QuestionKind;
  correct_answer: string | null;
  pipeline_key: string;
  pipeline_step: string;
  source_tag: string;
  metadata: Record<string, unknown>;
  status: QuestionStatus;
  follow_up_of: string | null;
  created_at: Date;
  expires_at: Date;
};

const questionColumns = `
  q.id, q.firebase_uid, q.question_text, q.kind, q.correct_answer, q.pipeline_key, q.pipeline_step, q.source_tag, q.metadata,
  q.status, q.follow_up_of, q.created_at, q.expires_at`;

function decode(row: RawQuestion): QuestionRecord {
  return {
    id: row.id,
    firebaseUid: row.firebase_uid,
    questionText: row.question_text,
    kind: row.kind,
    correctAnswer: row.correct_answer === null ? null : Number(row.correct_answer),
    pipelineKey: row.pipeline_key,
    pipelineStep: row.pipeline_step,
    sourceTag: row.source_tag,
    metadata: row.metadata,
    status: row.status,
    followUpOf: row.follow_up_of,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** As it goes over the wire to its owner. */
export function describeQuestion(question: QuestionRecord): Question {
  return {
    id: question.id,
    kind: question.kind,
    question_text: question.questionText,
    correct_answer: question.correctAnswer,
    pipeline_key: question.pipelineKey,
    pipeline_step: question.pipelineStep,
    source_tag: question.sourceTag,
    metadata: question.metadata,
    status: question.status,
    created_at: question.createdAt.toISOString(),
    expires_at: question.expiresAt.toISOString(),
  };
}

/** What a user can answer now, oldest first. By the database's clock, so one that ran out is not among them even before it was closed. */
export async function openQuestions(db: Db, firebaseUid: string, limit: number): Promise<QuestionRecord[]> {
  const { rows } = await db.query<RawQuestion>({
    name: "open-questions",
    text: `select ${questionColumns} from questions as q
           where q.firebase_uid = $1::text and q.status = 'open' and q.expires_at > now()
           order by q.created_at, q.id
           limit $2::int4`,
    values: [firebaseUid, limit],
  });
  return rows.map(decode);
}

/** For deliveries to many users at once; the caller matches each with its own user. */
export async function questionsByIds(db: Db, ids: readonly string[]): Promise<QuestionRecord[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<RawQuestion>({ name: "questions-by-ids", text: `select ${questionColumns} from questions as q where q.id = any($1::uuid[])`, values: [ids] });
  return rows.map(decode);
}

/** A question as it stands at its answer, with the answer that won if one did. */
export type QuestionAtAnswer = { question: QuestionRecord; at: Date; isExpired: boolean; given: { answer: number; result: AnswerResult } | null };

/** Locks the question, so that it does not expire while it is being answered. Null for an unknown one and for somebody else's alike. */
export async function lockQuestionForAnswer(tx: Db, of: { firebaseUid: string; questionId: string }): Promise<QuestionAtAnswer | null> {
  // `result` was written by `insertAnswer` in this shape; `json` keeps its text as it was.
  const { rows } = await tx.query<RawQuestion & { at: Date; is_expired: boolean; answer: string | null; result: AnswerResult | null }>({
    name: "lock-question-for-answer",
    text: `
      select ${questionColumns}, clock_timestamp() as at, q.expires_at <= clock_timestamp() as is_expired, a.answer, a.result
      from questions as q left join answers as a on a.question_id = q.id
      where q.id = $1::uuid and q.firebase_uid = $2::text
      for update of q`,
    values: [of.questionId, of.firebaseUid],
  });
  const row = rows[0];
  if (row === undefined) return null;
  const given = row.answer === null || row.result === null ? null : { answer: Number(row.answer), result: row.result };
  return { question: decode(row), at: row.at, isExpired: row.is_expired, given };
}

/** Closes an open question and moves its subject on. The caller holds the question's lock. */
export async function closeQuestion(tx: Db, closed: { questionId: string; outcome: QuestionOutcome; phase: PipelinePhase; at: Date }): Promise<void> {
  await tx.query({
    name: "close-question",
    text: `
      with closed as (
        update questions set status = $2::text, closed_at = $3::timestamptz where id = $1::uuid and status = 'open'
      )
      update user_pipeline_state set phase = $4::text, updated_at = $3::timestamptz where question_id = $1::uuid`,
    values: [closed.questionId, closed.outcome, closed.at, closed.phase],
  });
}

export type PipelinePhase = "idle" | "await_confirm" | "submit_order" | "done";

/** Asks once more in the place of a question that was just closed; its subject now waits for this one. */
export async function insertFollowUp(tx: Db, followUp: QuestionRecord): Promise<void> {
  await tx.query({
    name: "insert-follow-up",
    text: `
      with asked as (
        insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, follow_up_of, created_at, expires_at)
        values ($1::uuid, $2::text, $3::text, $4::text, $5::numeric, $6::text, $7::text, $8::text, $9::jsonb, $10::uuid, $11::timestamptz, $12::timestamptz)
      )
      update user_pipeline_state set phase = 'await_confirm', question_id = $1::uuid, updated_at = $11::timestamptz where question_id = $10::uuid`,
    values: [
      followUp.id, followUp.firebaseUid, followUp.questionText, followUp.kind, followUp.correctAnswer, followUp.pipelineKey, followUp.pipelineStep,
      followUp.sourceTag, JSON.stringify(followUp.metadata), followUp.followUpOf, followUp.createdAt, followUp.expiresAt,
    ],
  });
}

/** Closes up to `limit` questions whose time is over; questions that are being answered are left to their answer. */
export async function expireDueQuestions(tx: Db, limit: number): Promise<{ id: string; firebaseUid: string }[]> {
  const { rows } = await tx.query<{ id: string; firebase_uid: string }>({
    name: "expire-due-questions",
    text: `
      with due as (
        select id from questions
        where status = 'open' and expires_at <= clock_timestamp()
        order by expires_at
        limit $1::int4
        for update skip locked
      ), closed as (
        update questions as q set status = 'expired', closed_at = clock_timestamp()
        from due where q.id = due.id
        returning q.id, q.firebase_uid
      ), moved as (
        update user_pipeline_state as s set phase = 'done', updated_at = clock_timestamp()
        from closed where s.question_id = closed.id
      )
      select id, firebase_uid from closed`,
    values: [limit],
  });
  return rows.map((row) => ({ id: row.id, firebaseUid: row.firebase_uid }));
}
