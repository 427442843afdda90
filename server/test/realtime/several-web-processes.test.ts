/** A user's socket may live in any web process: two of them on one database, each with pools and a listener of its own. */
import type { HubConnection } from "@microsoft/signalr";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listen } from "../../src/db/notify.ts";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { appendToOutbox, outboxChannel, type OutboxEntry } from "../../src/trading/outbox/outbox-table.ts";
import { asking, type Asking } from "../support/asking.ts";
import { useTestDatabase } from "../support/database.ts";
import { startFront, type Front } from "../support/front.ts";
import { inboxOf, type Inbox } from "../support/inbox.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
const waitLong = { timeout: 60_000 };
/** Only notifications bring anything here. */
const noFallback = { fallbackReadMs: 3_600_000 };

type Web = { nod: NodServer; wire: TcpProxy; stop(): Promise<void> };

/** Its listening connection goes over a wire that can be cut. */
async function startWebProcess(): Promise<Web> {
  const pools: Pool[] = [createPool({ url: database.webUrl, applicationName: "web-of-test", maxConnections: 4 }), createPool({ url: database.url, applicationName: "workers-of-test", maxConnections: 3 })];
  const [pool, workerPool] = pools;
  const databaseUrl = new URL(database.webUrl);
  const wire = await startTcpProxy({ host: databaseUrl.hostname, port: Number(databaseUrl.port) });
  databaseUrl.port = String(wire.port);
  if (pool === undefined || workerPool === undefined) throw new Error("two pools were made");
  const nod = await startNodServer({ pool, workerPool, databaseUrl: databaseUrl.href, ...noFallback });
  return {
    nod,
    wire,
    stop: async () => {
      await nod.stop();
      await Promise.all(pools.map((each) => each.end()));
      await wire.close();
    },
  };
}

let one: Web;
let two: Web;
/** For writers that keep others waiting, however long this machine takes over it. */
let patientPool: Pool;
let users: Asking;
beforeAll(async () => {
  patientPool = createPool({ url: database.url, applicationName: "patient", maxConnections: 3, statementTimeoutMs: 120_000, lockTimeoutMs: 120_000, idleInTransactionTimeoutMs: 120_000 });
  [one, two] = await Promise.all([startWebProcess(), startWebProcess()]);
  users = asking(database.pool, database.ownerPool);
});
afterAll(() => Promise.all([one.stop(), two.stop(), patientPool.end()]));

const started: HubConnection[] = [];
afterEach(() => Promise.all(started.splice(0).map((device) => device.stop())));

async function connect({ nod }: Web, uid: string): Promise<Inbox> {
  const device = nod.device(uid);
  started.push(device);
  const inbox = inboxOf(device);
  await device.start();
  await inbox.sync(0);
  return inbox;
}

let count = 0;
async function newUser(): Promise<string> {
  count += 1;
  await users.add(`anywhere-${count}`);
  return `anywhere-${count}`;
}
const asked = (firebaseUid: string, refId: string): OutboxEntry => ({ firebaseUid, kind: "question_asked", refId });

/** A transaction that has written and takes its time to commit. */
async function slowTransaction(entries: OutboxEntry[]): Promise<{ commit(): Promise<void> }> {
  const written = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const done = withTransaction(patientPool, async (tx) => {
    await appendToOutbox(tx, entries);
    written.resolve();
    await mayCommit.promise;
  }, { timeoutMs: 120_000 });
  await Promise.race([written.promise, done]);
  return {
    commit: () => {
      mayCommit.resolve();
      return done;
    },
  };
}

describe("a number given before another and committed after it", () => {
  test("is not lost when the other is somebody else's and was read meanwhile", async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const [[hers = ""], [his = ""]] = [await users.ask(alice), await users.ask(bob)];
    const devices = [await connect(one, alice), await connect(two, alice)];
    const others = [await connect(one, bob), await connect(two, bob)];
    const late = await slowTransaction([asked(alice, hers)]);
    await withTransaction(database.pool, (tx) => appendToOutbox(tx, [asked(bob, his)]));
    for (const { story } of others) await expect.poll(story, waitLong).toEqual(["question 1", "question 2"]);
    for (const { story } of devices) expect(story()).toEqual(["question 1"]);
    await late.commit();
    for (const { story } of devices) await expect.poll(story, waitLong).toEqual(["question 1", "question 2"]);
  });

  test("is not lost when both are one user's: the second waits for the first, so the numbers come in order and without a gap", async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const [[hers = ""], [his = ""]] = [await users.ask(alice), await users.ask(bob)];
    const [{ story }, other] = [await connect(one, alice), await connect(one, bob)];
    const late = await slowTransaction([asked(alice, hers)]);
    const { rows: before } = await database.ownerPool.query<{ waiting: number }>(waitingForLocks);
    const second = withTransaction(patientPool, (tx) => appendToOutbox(tx, [asked(alice, hers), asked(alice, hers)]), { timeoutMs: 120_000 });
    await until("the second waits for the first", async () => (await database.ownerPool.query<{ waiting: number }>(waitingForLocks)).rows[0]?.waiting === (before[0]?.waiting ?? 0) + 1);
    await withTransaction(database.pool, (tx) => appendToOutbox(tx, [asked(bob, his)]));
    await expect.poll(other.story, waitLong).toEqual(["question 1", "question 2"]); // the outbox was read while both were open
    expect(story()).toEqual(["question 1"]);
    await late.commit();
    await second;
    await expect.poll(story, waitLong).toEqual(["question 1", "question 2", "question 3", "question 4"]);
  });
});

