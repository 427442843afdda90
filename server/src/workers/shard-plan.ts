/** Which shards a worker should have. Every worker works it out by itself, from the same rows. Pure. */

/** A live worker, in the order in which they joined. */
export type LiveWorker = { id: string; shards: number };

export type ShardsSeen = {
  me: string;
  /** Those who live, the one that joined first at the front. */
  live: readonly LiveWorker[];
  /** Of all workers. */
  shards: number;
  /** Who has a shard's lease; a shard that nobody has is missing. */
  owners: ReadonlyMap<number, string>;
  /** Those that this process has, or is about to take. */
  running: ReadonlySet<number>;
};

/** `stop` is let go at once, `start` is free to be taken. */
export type ShardPlan = { start: number[]; stop: number[] };

/**
 * Whether a worker may own anything: workers with another number of shards would ask the same users. Whoever joined first is
 * right, and the others wait until those are gone.
 */
export function mayOwn(me: string, live: readonly LiveWorker[]): boolean {
  const mine = live.findIndex(({ id }) => id === me);
  return mine !== -1 && live.slice(0, mine).every(({ shards }) => shards === live[mine]?.shards);
}

/** How many shards each has: no two differ by more than one, and all together have them all. */
export function fairShares(shards: number, workers: number): number[] {
  const least = Math.floor(shards / workers);
  return Array.from({ length: workers }, (_, rank) => least + (rank < shards % workers ? 1 : 0));
}

/**
 * A worker with more than its share gives the excess up, one with less takes what is free. Each begins to look in a place of
 * its own, so that two that take at the same time seldom want the same; where they do, the lease decides.
 */
export function planShards({ me, live, shards, owners, running }: ShardsSeen): ShardPlan {
  const peers = live.filter((worker) => worker.shards === shards);
  const rank = peers.findIndex(({ id }) => id === me);
  if (rank === -1 || !mayOwn(me, live)) return { start: [], stop: [...running] };
  const shares = fairShares(shards, peers.length);
  const share = shares[rank] ?? 0;
  const passedOn = [...running].filter((shard) => owners.has(shard) && owners.get(shard) !== me);
  const kept = [...running].filter((shard) => !passedOn.includes(shard)).toSorted((a, b) => Number(owners.has(b)) - Number(owners.has(a)) || a - b);
  const stop = [...passedOn, ...kept.slice(share)];
  const first = shares.slice(0, rank).reduce((sum, each) => sum + each, 0);
  const free = Array.from({ length: shards }, (_, n) => (first + n) % shards).filter((shard) => !owners.has(shard) && !running.has(shard));
  return { start: free.slice(0, Math.max(0, share - kept.length)), stop };
}
