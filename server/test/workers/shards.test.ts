/** Users split over several workers, each of them with connections of its own to a real PostgreSQL. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TradingConfig } from "@nod/contract/trading-config";
import type { Pool } from "../../src/db/pool.ts";
import { readFeedReadings } from "../../src/trading/market/feeds-table.ts";
import { startMarketOwner, type MarketOwner } from "../../src/workers/market-owner.ts";
import { startShardTicks, type ShardTicks } from "../../src/workers/shard-ticks.ts";
import { createWantsPublisher } from "../../src/workers/shard-wants.ts";
import { startTick } from "../../src/workers/tick.ts";
import { joinWorkers } from "../../src/workers/worker-registry.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createFakeMarket, type FakeMarket } from "../support/fake-market.ts";
import { openTheMarket, secondPool } from "../support/trading-floor.ts";
import { addUsers, configWith, dipRule } from "../support/trading-users.ts";
import { until } from "../support/until.ts";

const aDay = 86_400_000;
const shards = 4;
/** Who takes guards away, to see tests fail, waits in vain often and does not wait so long. */
const patienceMs = Number(process.env["NOD_TEST_PATIENCE_MS"] ?? 60_000);
/** The longest that a dead owner's lease runs on. */
const leaseSeconds = 6;

type Worker = { name: string; ticks: ShardTicks; market: MarketOwner; die(): void; stop(): Promise<void> };

let database: TestDatabase;
let market: FakeMarket;
let workers: Worker[] = [];
let endings: (() => Promise<unknown>)[] = [];
let errors: unknown[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  market = createFakeMarket();
  workers = [];
  endings = [];
  errors = [];
  await openTheMarket(database.ownerPool, []);
  await addUsers(database.ownerPool, "spy", following("SPY"), many("s"));
  await addUsers(database.ownerPool, "ibm", following("IBM"), many("i"));
  market.set("SPY", "100");
  market.set("IBM", "100");
});
afterEach(async () => {
  for (const end of endings.reverse()) await end();
  await database.drop();
});

/** Asked at a dip of the symbol, which is looked at as often as may be. */
const following = (symbol: string): TradingConfig =>
  configWith([dipRule({ symbol })], { data_inputs: [{ id: "fast", source: "alpaca", asset_class: "us_equity", symbols: [symbol], feed: "iex", poll_interval_seconds: 5, metrics: ["last_trade", "prev_close"] }] });
const many = (prefix: string): string[] => Array.from({ length: 20 }, (_, n) => `${prefix}${n}`);
const everybody = [...many("s"), ...many("i")];
const wakeAll = (): void => workers.forEach(({ ticks }) => ticks.wake());

/** A process of its own, but for the memory: `die` takes its database away in the middle, as a kill does. */
async function startWorker(name: string, of = shards): Promise<Worker> {
  const pool = secondPool(database.url);
  let isDead = false;
  const mortal: Pool = Object.create(pool, {
    query: { value: (...given: Parameters<Pool["query"]>) => (isDead ? Promise.reject(new Error("dead")) : pool.query(...given)) },
    connect: { value: () => (isDead ? Promise.reject(new Error("dead")) : pool.connect()) },
  }) as Pool;
  const onError = (error: unknown): void => {
    if (!isDead) errors.push(error);
  };
  const registry = await joinWorkers({ db: mortal, id: name, shards: of, onError, timing: { beatEveryMs: 200 } });
  const ticks = startShardTicks({
    pool: mortal, registry, id: name, shards: of, onError, lookEveryMs: 200,
    startShard: (shard) => {
      const publisher = createWantsPublisher(mortal, shard, null);
      return startTick({
        pool: mortal, market, owner: name, intervalMs: aDay, ingestEnabled: false, evaluationEnabled: true, shard,
        publish: (configs, news, holds) => publisher.publish(configs, news, holds), readFeeds: () => readFeedReadings(mortal), observer: { tickFailed: onError },
      });
    },
  });
  const owner = startMarketOwner({ pool: mortal, market, owner: name, shards: of, intervalMs: 100, onFacts: wakeAll, mayHold: () => registry.mayOwn(), observer: { tickFailed: onError, fetchFailed: ({ error }) => onError(error) } });
  let stopped: Promise<void> | null = null;
  const worker: Worker = {
    name, ticks, market: owner,
    die: () => void (isDead = true),
    stop: () => (stopped ??= (async () => {
      await owner.stop();
      await ticks.stop();
      await pool.end();
    })()),
  };
  workers.push(worker);
  endings.push(worker.stop);
  return worker;
}

const has = (worker: Worker, count: number) => until(`${worker.name} has ${count} shards`, async () => worker.ticks.owned().length === count, patienceMs);
const askedOf = async (): Promise<string[]> => (await database.ownerPool.query<{ firebase_uid: string }>("select firebase_uid from questions order by 1")).rows.map((row) => row.firebase_uid);
const allAsked = (uids: readonly string[]) => until("everybody is asked", async () => (await askedOf()).length >= uids.length, patienceMs);
const shardOf = async (uids: readonly string[]): Promise<Map<string, number>> =>
  new Map((await database.ownerPool.query<{ uid: string; shard: number }>("select uid, user_shard(uid, $2) as shard from unnest($1::text[]) as uid", [uids, shards])).rows.map(({ uid, shard }) => [uid, shard]));
