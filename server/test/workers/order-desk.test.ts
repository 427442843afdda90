import { afterEach, beforeEach, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import type { Pool } from "../../src/db/pool.ts";
import type { OrderDesk, OrderDeskRhythm } from "../../src/workers/order-desk.ts";
import { createOrderDesk } from "../../src/workers/order-desk.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { DeskLost, fencedTransaction, takeDesk } from "../../src/workers/desk-lease.ts";
import type { HeldLease, LeaseTiming } from "../../src/workers/held-lease.ts";
import { useTestDatabase } from "../support/database.ts";
import { accepts, createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, secondPool, testRiskSettings, type Floor } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
/** Nobody loses it unless the test says so. */
const lasting: LeaseTiming = { ttlMs: 600_000, renewEveryMs: 300, standbyRetryMs: 100 };
/** The time that a dead owner's lease runs on is waited for; an owner who lives can be held up for as long. */
const short: LeaseTiming = { ...lasting, ttlMs: 5_000 };
const quick: Partial<OrderDeskRhythm> = { reconcileEveryMs: 500, reconcileAgainMs: 50, lookUpEveryMs: 50, lease: lasting };
/** Notes when the desk passes from one owner to another, by the database's clock, and when the first one's lease ran out. */
const watchHands = `
  create table hands (taken_at timestamptz, ran_out_at timestamptz);
  create function note_hands() returns trigger language plpgsql security definer as $$
  begin
    insert into hands values (clock_timestamp(), old.expires_at);
    return null;
  end $$;
  create trigger note_hands after update on leases for each row when (old.name = 'order-desk' and old.fencing <> new.fencing) execute function note_hands()`;
let uid = "";
let answering: Floor;
const endings: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
  answering = createFloor(database.pool, createScriptedBroker());
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open; drop trigger if exists note_hands on leases; drop function if exists note_hands; drop table if exists hands");
});

/** A process with a desk on connections of its own; `die` takes its database away, as a kill or a pulled plug does. `attemptedAt`: when it tried to take the desk. */
function openDesk(broker: ScriptedBroker, rhythm = quick): { desk: OrderDesk; attemptedAt: number[]; die: () => void } {
  const pool = secondPool(database.url);
  let isDead = false;
  const attemptedAt: number[] = [];
  const query = (...given: Parameters<Pool["query"]>): ReturnType<Pool["query"]> => {
    if (isDead) return Promise.reject(new Error("dead"));
    if (String(given[0]).includes("insert into leases")) attemptedAt.push(Date.now());
    return pool.query(...given);
  };
  const mortal: Pool = Object.create(pool, {
    query: { value: query },
    connect: { value: () => (isDead ? Promise.reject(new Error("dead")) : pool.connect()) },
  }) as Pool;
  const nothing = (): undefined => undefined;
  const desk = createOrderDesk({
    pool: mortal,
    broker: broker.port,
    stream: broker.stream,
    settings: testRiskSettings,
    observer: { denied: nothing, sending: nothing, answered: nothing, lookedUp: nothing, canceled: nothing, reconciled: nothing, connected: nothing, disconnected: nothing, applied: nothing, failed: nothing },
    rhythm,
    limits: { submit: { pollIntervalMs: 50, maxWriteAttempts: 1 } },
  });
  endings.push(async () => {
    await desk.stop();
    await pool.end();
  });
  return { desk, attemptedAt, die: () => void (isDead = true) };
}

