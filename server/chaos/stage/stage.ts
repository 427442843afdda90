/** One PostgreSQL for a whole run of simulations, and a database for each, copied from a migrated template. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startCluster } from "../../src/db/cluster.ts";
import { migrate } from "../../src/db/migrate.ts";
import { prepareRoleAndDatabase } from "../../src/db/open-database.ts";

export type StageDatabase = {
  /** As the application's role. */
  url: string;
  ownerUrl: string;
  drop(): Promise<void>;
};

export type Stage = {
  port: number;
  openDatabase(): Promise<StageDatabase>;
  close(): Promise<void>;
};

const template = "chaos_template";

/**
 * The world's clock in SQL, and what the simulation itself notes down: how its clocks were moved, between which instants
 * a kill switch was certainly on, what was answered to whom, and the operator's caps. Nod knows none of it.
 * `now` and `clock_timestamp` stand in `public`, which is searched before `pg_catalog` here.
 */
const simulationSql = `
  create schema chaos;
  create table chaos.clock (ahead_ms float8 not null);
  insert into chaos.clock values (0);
  create table chaos.clock_steps (n int4 generated always as identity, natural_ms float8 not null, database_ms float8 not null, broker_ms float8 not null);
  create table chaos.halts (scope text not null, firebase_uid text, certain_from timestamptz not null, certain_until timestamptz);
  create table chaos.replies (n int4 generated always as identity, firebase_uid text not null, question_id uuid not null, value numeric not null, kind text not null, result json);
  create table chaos.caps (max_order_notional_usd numeric not null, max_orders_per_day int4 not null, max_notional_usd_per_4h numeric not null);
  create table chaos.sessions (date date not null, opens_ms float8 not null, closes_ms float8 not null);
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

const withOurClock = (database: string): string => `alter database ${database} set search_path = public, pg_catalog`;

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "nod-chaos-"));
  await chmod(folder, 0o755); // PostgreSQL's own account passes through it
  const cluster = await startCluster({ folder, durable: false });
  process.once("exit", () => {
    if (!closed) process.kill(cluster.pid, "SIGQUIT");
  });
  let closed = false;
  let count = 0;
  await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, template);
  await run(cluster.ownerUrl(template), withOurClock(template));
  await run(cluster.ownerUrl(template), simulationSql);
  await migrate({ url: cluster.ownerUrl(template), directory: join(import.meta.dirname, "../../migrations") });
  await run(cluster.ownerUrl(template), migrationsByOurClockSql);

  return {
    port: cluster.port,
    openDatabase: async () => {
      count += 1;
      const name = `chaos_${count}`;
      await run(cluster.ownerUrl("postgres"), `create database ${name} template ${template} strategy file_copy`, withOurClock(name));
      return {
        url: cluster.appUrl(name),
        ownerUrl: cluster.ownerUrl(name),
        drop: () => run(cluster.ownerUrl("postgres"), `drop database if exists ${name} with (force)`),
      };
    },
    close: async () => {
      await cluster.stop();
      closed = true;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined); // the running query rejects with it
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
