/** The partitions of the tables that grow with time (migrations 0029 and 0030). Their bounds are midnights of New York. */
import type { Db } from "./pool.ts";

/** A partition for each day, or for each month. */
export type PartitionedTable = "market_data_snapshots" | "events";

/** `endsAt` is the first instant that is not in it. */
export type Partition = { name: string; startsAt: Date; endsAt: Date };

/**
 * Makes the partitions from now to so many days or months ahead, and moves what waits in the default partition into its own.
 * Gives how many were made. One caller at a time; 55P03 when a lock is not to be had within two seconds: try again later.
 */
export async function makePartitions(db: Db, table: PartitionedTable, ahead: number): Promise<number> {
  const { rows } = await db.query<{ made: number }>("select make_partitions($1::text, $2::int4) as made", [table, ahead]);
  return rows[0]?.made ?? 0;
}

/** Drops the oldest day of facts that is over longer than `keepDays` days; null when there is none. At least seven days stay. 55P03 as above. */
export async function dropOldestFacts(db: Db, keepDays: number): Promise<string | null> {
  const { rows } = await db.query<{ dropped: string | null }>("select drop_market_data($1::int4) as dropped", [keepDays]);
  return rows[0]?.dropped ?? null;
}

/** The oldest month of the log that is over longer than `keepMonths` whole months. */
export async function findOldestMonth(db: Db, keepMonths: number): Promise<Partition | null> {
  const { rows } = await db.query<{ name: string; starts_at: Date; ends_at: Date }>(
    `select name, starts_at, ends_at from partitions_of('events')
      where ends_at <= partition_after('events', partition_start('events', now()), -$1::int4) order by starts_at limit 1`,
    [keepMonths],
  );
  const [row] = rows;
  return row === undefined ? null : { name: row.name, startsAt: row.starts_at, endsAt: row.ends_at };
}
