import { afterEach, expect, test } from "vitest";
import type { Pool } from "../../src/db/pool.ts";
import { startQuestionExpiry } from "../../src/workers/expire-questions.ts";
import type { LeaseFence } from "../../src/workers/held-lease.ts";
import { startOwnedChore, type OwnedChore } from "../../src/workers/owned-chore.ts";
import { useTestDatabase } from "../support/database.ts";
import { addTraders, ask, openTheMarket, secondPool } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
/** Nobody loses it unless the test says so. */
const lasting = { ttlMs: 600_000, renewEveryMs: 300, standbyRetryMs: 50 };
/** The time that a dead owner's lease runs on is waited for; an owner who lives can be held up for as long. */
const short = { ...lasting, ttlMs: 4_000 };
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  await database.ownerPool.query("delete from leases");
});

type Offer = { chore: OwnedChore; begun: LeaseFence[]; ended(): number; die(): void };

/** A process that offers to do the chore; `die` takes its database away. */
function offer(owner: string, timing = lasting): Offer {
  const pool = secondPool(database.url);
  let isDead = false;
  const mortal: Pool = Object.create(pool, {
    query: { value: (...given: Parameters<Pool["query"]>) => (isDead ? Promise.reject(new Error("dead")) : pool.query(...given)) },
    connect: { value: () => (isDead ? Promise.reject(new Error("dead")) : pool.connect()) },
  }) as Pool;
  const begun: LeaseFence[] = [];
  let ended = 0;
  const begin = (fence: LeaseFence) => {
    begun.push(fence);
    return { stop: () => Promise.resolve(void (ended += 1)) };
  };
  const chore = startOwnedChore({ pool: mortal, name: "chore", owner, timing, begin, onError: () => undefined });
  endings.push(async () => {
    await chore.stop();
    await pool.end();
  });
  return { chore, begun, ended: () => ended, die: () => void (isDead = true) };
}

test("of two processes one does it; when it stops, the other begins", async () => {
  const first = offer("first");
  await until("the first begins", async () => first.chore.isOurs());
  const second = offer("second");
  expect(second.begun).toEqual([]);
  await first.chore.stop();
  expect(first.ended()).toBe(1);
  await until("the second begins", async () => second.chore.isOurs());
  expect(first.begun).toHaveLength(1);
});

test("one that loses its database ends it by itself, and the other begins when the lease has run out", async () => {
  const first = offer("first", short);
  await until("the first begins", async () => first.chore.isOurs());
  const second = offer("second", short);
  first.die();
  await until("the second begins", async () => second.chore.isOurs());
  expect(first.chore.isOurs()).toBe(false);
  await until("the first has ended it", async () => first.ended() === 1);
});

test("a question's time is over, and a process whose lease has passed on does not close it", async () => {
  await addTraders(database.ownerPool, ["alice"]);
  await openTheMarket(database.ownerPool);
  const id = await ask(database.ownerPool, "alice", {});
  await database.ownerPool.query("update questions set created_at = created_at - interval '1 hour', expires_at = clock_timestamp() - interval '1 second' where id = $1", [id]);
  const status = async () => (await database.ownerPool.query<{ status: string }>("select status from questions where id = $1", [id])).rows[0]?.status;
  let asked = 0;
  const passedOn: LeaseFence = { holds: () => Promise.resolve((asked += 1) < 0), isSure: () => true };
  const expired: number[] = [];
  const observer = { expired: (count: number) => void expired.push(count), failed: (error: unknown) => expect(error).toBeUndefined() };
  const paused = startQuestionExpiry(database.pool, observer, passedOn, 20);
  await until("it has tried twice", async () => asked >= 2);
  await paused.stop();
  expect([await status(), expired]).toEqual(["open", []]);
  const owner = startQuestionExpiry(database.pool, observer, { holds: () => Promise.resolve(true), isSure: () => true }, 20);
  await until("it is closed", async () => (await status()) === "expired");
  await owner.stop();
});
