/** The table `kill_switch_confirmations`: that somebody has seen what selling everything would sell, a moment ago. */
import type { Db } from "../../db/pool.ts";
import { uidOf, type KillSwitchScope } from "./kill-switch-scope.ts";

/** Long enough to read the preview, short enough for it to be still true. */
const validForSeconds = 60;

export type Confirmation = { token: string; expiresAt: Date };

/** Those that have expired go with it. */
export async function giveConfirmation(db: Db, scope: KillSwitchScope): Promise<Confirmation> {
  const { rows } = await db.query<{ token: string; expires_at: Date }>(
    `with gone as (delete from kill_switch_confirmations where expires_at <= clock_timestamp())
     insert into kill_switch_confirmations (scope, firebase_uid, expires_at)
     values ($1::text, $2::text, clock_timestamp() + $3::int4 * interval '1 second') returning token, expires_at`,
    [scope.scope, uidOf(scope), validForSeconds],
  );
  const row = rows[0];
  if (row === undefined) throw new Error("an insert returned no row");
  return { token: row.token, expiresAt: row.expires_at };
}

/** Good once, for the scope that it was given for. In the transaction that acts on it. */
export async function takeConfirmation(tx: Db, scope: KillSwitchScope, token: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    "delete from kill_switch_confirmations where token = $1::uuid and scope = $2::text and firebase_uid is not distinct from $3::text and expires_at > clock_timestamp()",
    [token, scope.scope, uidOf(scope)],
  );
  return rowCount === 1;
}
