/** The table `workers`: who lives, by the database's clock. */
import type { Db } from "../db/pool.ts";
import { startInterval } from "./interval.ts";
import { mayOwn, type LiveWorker } from "./shard-plan.ts";

export type RegistryTiming = { beatEveryMs: number; livesMs: number };

/** As long as a lease: who is not seen has lost what he had. */
const defaultTiming: RegistryTiming = { beatEveryMs: 1_000, livesMs: 6_000 };
/** A row for each start of a process; those of long ago are cleared away by who joins. */
const keptHours = 1;

export type WorkerRegistry = {
  /** As last seen, in the order of joining; nobody when that is too long ago to say. */
  live(): readonly LiveWorker[];
  /** Whether this process may own anything beside those who lived when it was last seen: see `mayOwn`. */
  mayOwn(): boolean;
  /** The others need not wait until it is no longer seen. Nothing brings it back. */
  leave(): Promise<void>;
};

/** Joins, and goes on saying so until it leaves. @throws when the database cannot be reached to join */
export async function joinWorkers(of: { db: Db; id: string; shards: number; onError: (error: unknown) => void; timing?: Partial<RegistryTiming> }): Promise<WorkerRegistry> {
  const { db, id } = of;
  const { beatEveryMs, livesMs } = { ...defaultTiming, ...of.timing };
  let seen: readonly LiveWorker[] = [];
  let seenAtMs = -Infinity;

  const beat = async (): Promise<undefined> => {
    const askedAtMs = performance.now();
    await db.query({ name: "worker-beat", text: "insert into workers (id, shards) values ($1, $2::int4) on conflict (id) do update set seen_at = clock_timestamp()", values: [id, of.shards] });
    const { rows } = await db.query<LiveWorker>({
      name: "live-workers",
      text: "select id, shards from workers where seen_at > clock_timestamp() - $1::int4 * interval '1 millisecond' order by joined_at, id",
      values: [livesMs],
    });
    seen = rows;
    seenAtMs = askedAtMs;
  };
  await db.query("delete from workers where seen_at < clock_timestamp() - $1::int4 * interval '1 hour'", [keptHours]);
  await beat();
  const beating = startInterval({ intervalMs: beatEveryMs, run: beat, onError: of.onError });
  const live = (): readonly LiveWorker[] => (performance.now() - seenAtMs < livesMs ? seen : []);

  return {
    live,
    mayOwn: () => mayOwn(id, seen),
    async leave() {
      await beating.stop();
      seen = [];
      // Without a database it is soon no longer seen.
      await db.query("delete from workers where id = $1", [id]).catch(() => undefined);
    },
  };
}
