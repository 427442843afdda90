/** A chore that any number of processes may offer to do, and one does. */
import type { Pool } from "../db/pool.ts";
import { defaultLeaseTiming, takeLease, type HeldLease, type LeaseFence, type LeaseTiming } from "./held-lease.ts";
import { startInterval } from "./interval.ts";

export type OwnedChoreSettings = {
  pool: Pool;
  /** Of the lease. */
  name: string;
  /** One for each start of a process. */
  owner: string;
  /** Begins the chore; what it writes passes the fence. */
  begin: (fence: LeaseFence) => { stop(): Promise<void> };
  onError: (error: unknown) => void;
  /** This process does the chore from now on, or does it no more. */
  onChange?: (isOurs: boolean) => void;
  timing?: LeaseTiming;
};

export type OwnedChore = {
  isOurs(): boolean;
  /** Finishes what is under way, and lets the next process begin at once. */
  stop(): Promise<void>;
};

/** Begins the chore whenever this process has the lease, and ends it when the lease is lost. */
export function startOwnedChore(settings: OwnedChoreSettings): OwnedChore {
  const { pool, name, owner, timing = defaultLeaseTiming, onError, onChange = () => undefined } = settings;
  let current: { held: HeldLease; chore: { stop(): Promise<void> } } | null = null;
  const ending = new Set<Promise<void>>();

  const endLost = (): void => {
    if (current === null) return;
    const ended = current.chore
      .stop()
      .catch(onError)
      .finally(() => ending.delete(ended));
    ending.add(ended);
    current = null;
    onChange(false);
    standby.wake();
  };
  const standby = startInterval({
    intervalMs: timing.standbyRetryMs,
    run: async () => {
      if (current !== null) return undefined;
      const held = await takeLease(pool, { name, owner, timing, onLost: endLost });
      if (held === undefined) return undefined;
      current = { held, chore: settings.begin(held.fence) };
      onChange(true);
      return undefined;
    },
    onError,
  });

  return {
    isOurs: () => current?.held.fence.isSure() ?? false,
    stop: async () => {
      await standby.stop();
      const last = current;
      current = null;
      await last?.chore.stop();
      await last?.held.release();
      await Promise.all(ending);
    },
  };
}