async function approve(symbol = "SPY"): Promise<string> {
  const outcome = await answering.answer(uid, await ask(database.ownerPool, uid, { symbol }), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return outcome.result.order.id;
}

const statusOf = async (id: string): Promise<string | undefined> => (await database.ownerPool.query<{ status: string }>("select status from trade_orders where id = $1", [id])).rows[0]?.status;
const becomes = (id: string, status: string) => until(`the order is ${status}`, async () => (await statusOf(id)) === status);
const take = (pool: Pool, owner: string, onLost = (): void => undefined, timing = lasting): Promise<HeldLease | undefined> => takeDesk(pool, { owner, timing, onLost });

test("of two processes one has the desk; the other stands by and sends nothing", async () => {
  const [first, second] = [createScriptedBroker(), createScriptedBroker()];
  const { desk } = openDesk(first);
  desk.start();
  await until("the first has compared the books", async () => desk.isReconciled());
  const other = openDesk(second);
  other.desk.start();
  await until("the second stands by", async () => other.desk.isStandingBy());
  await becomes(await approve(), "accepted");
  expect([first.posts.length, second.posts.length, second.lookups.length, other.desk.isReconciled()]).toEqual([1, 0, 0, false]);
});

test("a desk that is stopped is taken over at once, whatever its lease had left", async () => {
  const [first, second] = [createScriptedBroker(), createScriptedBroker()];
  const { desk } = openDesk(first);
  desk.start();
  await until("the first has compared the books", async () => desk.isReconciled());
  const other = openDesk(second);
  other.desk.start();
  await until("the second stands by", async () => other.desk.isStandingBy());
  await desk.stop();
  await becomes(await approve(), "accepted");
  expect([first.posts.length, second.posts.length]).toEqual([0, 1]);
});

test("a process that dies while it sends is succeeded within its lease, and what it was sending is looked up, not sent again", async () => {
  const [first, second] = [createScriptedBroker(), createScriptedBroker()];
  const rhythm = { ...quick, lease: short };
  const dying = openDesk(first, rhythm);
  first.onPost = (ticket, at) => {
    dying.die();
    second.place(ticket);
    return accepts(ticket, at);
  };
  dying.desk.start();
  await until("the first has compared the books", async () => dying.desk.isReconciled());
  await database.ownerPool.query(watchHands);
  const other = openDesk(second, rhythm);
  other.desk.start();
  const id = await approve();
  await until("it was sent", async () => first.posts.length === 1);
  await becomes(id, "accepted");
  const { rows } = await database.ownerPool.query<{ over_ms: number; ran_out_at: Date }>("select extract(epoch from taken_at - ran_out_at)::float8 * 1000 as over_ms, ran_out_at from hands order by taken_at limit 1");
  // Never while the dead one's lease ran, and then at the first attempt of whoever stands by.
  expect(rows).toHaveLength(1);
  expect(rows[0]?.over_ms).toBeGreaterThanOrEqual(0);
  const ranOutAtMs = rows[0]?.ran_out_at.getTime() ?? Infinity;
  expect(other.attemptedAt.length).toBeGreaterThan(1);
  expect(other.attemptedAt.filter((atMs) => atMs > ranOutAtMs + 1).length).toBeLessThanOrEqual(1);
  expect([first.posts.length, second.posts.length]).toEqual([1, 0]);
  await until("the dead one knows that it has lost the desk", async () => !dying.desk.isReconciled());
});

test("a process that lost the desk without noticing can write nothing and sends nothing", async () => {
  const broker = createScriptedBroker();
  const stale = await take(database.pool, "stale");
  if (stale === undefined) throw new Error("the desk was free");
  endings.push(() => stale.release());
  await database.ownerPool.query("update leases set expires_at = now() where name = 'order-desk'");
  const next = await take(database.pool, "next");
  endings.push(async () => next?.release());
  const floor = createFloor(database.pool, broker, { fence: stale.fence });
  const id = await approve();
  floor.submit.start();
  await until("it has tried", async () => floor.failures.some((failure) => failure instanceof DeskLost));
  expect(await floor.reconciler.reconcile()).toBe(false);
  await floor.stop();
  expect(await statusOf(id)).toBe("pending_submit");
  expect(broker.posts).toEqual([]);
  await expect(fencedTransaction(database.pool, stale.fence, (tx) => tx.query("delete from trade_orders"))).rejects.toThrow(DeskLost);
});

test("a process that lost the desk without noticing takes up no order", async () => {
  const id = await approve();
  const lost = { holds: () => Promise.resolve(false), isSure: () => true };
  expect(await claimOrders(database.pool, lost, { limit: 10, gateIsOpen: true, settings: testRiskSettings })).toMatchObject({ toSend: [], denied: [] });
  expect(await statusOf(id)).toBe("pending_submit");
});

test("a process that was held up between its claim and the POST does not send any more", async () => {
  const broker = createScriptedBroker();
  let isSure = true;
  const floor = createFloor(database.pool, broker, {
    fence: {
      holds: () => {
        isSure = false;
        return Promise.resolve(true);
      },
      isSure: () => isSure,
    },
  });
  const id = await approve();
  floor.submit.start();
  await becomes(id, "submitting");
  await floor.stop();
  expect(broker.posts).toEqual([]);
});

test("the desk does not change hands while its owner is in the middle of a transaction, and any number may be", async () => {
  const held = await take(database.pool, "owner");
  if (held === undefined) throw new Error("the desk was free");
  const order: string[] = [];
  const [begun, mayEnd] = [[Promise.withResolvers<void>(), Promise.withResolvers<void>()], Promise.withResolvers<void>()];
  const writing = Promise.all(
    begun.map(({ resolve }) =>
      fencedTransaction(database.pool, held.fence, async (tx) => {
        resolve();
        await mayEnd.promise;
        await tx.query("select");
        order.push("written");
      }),
    ),
  );
  endings.push(() => (mayEnd.resolve(), writing));
  await Promise.race([writing, Promise.all(begun.map(({ promise }) => promise))]);
  await database.ownerPool.query("update leases set expires_at = clock_timestamp() where name = 'order-desk'");
  const takeover = take(database.ownerPool, "next").then((next) => order.push(next === undefined ? "nobody" : "next"));
  await until("the next one waits", async () => (await database.ownerPool.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into leases%' and pid <> pg_backend_pid()")).rowCount === 1);
  mayEnd.resolve();
  await writing;
  await takeover;
  expect(order).toEqual(["written", "written", "next"]);
  await database.ownerPool.query("update leases set expires_at = clock_timestamp() where name = 'order-desk'");
});

test("whoever cannot renew for the time of the lease gives the desk up by himself", async () => {
  let lost = 0;
  const pool = secondPool(database.url);
  const held = await take(pool, "cut off", () => void (lost += 1), short);
  expect(held?.fence.isSure()).toBe(true);
  await pool.end();
  await until("it is lost", async () => lost > 0);
  expect([held?.fence.isSure(), lost]).toEqual([false, 1]);
});
