/** graphile-worker's own schema: installed and brought to its newest shape by the owner, used by the workers' role (decision 0081). */
import { runMigrations } from "graphile-worker";
import { MigrationFailed } from "../db/migrate.ts";
import { createDriverPool } from "../db/pool.ts";
import { quietLogger } from "./chores-log.ts";

/** Any number that no other program's lock on the same database uses. */
const lockKey = 7_011_982_002;
const patienceMs = 120_000;

/**
 * The library puts its tables under row security without a policy, so that nobody but their owner sees a row. The workers' role
 * gets one for each; it takes, finishes and adds jobs, and changes nothing of the schema.
 */
const grants = `
  grant usage on schema graphile_worker to nod_app;
  grant select, insert, update, delete on all tables in schema graphile_worker to nod_app;
  revoke insert, update, delete on graphile_worker.migrations from nod_app;
  do $$
  declare
    secured name;
  begin
    for secured in
      select c.relname from pg_class c
       where c.relnamespace = 'graphile_worker'::regnamespace and c.relrowsecurity and not exists (select from pg_policy p where p.polrelid = c.oid)
    loop
      execute format('create policy of_everybody on graphile_worker.%I to nod_app using (true)', secured);
    end loop;
  end $$`;

/**
 * Repeatable, and safe beside others that do the same.
 * @param ownerUrl a role that may create a schema in the database
 * @throws {MigrationFailed} when it may not
 */
export async function prepareChoresSchema(ownerUrl: string): Promise<void> {
  const pool = createDriverPool({ url: ownerUrl, applicationName: "nod-migrate", maxConnections: 2, statementTimeoutMs: patienceMs, lockTimeoutMs: patienceMs, connectTimeoutMs: 10_000, idleInTransactionTimeoutMs: patienceMs });
  try {
    const client = await pool.connect();
    try {
      await client.query("select pg_advisory_lock($1::int8)", [lockKey]);
      await runMigrations({ pgPool: pool, logger: quietLogger(() => undefined) });
      await client.query(grants);
    } finally {
      client.release(true); // the lock goes with the connection
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationFailed(`the schema of the scheduled chores cannot be made: ${reason}; the owner needs the privilege to create a schema in the database`, { cause: error });
  } finally {
    await pool.end();
  }
}
