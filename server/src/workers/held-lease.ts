/** A lease as long as this process has it. The database says whose it is; its word is checked in each transaction of the chore. */
import { acquireLease, holdsLease, releaseLease, renewLease, type Lease } from "../db/lease.ts";
import type { Db, Pool } from "../db/pool.ts";

/** A dead owner is succeeded within `ttlMs` and a stand-by's next attempt: seven seconds in all. */
export type LeaseTiming = { ttlMs: number; renewEveryMs: number; standbyRetryMs: number };

export const defaultLeaseTiming: LeaseTiming = { ttlMs: 6_000, renewEveryMs: 1_500, standbyRetryMs: 1_000 };

/** PostgreSQL's lock_not_available: a transaction of the owner is still under way. */
const lockNotAvailable = "55P03";

/** What stands between a chore and everything that it writes or sends. */
export type LeaseFence = {
  /** Inside a transaction: whether the lease is still ours; until the transaction ends it then does not change hands. */
  holds(tx: Db): Promise<boolean>;
  /** By this process's own clock and without asking: false once another process could have taken the lease over. */
  isSure(): boolean;
};

export type HeldLease = { readonly fence: LeaseFence; release(): Promise<void> };

/**
 * Takes the lease if nobody has it, and keeps it until it is released or lost.
 * @param of `owner`: one for each start of a process. `onLost` is called once, and never after a release.
 * @returns undefined while another process has it
 */
export async function takeLease(pool: Pool, of: { name: string; owner: string; timing: LeaseTiming; onLost: () => void }): Promise<HeldLease | undefined> {
  const { ttlMs, renewEveryMs } = of.timing;
  // From before the question on: the database counts from a later moment, so this process gives up first.
  let sureUntilMs = performance.now() + ttlMs;
  const lease = await acquireLease(pool, { name: of.name, owner: of.owner, ttlMs }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === lockNotAvailable) return undefined;
    throw error;
  });
  if (lease === undefined) return undefined;
  let isOver = false;
  let renewing = false;
  const isSure = (): boolean => !isOver && performance.now() < sureUntilMs;
  const lose = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    of.onLost();
  };
  const renew = async (): Promise<void> => {
    if (!isSure()) {
      lose();
      return;
    }
    if (renewing) return;
    renewing = true;
    const askedAtMs = performance.now();
    try {
      if (await renewLease(pool, lease, { ttlMs })) sureUntilMs = askedAtMs + ttlMs;
      else lose();
    } catch {
      // The database is away. Once the time is over the lease is lost, whatever the database would say.
    } finally {
      renewing = false;
    }
  };
  const timer = setInterval(() => void renew(), renewEveryMs);
  return {
    fence: { holds: (tx) => holdsLease(tx, lease), isSure },
    release: async () => {
      isOver = true;
      clearInterval(timer);
      await letGo(pool, lease);
    },
  };
}

/** Without a database the lease runs out by itself. */
async function letGo(pool: Pool, lease: Lease): Promise<void> {
  await releaseLease(pool, lease).catch(() => undefined);
}
