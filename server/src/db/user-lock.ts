import type { Db } from "./pool.ts";

/** One user, one at a time; a lock that the transaction's end releases. */
export async function lockUser(tx: Db, firebaseUid: string): Promise<void> {
  await tx.query({ name: "lock-user", text: "select pg_advisory_xact_lock(hashtextextended('user:' || $1::text, 0))", values: [firebaseUid] });
}
