import type { KillSwitch, KillSwitchMode } from "@nod/contract/status";
import type { Db } from "../../db/pool.ts";
import { recordEvents } from "../audit/events-table.ts";
import type { HaltTrigger } from "./halt-rules.ts";
import { takeConfirmation } from "./kill-switch-confirmations-table.ts";
import { uidOf, type KillSwitchScope } from "./kill-switch-scope.ts";
import type { ActiveKillSwitch } from "./risk-context.ts";

export type { KillSwitchScope } from "./kill-switch-scope.ts";

/** The channel on which every process hears of a change; the rows are read again at each decision anyhow. */
export const killSwitchChannel = "nod_kill_switch";

export type KillSwitchOutcome =
  | { kind: "set"; killSwitch: KillSwitch }
  /** Selling everything wants to be confirmed by the token of a preview that is not older than a minute. Nothing was switched. */
  | { kind: "confirmation_needed" }
  /** There is no such user. Nothing was switched. */
  | { kind: "no_such_user" };

export type KillSwitchWish = { mode: KillSwitchMode; reason: string | null; setBy: string; confirmation?: string | null };

/**
 * Switches it on, or changes the mode of one that is on (`since` then stays). Run in a transaction: the row, the event
 * and the notification belong together. Orders that wait to be sent are denied when they are taken up, which the
 * notification brings about at once.
 */
export async function setKillSwitch(
  tx: Db,
  scope: KillSwitchScope,
  request: KillSwitchWish,
): Promise<KillSwitchOutcome> {
  const firebaseUid = uidOf(scope);
  if (request.mode === "flatten" && !(await mayFlatten(tx, scope, request.confirmation ?? null))) return { kind: "confirmation_needed" };
  if (firebaseUid !== null && (await tx.query("select from users where firebase_uid = $1::text", [firebaseUid])).rowCount === 0) return { kind: "no_such_user" };
  const { rows } = await tx.query<{ set_at: Date }>(
    `insert into kill_switches as k (scope, firebase_uid, mode, reason, set_by)
     values ($1::text, $2::text, $3::text, $4::text, $5::text)
     on conflict (scope, firebase_uid) do update set mode = excluded.mode, reason = excluded.reason, set_by = excluded.set_by
     returning k.set_at`,
    [scope.scope, firebaseUid, request.mode, request.reason, request.setBy],
  );
  const setAt = rows[0]?.set_at;
  if (setAt === undefined) throw new Error("setting a kill switch returned no row");
  await recordEvents(tx, [{ firebaseUid, kind: "kill_switch_set", data: { scope: scope.scope, mode: request.mode, reason: request.reason, set_by: request.setBy } }]);
  await announce(tx);
  return {
    kind: "set",
    killSwitch: { enabled: true, mode: request.mode, scope: scope.scope, reason: request.reason, since: setAt.toISOString() },
  };
}

/** Whether it was confirmed, or is on already: then the same wish once more changes nothing. */
async function mayFlatten(tx: Db, scope: KillSwitchScope, confirmation: string | null): Promise<boolean> {
  const { rowCount } = await tx.query("select from kill_switches where scope = $1::text and firebase_uid is not distinct from $2::text and mode = 'flatten'", [scope.scope, uidOf(scope)]);
  if (rowCount === 1) return true;
  return confirmation !== null && takeConfirmation(tx, scope, confirmation);
}

/** Stops a user on our own account, for something that a person must look at. One that is on already stays as it is. */
export async function haltUser(tx: Db, firebaseUid: string, reason: string): Promise<void> {
  await halt(tx, { scope: "user", firebaseUid }, { trigger: "order_mismatch", reason });
}

/** The same for a user or for everyone, with the name of what brought it about. Whether it was set just now. */
export async function halt(tx: Db, scope: KillSwitchScope, why: { trigger: HaltTrigger | "order_mismatch"; reason: string }): Promise<boolean> {
  const firebaseUid = uidOf(scope);
  const { rowCount } = await tx.query(
    `insert into kill_switches (scope, firebase_uid, mode, reason, set_by)
     values ($1::text, $2::text, 'block_new', $3::text, 'nod')
     on conflict (scope, firebase_uid) do nothing`,
    [scope.scope, firebaseUid, why.reason],
  );
  if (rowCount === 0) return false;
  await recordEvents(tx, [{ firebaseUid, kind: "kill_switch_set", data: { scope: scope.scope, mode: "block_new", reason: why.reason, trigger: why.trigger, set_by: "nod" } }]);
  await announce(tx);
  return true;
}

/** Switches it off in its own scope; one for everyone stays. Run in a transaction. Returns what still holds the user. */
export async function clearKillSwitch(tx: Db, scope: KillSwitchScope, clearedBy: string): Promise<KillSwitch> {
  const firebaseUid = uidOf(scope);
  const { rowCount } = await tx.query("delete from kill_switches where scope = $1::text and firebase_uid is not distinct from $2::text", [scope.scope, firebaseUid]);
  if (rowCount === 1) {
    await recordEvents(tx, [{ firebaseUid, kind: "kill_switch_cleared", data: { scope: scope.scope, cleared_by: clearedBy } }]);
    await announce(tx);
  }
  return firebaseUid === null ? describeKillSwitch(null) : readKillSwitch(tx, firebaseUid);
}

/** What holds a user: his own or everyone's, the stricter of the two. */
async function readKillSwitch(db: Db, firebaseUid: string): Promise<KillSwitch> {
  const { rows } = await db.query<RawKillSwitch>(
    `select mode, scope, reason, set_at from kill_switches
     where scope = 'all' or firebase_uid = $1::text
     order by array_position(array['flatten', 'cancel_only', 'block_new'], mode), scope
     limit 1`,
    [firebaseUid],
  );
  return describeKillSwitch(rows[0] === undefined ? null : decodeKillSwitch(rows[0]));
}

export type RawKillSwitch = { mode: KillSwitchMode; scope: "user" | "all"; reason: string | null; set_at: Date | string };

/** From a column, or from JSON made by the database, where an instant is text. */
export function decodeKillSwitch(raw: RawKillSwitch): ActiveKillSwitch {
  return { mode: raw.mode, scope: raw.scope, reason: raw.reason, since: new Date(raw.set_at) };
}

export function describeKillSwitch(active: ActiveKillSwitch | null): KillSwitch {
  if (active === null) return { enabled: false, mode: null, scope: null, reason: null, since: null };
  return { enabled: true, mode: active.mode, scope: active.scope, reason: active.reason, since: active.since.toISOString() };
}

async function announce(tx: Db): Promise<void> {
  await tx.query("select pg_notify('nod_kill_switch', ''), pg_notify('nod_orders', '')");
}
