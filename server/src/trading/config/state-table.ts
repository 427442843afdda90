/** The table `user_trading_state`. */
import type { Db } from "../../db/pool.ts";
import { nullableTextArray, textArray } from "../../db/text-array.ts";

/** When users' rules were last evaluated, and when each one's inputs were last all read. Null leaves what is there. */
export type StateStamps = { evaluatedAt: Date | null; users: readonly { firebaseUid: string; ingestedAt: Date | null }[] };

/** Moves the stamps forward, never back, in one statement for any number of users. Users that are gone are passed over. */
export async function stampStates(db: Db, { evaluatedAt, users }: StateStamps): Promise<void> {
  if (users.length === 0) return;
  // A hundred thousand users have but a few instants between them.
  const texts = new Map<Date | null, string | null>([[null, null]]);
  const ingested = users.map(({ ingestedAt }) => {
    const text = texts.get(ingestedAt) ?? ingestedAt?.toISOString() ?? null;
    texts.set(ingestedAt, text);
    return text;
  });
  await db.query(
    `insert into user_trading_state as known (firebase_uid, last_ingest_at, last_eval_at)
     select s.firebase_uid, s.ingested_at, $3::timestamptz
       from unnest($1::text[], $2::timestamptz[]) as s (firebase_uid, ingested_at)
       join users u using (firebase_uid)
      order by s.firebase_uid
     on conflict (firebase_uid) do update
        set last_ingest_at = greatest(known.last_ingest_at, excluded.last_ingest_at),
            last_eval_at = greatest(known.last_eval_at, excluded.last_eval_at)`,
    [textArray(users.map(({ firebaseUid }) => firebaseUid)), nullableTextArray(ingested), evaluatedAt],
  );
}
