/**
 * Which of the processes that do chores are alive. The library frees the jobs of a killed process after four hours; here each
 * process holds a lock as long as its session with the database lasts, and the others free the jobs of one whose lock is gone.
 */
import type pg from "pg";
import { startInterval } from "./interval.ts";

export type PresenceTiming = {
  /** How often each process looks. */
  lookEveryMs: number;
  /** What was taken more recently is left alone: whoever took it may not have had time to say that he is here. */
  graceMs: number;
};

export const defaultPresenceTiming: PresenceTiming = { lookEveryMs: 3_000, graceMs: 6_000 };

/** So that the database notices within half a minute when a machine is gone, and not after hours. */
const keepalive = "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3";

const lockOf = (name: string): string => `hashtextextended('chores:' || ${name}, 0)`;

export type ChoresPresence = {
  /** Under which name this process takes jobs from now on. */
  be(name: string): void;
  stop(): Promise<void>;
};

export function startPresence(pool: pg.Pool, timing: PresenceTiming, onError: (error: unknown) => void): ChoresPresence {
  let name: string | null = null;
  let held: { name: string; client: pg.PoolClient } | null = null;

  const leave = (): void => {
    held?.client.release(true);
    held = null;
  };

  const appear = async (): Promise<void> => {
    if (held?.name === name || name === null) return;
    leave();
    const client = await pool.connect();
    try {
      await client.query(keepalive);
      const { rows } = await client.query<{ held: boolean }>(`select pg_try_advisory_lock(${lockOf("$1::text")}) as held`, [name]);
      if (rows[0]?.held !== true) throw new Error("another process looks at this moment whether this one is here");
      held = { name, client };
      client.once("end", () => {
        if (held?.client === client) leave();
      });
    } catch (error) {
      client.release(true);
      throw error;
    }
  };

  const loop = startInterval({
    intervalMs: timing.lookEveryMs,
    run: async () => {
      await appear();
      await freeTheJobsOfTheDead(pool, timing.graceMs);
      return undefined;
    },
    onError,
  });

  return {
    be: (given) => {
      name = given;
      loop.wake();
    },
    stop: async () => {
      await loop.stop();
      leave();
    },
  };
}

/** A lock that is to be had is nobody's: its process is dead. Given back with the statement. */
async function freeTheJobsOfTheDead(pool: pg.Pool, graceMs: number): Promise<void> {
  await pool.query({
    name: "free-jobs-of-the-dead",
    text: `
      with silent as materialized (
        select distinct locked_by from graphile_worker.jobs where locked_at < clock_timestamp() - $1::int4 * interval '1 millisecond'
      ), dead as materialized (
        select locked_by from silent where pg_try_advisory_xact_lock(${lockOf("locked_by")})
      )
      select graphile_worker.force_unlock_workers(array_agg(locked_by)) from dead having count(*) > 0`,
    values: [graceMs],
  });
}
