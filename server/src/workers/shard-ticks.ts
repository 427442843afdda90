/** The ticks of the shards that this process has: as many as is its share, taken and let go as workers come and go. */
import type { Pool } from "../db/pool.ts";
import type { CompiledConfig } from "../trading/rules/compiled-rule.ts";
import type { UserShard } from "../trading/config/config-table.ts";
import { startInterval } from "./interval.ts";
import { planShards } from "./shard-plan.ts";
import { shardLeaseName, type TickWorker } from "./tick.ts";
import type { WorkerRegistry } from "./worker-registry.ts";

export type ShardTicksSettings = {
  pool: Pool;
  registry: WorkerRegistry;
  /** As in the registry, and as the shards' leases name it. */
  id: string;
  shards: number;
  startShard: (shard: UserShard) => TickWorker;
  onError: (error: unknown) => void;
  /** How often it is looked who has what. Default 1,000. */
  lookEveryMs?: number;
};

export type ShardTicks = {
  /** Facts or configs have changed: every shard of this process ticks now. */
  wake(): void;
  /** Of a user of one of its shards. */
  get(firebaseUid: string): CompiledConfig | undefined;
  /** The shards whose lease it has. */
  owned(): number[];
  nextTickAt(): Date | null;
  /** Leaves the registry, finishes the ticks that run, and lets the others have the shards at once. */
  stop(): Promise<void>;
};

export function startShardTicks(settings: ShardTicksSettings): ShardTicks {
  const { pool, registry, id, shards } = settings;
  const running = new Map<number, TickWorker>();
  const stopping = new Map<number, Promise<void>>();

  const letGo = (shard: number): void => {
    const tick = running.get(shard);
    if (tick === undefined) return;
    running.delete(shard);
    stopping.set(
      shard,
      tick
        .stop()
        .catch(settings.onError)
        .finally(() => stopping.delete(shard)),
    );
  };
  const looking = startInterval({
    intervalMs: settings.lookEveryMs ?? 1_000,
    async run() {
      const owners = await readShardOwners(pool, shards);
      const live = registry.live();
      // Whoever cannot see who lives keeps what he has; his leases run out by themselves if it comes to that.
      if (live.length === 0) return undefined;
      const plan = planShards({ me: id, live, shards, owners, running: new Set(running.keys()) });
      for (const shard of plan.stop) letGo(shard);
      for (const shard of plan.start) if (!stopping.has(shard)) running.set(shard, settings.startShard({ index: shard, of: shards }));
      return undefined;
    },
    onError: settings.onError,
  });

  const ticks = (): TickWorker[] => [...running.values()];
  return {
    wake: () => ticks().forEach((tick) => tick.wake()),
    get(firebaseUid) {
      for (const tick of running.values()) {
        const config = tick.configs.get(firebaseUid);
        if (config !== undefined) return config;
      }
      return undefined;
    },
    owned: () => [...running].flatMap(([shard, tick]) => (tick.health().isLeader ? [shard] : [])).toSorted((a, b) => a - b),
    nextTickAt: () => ticks().reduce<Date | null>((next, tick) => earlier(next, tick.health().nextTickAt), null),
    async stop() {
      await looking.stop();
      await registry.leave();
      for (const shard of running.keys()) letGo(shard);
      await Promise.all(stopping.values());
    },
  };
}

const earlier = (a: Date | null, b: Date | null): Date | null => (a === null || (b !== null && b < a) ? b : a);

async function readShardOwners(pool: Pool, shards: number): Promise<Map<number, string>> {
  const names = Array.from({ length: shards }, (_, index) => shardLeaseName({ index, of: shards }));
  const { rows } = await pool.query<{ name: string; owner: string }>({
    name: "shard-owners",
    text: "select name, owner from leases where name = any($1::text[]) and expires_at > clock_timestamp()",
    values: [names],
  });
  return new Map(rows.map(({ name, owner }) => [names.indexOf(name), owner]));
}
