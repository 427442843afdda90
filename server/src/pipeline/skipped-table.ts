import { TradingQuestionMetadata } from "@nod/contract/question";
import { compileValidator } from "@nod/contract/validators";
import type { Db } from "../db/pool.ts";

/** A question about an order that its user turned down, or let run out. */
export type SkippedQuestion = { id: string; outcome: "rejected" | "expired"; askedAt: Date; closedAt: Date; metadata: TradingQuestionMetadata };

const readMetadata = compileValidator(TradingQuestionMetadata);

/** Of one user, newest first; what an older version wrote differently is left out. */
export async function readSkippedQuestions(db: Db, firebaseUid: string, of: { days: number; limit: number }): Promise<SkippedQuestion[]> {
  const { rows } = await db.query<{ id: string; status: "rejected" | "expired"; created_at: Date; closed_at: Date; metadata: unknown }>(
    `select id, status, created_at, closed_at, metadata from questions
      where firebase_uid = $1::text and pipeline_key = 'trading' and status in ('rejected', 'expired') and created_at > clock_timestamp() - $2::int4 * interval '1 day'
      order by created_at desc, id limit $3::int4`,
    [firebaseUid, of.days, of.limit],
  );
  return rows.flatMap((row): SkippedQuestion[] => {
    const metadata = readMetadata(row.metadata);
    return metadata.ok ? [{ id: row.id, outcome: row.status, askedAt: row.created_at, closedAt: row.closed_at, metadata: metadata.value }] : [];
  });
}
