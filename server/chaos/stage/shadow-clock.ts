/** PostgreSQL's clock, shadowed in one database, so that it can be set ahead. */
import type { Pool } from "../../src/db/pool.ts";
import { withOurClock } from "./database.ts";
import { runOnce } from "./run-once.ts";

/** The world's clock in SQL. `now` and `clock_timestamp` stand in `public`, which is searched before `pg_catalog` here. */
export const clockSql = `
  create table chaos.clock (ahead_ms float8 not null);
  insert into chaos.clock values (0);
  create function public.now() returns timestamptz language sql stable
    as $$ select pg_catalog.now() + (select ahead_ms from chaos.clock) * interval '1 millisecond' $$;
  create function public.clock_timestamp() returns timestamptz language sql volatile
    as $$ select pg_catalog.clock_timestamp() + (select ahead_ms from chaos.clock) * interval '1 millisecond' $$;
  grant usage on schema chaos to public;
  grant select on chaos.clock to public`;

/** Defaults were bound to PostgreSQL's own functions when the migrations ran, and some functions name their own search path. */
export const migrationsByOurClockSql = `
  do $$
  declare bound record;
  begin
    for bound in select oid::regprocedure as signature from pg_proc where pronamespace = 'public'::regnamespace and proconfig::text like '%search_path%' loop
      execute format('alter function %s set search_path = public, pg_catalog, pg_temp', bound.signature);
    end loop;
    for bound in
      select d.adrelid::regclass as of_table, a.attname, pg_get_expr(d.adbin, d.adrelid) as expression
      from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
      where a.attgenerated = '' and pg_get_expr(d.adbin, d.adrelid) ~ 'pg_catalog.(now|clock_timestamp)\\(\\)'
    loop
      execute format('alter table %s alter column %I set default %s', bound.of_table, bound.attname, replace(bound.expression, 'pg_catalog.', 'public.'));
    end loop;
  end $$`;

/** For a database that is in use already, with the checker's notes in it and nobody connected: from the next connection on. */
export async function shadowClock(ownerUrl: string, database: string): Promise<void> {
  await runOnce(ownerUrl, withOurClock(database));
  await runOnce(ownerUrl, clockSql, migrationsByOurClockSql);
}

/** The database's time from now on, and a note of it for the checker. Never back. */
export async function setDatabaseAhead(owner: Pool, ms: number): Promise<void> {
  await noteClocks(owner, ms);
  await owner.query("update chaos.clock set ahead_ms = $1::float8", [ms]);
}

/** What this machine's, the database's and the broker's clocks say from now on. */
export async function noteClocks(owner: Pool, databaseAheadMs: number): Promise<void> {
  const now = Date.now();
  await owner.query("insert into chaos.clock_steps (natural_ms, database_ms, broker_ms, last_event) select $1::float8, $2::float8, $1::float8, coalesce(max(id), 0) from events", [now, now + databaseAheadMs]);
}
