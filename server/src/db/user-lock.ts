import type { Db } from "./pool.ts";

/** One user, one at a time, and for the web's role his rows (migration 0013): a lock and a name that the transaction's end takes back. */
export async function lockUser(tx: Db, firebaseUid: string): Promise<void> {
  await tx.query({ name: "lock-user", text: "select pg_advisory_xact_lock(hashtextextended('user:' || $1::text, 0)), set_config('nod.uid', $1::text, true)", values: [firebaseUid] });
}
