import { randomUUID } from "node:crypto";
import { jsonTextArray, textArray } from "../../src/db/text-array.ts";
import type { Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import type { QuestionShape } from "../../src/pipeline/ask-statement.ts";
import type { TradingQuestions } from "../../src/pipeline/ask-trading.ts";

/** The rows of a tick, ready to be written, with nothing left to decide: who is asked, the ids and the numbers are known. */
export type PreparedRows = { statements: [string, unknown[]][]; questions: number };

/**
 * The bulk statements that no tick can do without, one for each table, as someone would write them who only had to store these
 * rows. Neither preparing nor encoding them is timed.
 */
export function prepareWrites({ shapes, recipients }: TradingQuestions, heads: ReadonlyMap<string, number>): PreparedRows {
  const ids = recipients.map(() => randomUUID());
  const uids = recipients.map((recipient) => recipient.firebaseUid);
  const of = <T>(pick: (shape: QuestionShape) => T): T[] => recipients.flatMap(({ shape }) => {
    const found = shapes[shape];
    return found === undefined ? [] : [pick(found)];
  });
  const perUser = new Map<string, number>();
  const seqs = uids.map((uid) => {
    const nth = (perUser.get(uid) ?? 0) + 1;
    perUser.set(uid, nth);
    return (heads.get(uid) ?? 0) + nth;
  });
  const users = [...perUser.keys()];
  const subjects = of((shape) => shape.subject);
  const sourceTags = of((shape) => shape.sourceTag);
  return {
    questions: recipients.length,
    statements: [
      [
        `insert into user_pipeline_state (firebase_uid, pipeline_key, subject, phase, question_id, cooldown_until)
         select u, 'trading', s, 'await_confirm', q, now() + c * interval '1 second' from unnest($1::text[], $2::text[], $3::uuid[], $4::int4[]) as n (u, s, q, c)
         on conflict (firebase_uid, pipeline_key, subject) do update
            set phase = excluded.phase, question_id = excluded.question_id, cooldown_until = excluded.cooldown_until, updated_at = now()`,
        [textArray(uids), textArray(subjects), textArray(ids), of((shape) => shape.cooldownSeconds)],
      ],
      [
        `insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, expires_at)
         select i, u, t, k, a, 'trading', p, s, m, now() + e * interval '1 second'
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::text[], $7::text[], $8::jsonb[], $9::int4[]) as n (i, u, t, k, a, p, s, m, e)`,
        [textArray(ids), textArray(uids), textArray(of((shape) => shape.questionText)), textArray(of((shape) => shape.kind)), of((shape) => shape.correctAnswer), textArray(of((shape) => shape.pipelineStep)), textArray(sourceTags), jsonTextArray(of((shape) => shape.metadata)), of((shape) => shape.expiresInSeconds)],
      ],
      [
        `insert into user_outbox_heads as h (firebase_uid, last_seq) select u, c from unnest($1::text[], $2::int8[]) as n (u, c)
         on conflict (firebase_uid) do update set last_seq = h.last_seq + excluded.last_seq`,
        [textArray(users), users.map((uid) => perUser.get(uid))],
      ],
      [
        "insert into user_outbox (firebase_uid, seq, kind, ref_id) select u, s, 'question_asked', q from unnest($1::text[], $2::int8[], $3::uuid[]) as n (u, s, q)",
        [textArray(uids), seqs, textArray(ids)],
      ],
      [
        "select record_events($1::text[], array_fill('question_asked'::text, array[cardinality($2::uuid[])]), $2::uuid[], array_fill(null::uuid, array[cardinality($2::uuid[])]), $3::jsonb[])",
        [textArray(uids), textArray(ids), jsonTextArray(sourceTags.map((tag) => JSON.stringify({ source_tag: tag })))],
      ],
      [
        `insert into user_trading_state (firebase_uid, last_eval_at) select u, now() from unnest($1::text[]) as u
         on conflict (firebase_uid) do update set last_eval_at = excluded.last_eval_at`,
        [textArray(users)],
      ],
      ["select pg_notify('nod_outbox', '')", []],
    ],
  };
}

export async function writePrepared(pool: Pool, { statements }: PreparedRows): Promise<void> {
  await withTransaction(
    pool,
    async (tx) => {
      for (const [text, values] of statements) await tx.query(text, values);
    },
    { timeoutMs: 300_000 },
  );
}
