/** graphile-worker's jobs, by its public view and functions. Those that are done it removes itself. */
import type { Db } from "../db/pool.ts";

/** Removes jobs that failed too often to be tried again, and were left alone since. */
export async function dropGivenUpJobs(db: Db, keepDays: number): Promise<void> {
  await db.query(
    `select from graphile_worker.complete_jobs(array(
       select id from graphile_worker.jobs where attempts >= max_attempts and locked_at is null and updated_at < now() - $1::int4 * interval '1 day'))`,
    [keepDays],
  );
}
