import type { AnswerResult } from "@nod/contract/question";
import type { Db } from "../db/pool.ts";

/** Keeps the winning answer with what its giver was told; a second one for the question is refused by the key. */
export async function insertAnswer(tx: Db, given: { firebaseUid: string; result: AnswerResult; at: Date }): Promise<void> {
  await tx.query({
    name: "insert-answer",
    text: `
      insert into answers (question_id, firebase_uid, answer, result, answered_at)
      values ($1::uuid, $2::text, $3::numeric, $4::json, $5::timestamptz)`,
    values: [given.result.question_id, given.firebaseUid, String(given.result.answer), JSON.stringify(given.result), given.at],
  });
}
