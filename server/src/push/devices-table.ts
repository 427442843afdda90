import { maxDevices, type Device } from "@nod/contract/devices";
import type { Db } from "../db/pool.ts";

type RawDevice = { id: string; label: string; notifications: boolean; created_at: Date; last_seen_at: Date };

/** A user's devices, the one that was here last first. */
export async function devicesOf(db: Db, firebaseUid: string): Promise<Device[]> {
  const { rows } = await db.query<RawDevice>({
    name: "devices-of",
    text: `select id, label, push_token is not null as notifications, created_at, last_seen_at
           from devices where firebase_uid = $1::text order by last_seen_at desc, id limit $2::int4`,
    values: [firebaseUid, maxDevices],
  });
  return rows.map((row) => ({ id: row.id, label: row.label, notifications: row.notifications, created_at: row.created_at.toISOString(), last_seen_at: row.last_seen_at.toISOString() }));
}

/** `pushToken` null: no notifications; undefined: as it was. */
export type DeviceSeen = { id: string; label: string; pushToken: string | null | undefined };

/** A device is here. Beyond the most that a user may have, those that were away longest are forgotten. */
export async function rememberDevice(db: Db, firebaseUid: string, device: DeviceSeen): Promise<void> {
  await db.query({
    name: "remember-device",
    text: `insert into devices (firebase_uid, id, label, push_token) values ($1::text, $2::uuid, $3::text, $4::text)
           on conflict (firebase_uid, id) do update
           set label = excluded.label, last_seen_at = clock_timestamp(), push_token = case when $5::boolean then excluded.push_token else devices.push_token end`,
    values: [firebaseUid, device.id, device.label, device.pushToken ?? null, device.pushToken !== undefined],
  });
  await db.query({
    name: "forget-old-devices",
    text: `delete from devices where firebase_uid = $1::text and id in (
             select id from devices where firebase_uid = $1::text order by last_seen_at desc, id offset $2::int4)`,
    values: [firebaseUid, maxDevices],
  });
}

/** Nothing is pushed to it any longer; there may be none of that id. */
export async function forgetDevice(db: Db, firebaseUid: string, id: string): Promise<void> {
  await db.query({ name: "forget-device", text: "delete from devices where firebase_uid = $1::text and id = $2::uuid", values: [firebaseUid, id] });
}

/** A token reaches one browser: whoever it belonged to before gets nothing through it any more. Needs to see all users. */
export async function releaseToken(db: Db, pushToken: string, except: { firebaseUid: string; id: string } | null): Promise<void> {
  await db.query({
    name: "release-push-token",
    text: `update devices set push_token = null
           where push_token = $1::text and ($2::text is null or (firebase_uid, id) is distinct from ($2::text, $3::uuid))`,
    values: [pushToken, except?.firebaseUid ?? null, except?.id ?? null],
  });
}

/** Forgets devices that nobody was at for so long; gives how many. Needs to see all users. */
export async function forgetUnusedDevices(db: Db, days: number): Promise<number> {
  const { rowCount } = await db.query("delete from devices where last_seen_at < now() - $1::int4 * interval '1 day'", [days]);
  return rowCount ?? 0;
}
