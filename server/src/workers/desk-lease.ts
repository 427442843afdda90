/** One process at a time has the order desk, and says so in each of its transactions. */
import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { takeLease, type HeldLease, type LeaseFence, type LeaseTiming } from "./held-lease.ts";

const leaseName = "order-desk";

/** What stands between the desk's workers and everything that they write or send. */
export type DeskFence = LeaseFence;

/** The desk has passed to another process, or may have: nothing was written. */
export class DeskLost extends Error {
  override readonly name = "DeskLost";
}

/** `withTransaction` for whoever has the desk. @throws {DeskLost} and what `withTransaction` throws */
export function fencedTransaction<Result>(pool: Pool, fence: DeskFence, work: (tx: Db) => Promise<Result>): Promise<Result> {
  return withTransaction(pool, async (tx) => {
    if (!(await fence.holds(tx))) throw new DeskLost("another process has the order desk; this one may not write any more");
    return work(tx);
  });
}

/** As `takeLease` does. */
export function takeDesk(pool: Pool, of: { owner: string; timing: LeaseTiming; onLost: () => void }): Promise<HeldLease | undefined> {
  return takeLease(pool, { ...of, name: leaseName });
}
