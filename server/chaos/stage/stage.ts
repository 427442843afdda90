/** One PostgreSQL for a whole run of simulations, and a migrated template in it that each database is copied from. */
import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../../src/db/cluster.ts";
import { migrate } from "../../src/db/migrate.ts";
import { prepareRoleAndDatabase } from "../../src/db/open-database.ts";
import { notesSql } from "../checker/notes.ts";
import { template, withOurClock, type Addresses } from "./database.ts";
import { beginAnewSql } from "./begin-anew.ts";
import { runOnce } from "./run-once.ts";

export type Stage = { addresses: Addresses; close(): Promise<void> };

/** The world's clock in SQL. `now` and `clock_timestamp` stand in `public`, which is searched before `pg_catalog` here. */
const clockSql = `
  create table chaos.clock (ahead_ms float8 not null);
  insert into chaos.clock values (0);
  create function public.now() returns timestamptz language sql stable
    as $$ select pg_catalog.now() + (select ahead_ms from chaos.clock) * interval '1 millisecond' $$;
  create function public.clock_timestamp() returns timestamptz language sql volatile
    as $$ select pg_catalog.clock_timestamp() + (select ahead_ms from chaos.clock) * interval '1 millisecond' $$;
  grant usage on schema chaos to public;
  grant select on chaos.clock to public`;

/** Defaults were bound to PostgreSQL's own functions when the migrations ran, and some functions name their own search path. */
const migrationsByOurClockSql = `
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

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "nod-chaos-"));
  await chmod(folder, 0o755); // PostgreSQL's own account passes through it
  const cluster = await startCluster({ folder, durable: false });
  let closed = false;
  process.once("exit", () => {
    if (closed) return;
    process.kill(cluster.pid, "SIGQUIT");
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  const close = async (): Promise<void> => {
    await cluster.stop();
    closed = true;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // Tables are swept between two worlds (world-database.ts), when nobody is in the middle of anything.
    await runOnce(cluster.ownerUrl("postgres"), "alter system set autovacuum = off", "select pg_reload_conf()");
    await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, template);
    await runOnce(cluster.ownerUrl(template), withOurClock(template));
    await runOnce(cluster.ownerUrl(template), notesSql, clockSql);
    await migrate({ url: cluster.ownerUrl(template), directory: join(import.meta.dirname, "../../migrations") });
    await runOnce(cluster.ownerUrl(template), migrationsByOurClockSql, beginAnewSql);
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses: { owner: cluster.ownerUrl(""), app: cluster.appUrl(""), web: cluster.webUrl("") }, close };
}