/** The market moves for everybody, and the workers hear of it. */
const dip = (): void => {
  market.set("SPY", "98");
  market.set("IBM", "98");
};

describe("two workers and four shards", () => {
  test("have two each; every user is asked exactly once, and one of the two fetches what both follow", async () => {
    const [a, b] = [await startWorker("a"), await startWorker("b")];
    await Promise.all([has(a, 2), has(b, 2)]);
    expect(new Set((await shardOf(everybody)).values())).toEqual(new Set([0, 1, 2, 3]));
    await until("what all follow is fetched", async () => market.requests.at(-1)?.symbols.toSorted().join() === "IBM,SPY", patienceMs);
    await until("each is looked after by one", async () => everybody.every((uid) => (a.ticks.get(uid) === undefined) !== (b.ticks.get(uid) === undefined)), patienceMs);
    dip();
    await allAsked(everybody);
    expect(await askedOf()).toEqual(everybody.toSorted());
    expect([a, b].filter(({ market: owner }) => owner.health().isLeader)).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test("one is killed: the other has all four when the leases have run out, and asks the rest", async () => {
    const [a, b] = [await startWorker("a"), await startWorker("b")];
    await Promise.all([has(a, 2), has(b, 2)]);
    a.die();
    const { rows } = await database.ownerPool.query<{ seconds: number }>("select max(extract(epoch from expires_at - clock_timestamp()))::float8 as seconds from leases");
    expect(rows[0]?.seconds).toBeLessThanOrEqual(leaseSeconds);
    await has(b, 4);
    await until("the market has an owner", async () => b.market.health().isLeader, patienceMs);
    dip();
    await addUsers(database.ownerPool, "late", following("SPY"), many("l"));
    wakeAll();
    await until("everybody is asked", async () => new Set(await askedOf()).size === 60, patienceMs);
    expect(await askedOf()).toEqual([...everybody, ...many("l")].toSorted());
    expect(errors).toEqual([]);
  });

  test("a joiner is given its share, a leaver's goes to who stays, and nobody is asked twice or not at all", async () => {
    const a = await startWorker("a");
    await has(a, 4);
    const b = await startWorker("b");
    await Promise.all([has(a, 2), has(b, 2)]);
    await a.stop();
    await has(b, 4);
    dip();
    await until("the market has an owner", async () => b.market.health().isLeader, patienceMs);
    await allAsked(everybody);
    expect(await askedOf()).toEqual(everybody.toSorted());
    expect(errors).toEqual([]);
  });
});

test("an owner whose shard has passed on without its noticing asks nobody of that shard, and everybody of the others", async () => {
  const a = await startWorker("a");
  await has(a, 4);
  await until("the market has an owner", async () => a.market.health().isLeader, patienceMs);
  const shardsOf = await shardOf(everybody);
  // As when the process was paused for longer than its lease: it believes what it believed before.
  await database.ownerPool.query("update leases set owner = 'somebody else', fencing = fencing + 1, expires_at = clock_timestamp() + interval '1 hour' where name = 'shard 2 of 4'");
  dip();
  const others = everybody.filter((uid) => shardsOf.get(uid) !== 2).toSorted();
  await allAsked(others);
  expect(await askedOf()).toEqual(others);
  const { rows } = await database.ownerPool.query("select from user_trading_state s where user_shard(s.firebase_uid, 4) = 2 and s.context <> '{}'");
  expect(rows).toEqual([]);
  await has(a, 3);
  expect(await askedOf()).toEqual(others);
});

test("a worker that splits users in another way waits until those who were there before it are gone", async () => {
  const a = await startWorker("a");
  await has(a, 4);
  const other = await startWorker("other", 2);
  dip();
  await allAsked(everybody);
  expect(other.ticks.owned()).toEqual([]);
  expect(other.market.health().isLeader).toBe(false);
  await a.stop();
  await has(other, 2);
  expect(await askedOf()).toEqual(everybody.toSorted());
});

test("a user's shard is the same on every machine, and users are spread evenly", async () => {
  const { rows } = await database.ownerPool.query<{ shard: number; users: number }>("select user_shard(n::text, 64) as shard, count(*)::int4 as users from generate_series(1, 64000) as n group by 1");
  expect(rows).toHaveLength(64);
  // A thousand users each, give or take what chance gives and takes.
  expect(Math.min(...rows.map(({ users }) => users))).toBeGreaterThan(800);
  expect(Math.max(...rows.map(({ users }) => users))).toBeLessThan(1_200);
  const { rows: known } = await database.ownerPool.query<{ shard: number }>("select user_shard('alice', 64) as shard");
  expect(known).toEqual([{ shard: Number.parseInt("6384e2b2184bcbf58eccf10ca7a6563c".slice(0, 7), 16) % 64 }]);
});
