/** Events that were logged long ago: the log's own functions with a clock that a transaction can set. */
import type { Db } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { recordEvents, type AuditEvent } from "../../src/trading/audit/events-table.ts";
import type { TestDatabase } from "./database.ts";

export async function shadowLogClock(database: TestDatabase): Promise<void> {
  await database.ownerPool.query(`
    create schema yore;
    grant usage on schema yore to public;
    create function yore.clock_timestamp() returns timestamptz language sql volatile
      as $$ select coalesce(nullif(current_setting('nod.yore', true), '')::timestamptz, pg_catalog.clock_timestamp()) $$;
    alter function record_events(text[], text[], uuid[], uuid[], jsonb[]) set search_path = yore, pg_catalog, public, pg_temp;
    alter function append_events(text[], text[], uuid[], uuid[], jsonb[]) set search_path = yore, pg_catalog, public, pg_temp`);
}

/** `months` before the month of now, and so far into that month. */
export async function recordLongAgo(database: TestDatabase, ago: { months: number; into?: string }, events: readonly AuditEvent[]): Promise<void> {
  await withTransaction(database.pool, async (tx) => {
    await tx.query("select set_config('nod.yore', (partition_after('events', partition_start('events', now()), -$1::int4) + $2::interval)::text, true)", [ago.months, ago.into ?? "3 days"]);
    await recordEvents(tx, events);
  });
}

/** `events_2026_03`: the name of the month so many months before that of now. */
export async function monthAgo(db: Db, months: number): Promise<string> {
  const { rows } = await db.query<{ name: string }>(
    "select to_char(partition_after('events', partition_start('events', now()), -$1::int4) at time zone 'America/New_York', '\"events_\"YYYY_MM') as name",
    [months],
  );
  return rows[0]?.name ?? "";
}
