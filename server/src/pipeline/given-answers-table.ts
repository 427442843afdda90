import type { QuestionStatus } from "@nod/contract/question";
import type { Db } from "../db/pool.ts";

/** What became of a rule's question. `amount`: what the answer named, of a question that asked for a number. */
export type GivenAnswerRow = { ruleId: string; askedAt: Date; status: QuestionStatus; amount: string | null };

/** Of one user, asked in [`from`, `to`), in the order of asking; the largest replay has some thousands. */
export async function readGivenAnswers(db: Db, firebaseUid: string, of: { from: Date; to: Date }): Promise<GivenAnswerRow[]> {
  const { rows } = await db.query<{ rule_id: string; created_at: Date; status: QuestionStatus; amount: string | null }>(
    `select q.metadata ->> 'rule_id' as rule_id, q.created_at, q.status, case when q.kind = 'numeric' and a.answer > 0 then a.answer::text end as amount
       from questions q left join answers a on a.question_id = q.id
      where q.firebase_uid = $1::text and q.pipeline_key in ('trading', 'notice') and q.follow_up_of is null and q.created_at >= $2::timestamptz and q.created_at < $3::timestamptz
      order by q.created_at, q.id`,
    [firebaseUid, of.from, of.to],
  );
  return rows.map((row) => ({ ruleId: row.rule_id, askedAt: row.created_at, status: row.status, amount: row.amount }));
}
