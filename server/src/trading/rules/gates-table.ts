/** The table `rule_gates`: what the conditions of users have done so far, beyond the life of a process. */
import { createHash } from "node:crypto";
import type { Db } from "../../db/pool.ts";
import type { GateState } from "./firing-gate.ts";

export type KeptGate = { firebaseUid: string; ruleId: string; source: string; gate: GateState };

/** Of a compiled condition's `key`: rules that fire at the same moments have the same one. */
export const digestOfSource = (key: string): string => createHash("sha256").update(key).digest("base64url");

/** With the questions that the firings led to, in their transaction. One statement. */
export async function saveGates(tx: Db, gates: readonly KeptGate[]): Promise<void> {
  if (gates.length === 0) return;
  await tx.query(
    `insert into rule_gates as kept (firebase_uid, rule_id, source, firings, fired_at, fired_period_ms)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::timestamptz[], $6::float8[]) as g(firebase_uid, rule_id, source, firings, fired_at, fired_period_ms)
      order by firebase_uid, rule_id
     on conflict (firebase_uid, rule_id) do update
        set source = excluded.source, firings = excluded.firings, fired_at = excluded.fired_at, fired_period_ms = excluded.fired_period_ms`,
    [
      gates.map(({ firebaseUid }) => firebaseUid),
      gates.map(({ ruleId }) => ruleId),
      gates.map(({ source }) => source),
      gates.map(({ gate }) => gate.firings),
      gates.map(({ gate }) => new Date(gate.firedAtMs ?? 0)),
      gates.map(({ gate }) => gate.firedPeriodMs),
    ],
  );
}

/**
 * What is kept of these users' rules. Whether one was true meanwhile is not: a restored gate waits until its rule has been
 * seen not to hold (or its `rearm` to hold), as one does that was just switched on.
 */
export async function readGates(db: Db, firebaseUids: readonly string[]): Promise<KeptGate[]> {
  if (firebaseUids.length === 0) return [];
  const { rows } = await db.query<{ firebase_uid: string; rule_id: string; source: string; firings: number; fired_at: Date; fired_period_ms: number | null }>(
    "select firebase_uid, rule_id, source, firings, fired_at, fired_period_ms from rule_gates where firebase_uid = any($1::text[])",
    [firebaseUids],
  );
  return rows.map((row) => ({
    firebaseUid: row.firebase_uid,
    ruleId: row.rule_id,
    source: row.source,
    gate: { ready: false, rearmed: false, firings: row.firings, firedAtMs: row.fired_at.getTime(), firedPeriodMs: row.fired_period_ms },
  }));
}
