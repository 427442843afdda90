import { acquireLease, holdsLease, releaseLease, renewLease, type Lease } from "../db/lease.ts";
import type { Db } from "../db/pool.ts";
import type { AskFence } from "../pipeline/ask.ts";
import { everybody, type UserShard } from "../trading/config/config-table.ts";

/** A dead owner is succeeded within this and a stand-by's next attempt: seven seconds in all. */
const ttlMs = 6_000;
/** Longer than any ask may take: while one runs, nobody else can have the row anyway, since the ask has locked it. */
const askTtlMs = 120_000;
/** PostgreSQL's lock_not_available: the owner holds the row for an ask. */
const lockNotAvailable = "55P03";
const renewEveryMs = 1_500;
/** How often a stand-by tries. */
export const standbyRetryMs = 1_000;

/** One process at a time ticks. The database says who; this keeps its word in memory and renews it. */
export type TickLease = {
  /** True when it was already held, "new" when it is held since this call, false when another process has it. */
  hold(): Promise<boolean | "new">;
  /** The fence around an ask: see `AskFence`. */
  readonly fence: AskFence;
  /** Inside a transaction: whether it is still ours; until the transaction ends it then does not change hands. */
  holds(tx: Db): Promise<boolean>;
  readonly isHeld: boolean;
  release(): Promise<void>;
};

/**
 * @param owner one for each start of a process
 * @param shard whom its holder may ask
 */
export function createTickLease(db: Db, owner: string, onLost: () => void, name = "tick", shard: UserShard = everybody): TickLease {
  let lease: Lease | undefined;
  let renewing: Promise<void> = Promise.resolve();
  let renewedAtMs = 0;
  let asking = false;

  const lose = (): void => {
    lease = undefined;
    clearInterval(timer);
    onLost();
  };
  const renew = async (held: Lease): Promise<void> => {
    if (asking) return;
    try {
      if (await renewLease(db, held, { ttlMs })) renewedAtMs = performance.now();
      else if (lease === held) lose();
    } catch {
      // The database is away. Once the time is over it is lost, whatever the database would say.
      if (lease === held && performance.now() - renewedAtMs > ttlMs) lose();
    }
  };
  let timer: NodeJS.Timeout | undefined;

  return {
    async hold() {
      if (lease !== undefined) return true;
      lease = await acquireLease(db, { name, owner, ttlMs }).catch((error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === lockNotAvailable) return undefined;
        throw error;
      });
      if (lease === undefined) return false;
      const held = lease;
      renewedAtMs = performance.now();
      timer = setInterval(() => {
        renewing = renewing.then(() => renew(held));
      }, renewEveryMs);
      return "new";
    },
    fence: {
      shard,
      async enter(tx) {
        if (lease === undefined) return false;
        asking = true;
        return renewLease(tx, lease, { ttlMs: askTtlMs });
      },
      async leave(tx) {
        if (lease !== undefined) await renewLease(tx, lease, { ttlMs });
      },
      over() {
        asking = false;
        renewedAtMs = performance.now();
      },
    },
    holds: (tx) => (lease === undefined ? Promise.resolve(false) : holdsLease(tx, lease)),
    get isHeld() {
      return lease !== undefined;
    },
    async release() {
      clearInterval(timer);
      await renewing;
      const held = lease;
      lease = undefined;
      // Without a database the lease runs out by itself.
      if (held !== undefined) await releaseLease(db, held).catch(() => undefined);
    },
  };
}
