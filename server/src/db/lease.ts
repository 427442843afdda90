/**
 * At most one process at a time does a chore: the tick, the reconciler, a trade stream.
 *
 *   const lease = await acquireLease(pool, { name: "tick", owner: processId, ttlMs: 15_000 });
 *   if (lease === undefined) return;                      // another process has it
 *   await withTransaction(pool, async (tx) => {
 *     if (!(await holdsLease(tx, lease))) return;          // fenced: it has passed to another meanwhile
 *     …
 *   });
 *   await renewLease(pool, lease, { ttlMs: 15_000 });      // at a third of the time to live
 *   await releaseLease(pool, lease);
 *
 * Only the database's clock counts. A process that was paused past its lease finds that out in
 * `holdsLease`, which locks the row until its transaction ends: nobody takes over in between.
 */
import type { Db } from "./pool.ts";

export interface Lease {
  readonly name: string;
  readonly owner: string;
  /** Grows with each change of hands; an older number has no say any more. A decimal string (`int8`). */
  readonly fencing: string;
}

/** @returns undefined while another holder's lease runs; `owner` is one per process start, so one's own counts as another's too */
export async function acquireLease(db: Db, request: { name: string; owner: string; ttlMs: number }): Promise<Lease | undefined> {
  const { rows } = await db.query<{ fencing: string }>(
    `with over as materialized (
       -- Waits for the transactions that still hold it by \`holdsLease\`, which a renewal does not.
       select from leases where name = $1 and expires_at <= clock_timestamp() for update
     )
     insert into leases (name, owner, fencing, expires_at)
     select $1, $2, 1, clock_timestamp() + $3::int4 * interval '1 millisecond' from (select count(*) from over) as waited
     on conflict (name) do update
        set owner = excluded.owner, fencing = leases.fencing + 1, expires_at = clock_timestamp() + $3::int4 * interval '1 millisecond'
      where leases.expires_at <= clock_timestamp()
     returning fencing`,
    [request.name, request.owner, request.ttlMs],
  );
  return rows[0] && { name: request.name, owner: request.owner, fencing: rows[0].fencing };
}

/** @returns false when the lease has run out or passed to another: stop the chore */
export async function renewLease(db: Db, lease: Lease, { ttlMs }: { ttlMs: number }): Promise<boolean> {
  const { rowCount } = await db.query(
    `update leases set expires_at = clock_timestamp() + $4::int4 * interval '1 millisecond'
      where name = $1 and owner = $2 and fencing = $3::int8 and expires_at > clock_timestamp()`,
    [lease.name, lease.owner, lease.fencing, ttlMs],
  );
  return rowCount === 1;
}

/**
 * Inside a transaction: whether the lease still holds, and keeps it from changing hands until the transaction ends. Any
 * number may do so at once, and the owner can renew meanwhile.
 */
export async function holdsLease(tx: Db, lease: Lease): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "holds-lease",
    text: "select from leases where name = $1 and owner = $2 and fencing = $3::int8 and expires_at > clock_timestamp() for key share",
    values: [lease.name, lease.owner, lease.fencing],
  });
  return rowCount === 1;
}

/** Lets the next process begin at once. The row stays, so that the fencing number goes on growing. */
export async function releaseLease(db: Db, lease: Lease): Promise<void> {
  await db.query("update leases set expires_at = clock_timestamp() where name = $1 and owner = $2 and fencing = $3::int8", [lease.name, lease.owner, lease.fencing]);
}
