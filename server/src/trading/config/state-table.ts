/** The table `user_trading_state`. */
import type { Db } from "../../db/pool.ts";

/** When a user's inputs were last all read, and when his rules were last evaluated. Null leaves what is there. */
export type StateStamp = { firebaseUid: string; ingestedAt: Date | null; evaluatedAt: Date | null };

/** Moves the stamps forward, never back, in one statement for any number of users. Users that are gone are passed over. */
export async function stampStates(db: Db, stamps: readonly StateStamp[]): Promise<void> {
  if (stamps.length === 0) return;
  await db.query(
    `insert into user_trading_state as known (firebase_uid, last_ingest_at, last_eval_at)
     select s.firebase_uid, s.ingested_at, s.evaluated_at
       from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as s (firebase_uid, ingested_at, evaluated_at)
       join users u using (firebase_uid)
      order by s.firebase_uid
     on conflict (firebase_uid) do update
        set last_ingest_at = greatest(known.last_ingest_at, excluded.last_ingest_at),
            last_eval_at = greatest(known.last_eval_at, excluded.last_eval_at)`,
    [stamps.map((stamp) => stamp.firebaseUid), stamps.map((stamp) => stamp.ingestedAt), stamps.map((stamp) => stamp.evaluatedAt)],
  );
}
