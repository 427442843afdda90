/** The table `card_snoozes`: rules that a user does not want to hear of for a while. The ask itself looks there. */
import type { Snoozes, SnoozeTime } from "@nod/contract/snooze";
import type { Db } from "../db/pool.ts";

const untilSql = {
  hour: "now() + interval '1 hour'",
  today: "(date_trunc('day', now() at time zone 'America/New_York') + interval '1 day') at time zone 'America/New_York'",
  week: "now() + interval '7 days'",
} satisfies Record<SnoozeTime, string>;

/** By the database's clock. `null` ends it. */
export async function snooze(db: Db, firebaseUid: string, ruleId: string, time: SnoozeTime | null): Promise<void> {
  if (time === null) {
    await db.query("delete from card_snoozes where firebase_uid = $1::text and rule_id = $2::text", [firebaseUid, ruleId]);
    return;
  }
  await db.query(
    `insert into card_snoozes (firebase_uid, rule_id, until) values ($1::text, $2::text, ${untilSql[time]})
     on conflict (firebase_uid, rule_id) do update set until = excluded.until, created_at = now()`,
    [firebaseUid, ruleId],
  );
}

/** Those that still hold, the soonest over first. */
export async function readSnoozes(db: Db, firebaseUid: string): Promise<Snoozes> {
  const { rows } = await db.query<{ rule_id: string | null; until: Date | null; now: Date }>(
    `select z.rule_id, z.until, now() as now from (select) one left join card_snoozes z on z.firebase_uid = $1::text and z.until > now() order by z.until, z.rule_id`,
    [firebaseUid],
  );
  return {
    snoozes: rows.flatMap(({ rule_id, until }) => (rule_id === null || until === null ? [] : [{ rule_id, until: until.toISOString() }])),
    server_time: (rows[0]?.now ?? new Date()).toISOString(),
  };
}