const waitingForLocks = "select count(*)::int4 as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

test("a phone in one web process and a desktop in another are told everything once, and an answer on one closes the card on the other", async () => {
  const uid = await newUser();
  await users.openMarket();
  const [phone, desktop] = [await connect(one, uid), await connect(two, uid)];
  const [id = ""] = await users.ask(uid);
  for (const { story } of [phone, desktop]) await expect.poll(story, waitLong).toEqual(["question 1"]);
  expect(await phone.answer(id, 10)).toMatchObject({ outcome: "approved" });
  await expect.poll(desktop.story, waitLong).toContain("closed 2");
  for (const { story, events } of [phone, desktop]) {
    await expect.poll(story, waitLong).toEqual(["question 1", "closed 2", "order 3"]);
    expect(events[1]).toMatchObject({ id, content: { outcome: "approved" } });
  }
});

test("what was written while neither process could listen arrives in both when they can again", async () => {
  const uid = await newUser();
  const [phone, desktop] = [await connect(one, uid), await connect(two, uid)];
  for (const { wire } of [one, two]) await wire.become("refusing");
  await users.ask(uid);
  // Their pools are whole, so it is the notification alone that they lack.
  await database.webPool.query("select 1");
  for (const { story } of [phone, desktop]) expect(story()).toEqual([]);
  for (const { wire } of [one, two]) await wire.become("open");
  for (const { story } of [phone, desktop]) await expect.poll(story, waitLong).toEqual(["question 1"]);
});

test("a thousand users who are asked at once are one notification, and so are a thousand who are told something at once", async () => {
  const uids = Array.from({ length: 1_000 }, (_, n) => `crowd-${n}`);
  await users.add(...uids);
  const heard: string[] = [];
  const listener = await listen({
    url: database.url,
    applicationName: "counting-listener",
    channels: { [outboxChannel]: (uid) => heard.push(`outbox ${uid}`.trim()), that_was_all: () => heard.push("all") },
    onReconnect: () => heard.push("reconnected"),
  });
  try {
    const ids = await users.ask(...uids);
    expect(ids).toHaveLength(1_000);
    await database.pool.query("select pg_notify('that_was_all', '')");
    await expect.poll(() => heard, waitLong).toEqual(["outbox", "all"]);
    await withTransaction(database.pool, (tx) => appendToOutbox(tx, uids.map((uid, n) => asked(uid, ids[n] ?? ""))));
    await database.pool.query("select pg_notify('that_was_all', '')");
    await expect.poll(() => heard, waitLong).toEqual(["outbox", "all", "outbox", "all"]);
    // What is told to one user alone names him, so that processes without him need not look.
    await withTransaction(database.pool, (tx) => appendToOutbox(tx, [asked("crowd-7", ids[7] ?? ""), asked("crowd-7", ids[7] ?? "")]));
    await database.pool.query("select pg_notify('that_was_all', '')");
    await expect.poll(() => heard.slice(4), waitLong).toEqual(["outbox crowd-7", "all"]);
  } finally {
    await listener.close();
  }
});

describe("a rolling restart", () => {
  let front: Front;
  let old: Web;
  beforeAll(async () => {
    old = await startWebProcess();
    front = await startFront(old.nod.url);
  });
  afterAll(() => front.close());

  test("sends each client on to another process, and nobody misses anything", async () => {
    const uid = await newUser();
    const [id = ""] = await users.ask(uid);
    const device = two.nod.device(uid, {}, front.url);
    started.push(device);
    const { events, sync } = inboxOf(device);
    const reconnected: Promise<unknown>[] = [];
    device.onreconnected(() => void reconnected.push(sync(highest(events.map(({ seq }) => seq)))));
    await device.start();
    await sync(0);
    let written = 1;
    const write = async (): Promise<void> => {
      await withTransaction(database.pool, (tx) => appendToOutbox(tx, [asked(uid, id)]));
      written += 1;
    };
    await write();
    await expect.poll(() => highest(events.map(({ seq }) => seq)), waitLong).toBe(written);

    front.leadTo(two.nod.url);
    let isStopped = false;
    const stopped = old.stop().then(() => {
      isStopped = true;
    });
    await until("it has stopped and its client is back", async () => {
      await write();
      return isStopped && reconnected.length > 0;
    }, 60_000);
    await Promise.all([stopped, ...reconnected]);
    await write();
    await expect.poll(() => highest(events.map(({ seq }) => seq)), waitLong).toBe(written);
    expect(newNumbers(events.map(({ seq }) => seq))).toEqual(Array.from({ length: written }, (_, n) => n + 1));
  });
});

const highest = (numbers: readonly number[]): number => numbers.reduce((most, number) => Math.max(most, number), 0);

/** Without open questions that were told again, under the numbers that they had. */
const newNumbers = (numbers: readonly number[]): number[] => numbers.filter((number, index) => number > highest(numbers.slice(0, index)));
