/** How long what a dead process owned was nobody's: from its death until another start has the lease, by its fencing number. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "../src/db/pool.ts";

export type TakeOver = { lease: string; tookMs: number };

const lookEveryMs = 100;
/** A lease that was renewed so long after the death was not the dead one's. */
const renewedAfterMs = 300;

type Row = { name: string; fencing: string; expires_at: Date };

const readLeases = async (owner: Pool): Promise<Row[]> => (await owner.query<Row>("select name, fencing::text, expires_at from leases where expires_at > clock_timestamp()")).rows;

/**
 * Watches the leases that were held at the death of a process.
 * @returns those that changed hands without having been renewed in between, and those that never came into other hands
 */
export async function watchTakeOvers(owner: Pool, held: readonly Row[], diedAt: number, forMs: number): Promise<TakeOver[]> {
  const waiting = new Map(held.map((row) => [row.name, row]));
  const takeOvers: TakeOver[] = [];
  while (waiting.size > 0 && performance.now() - diedAt < forMs) {
    const rows = await readLeases(owner).catch(() => []); // while the database is away nobody owns anything
    const atMs = performance.now() - diedAt;
    for (const { name, fencing, expires_at: expiresAt } of rows) {
      const before = waiting.get(name);
      if (before === undefined) continue;
      if (fencing !== before.fencing) {
        takeOvers.push({ lease: name, tookMs: atMs });
        waiting.delete(name);
      } else if (atMs > renewedAfterMs && expiresAt.getTime() !== before.expires_at.getTime()) waiting.delete(name);
      else waiting.set(name, { name, fencing, expires_at: expiresAt });
    }
    await sleep(lookEveryMs);
  }
  // What nobody has taken, and nobody has renewed, was nobody's for all that time.
  for (const { name } of waiting.values()) takeOvers.push({ lease: name, tookMs: performance.now() - diedAt });
  return takeOvers;
}

export const heldLeases = (owner: Pool): Promise<Row[]> => readLeases(owner).catch(() => []);
