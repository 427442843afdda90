import type { HubConnection } from "@nod/signalr-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHubReads } from "../../src/http/database-services.ts";
import { createDelivery, type Delivery } from "../../src/realtime/outbox-delivery.ts";
import { appendToOutbox } from "../../src/trading/outbox/outbox-table.ts";
import { asking } from "../support/asking.ts";
import { createCountingPool, type CountingPool } from "../support/counting-pool.ts";
import { useTestDatabase } from "../support/database.ts";

/** The delivery by itself: its connections are stand-ins that can be slow. */
const database = useTestDatabase();
const waitLong = { timeout: 60_000 };

type Device = HubConnection & { heard: number[]; hold(): void; release(): void };

let pool: CountingPool;
let delivery: Delivery;
let failures: unknown[];
let isDatabaseGone = false;
const devices = new Map<string, Device>();

beforeEach(() => {
  const counting = createCountingPool(database.pool);
  isDatabaseGone = false;
  const lost = (): Promise<never> => Promise.reject(new Error("Connection terminated unexpectedly"));
  pool = new Proxy(counting, { get: (target, property) => (property === "query" && isDatabaseGone ? lost : Reflect.get(target, property)) });
  failures = [];
  devices.clear();
  delivery = createDelivery({
    pool,
    ...createHubReads(pool),
    send: (connectionIds, told) => {
      for (const id of connectionIds) devices.get(id)?.heard.push(told.payload.seq);
      return Promise.resolve();
    },
    observer: { connectionsAre: () => undefined, delivered: () => undefined, deliveryFailed: (error) => failures.push(error) },
  });
});
afterEach(async () => {
  for (const device of devices.values()) device.release();
  await delivery.stop();
});

let deviceCount = 0;
function connect(uid: string): Device {
  deviceCount += 1;
  let blocked: PromiseWithResolvers<void> | null = null;
  const device: Device = {
    id: `device-${deviceCount}`,
    userId: uid,
    user: { userId: uid },
    transport: "WebSockets",
    protocol: "json",
    request: { path: "/hubs/questions", headers: {}, remoteAddress: undefined, query: () => undefined },
    signal: new AbortController().signal,
    items: new Map(),
    heard: [],
    whenWritable: () => blocked?.promise,
    hold: () => {
      blocked = Promise.withResolvers();
    },
    release: () => {
      blocked?.resolve();
      blocked = null;
    },
    close: () => undefined,
  };
  devices.set(device.id, device);
  delivery.opened(device, uid);
  return device;
}

let userCount = 0;
/** Users with one open question each, which is the only row of their outboxes. */
async function newUsers(count: number): Promise<{ uid: string; question: string }[]> {
  const uids = Array.from({ length: count }, () => `delivered-${(userCount += 1)}`);
  const users = asking(database.pool, database.ownerPool);
  await users.add(...uids);
  await users.ask(...uids);
  const { rows } = await database.pool.query<{ uid: string; question: string }>("select firebase_uid as uid, id as question from questions where firebase_uid = any($1)", [uids]);
  return rows;
}
const tell = (entries: { uid: string; question: string }[], times: number): Promise<void> =>
  appendToOutbox(database.ownerPool, entries.flatMap(({ uid, question }) => Array.from({ length: times }, () => ({ firebaseUid: uid, kind: "question_asked" as const, refId: question }))));

describe("a push", () => {
  test("takes the same few statements for one user and for two hundred", async () => {
    const statementsFor = async (count: number): Promise<number> => {
      const users = await newUsers(count);
      const connected = await Promise.all(users.map(async ({ uid }) => {
        const device = connect(uid);
        await delivery.sync(device, uid, 1);
        return device;
      }));
      await delivery.settled();
      const before = pool.statements;
      await tell(users, 1);
      delivery.wake();
      await expect.poll(() => connected.every(({ heard }) => heard.at(-1) === 2), waitLong).toBe(true);
      return pool.statements - before;
    };
    const forOne = await statementsFor(1);
    expect(forOne).toBe(2);
    expect(await statementsFor(200)).toBe(forOne);
  });

  test("that names a user reads his outbox and nobody else's, and nothing at all where he is not connected", async () => {
    const [alice, bob] = await newUsers(2);
    if (alice === undefined || bob === undefined) throw new Error("two users were asked for");
    const [hers, his] = [connect(alice.uid), connect(bob.uid)];
    await delivery.sync(hers, alice.uid, 1);
    await delivery.sync(his, bob.uid, 1);
    await delivery.settled();
    await tell([alice, bob], 1);
    const before = pool.statements;
    delivery.wake("somebody who is connected elsewhere");
    await delivery.settled();
    expect(pool.statements).toBe(before);
    delivery.wake(alice.uid);
    await expect.poll(() => hers.heard.at(-1), waitLong).toBe(2);
    await delivery.settled();
    expect(his.heard.filter((seq) => seq > 1)).toEqual([]);
    delivery.wake();
    await expect.poll(() => his.heard.at(-1), waitLong).toBe(2);
    expect(hers.heard.filter((seq) => seq > 1)).toEqual([2]);
  });

  test("of much to a device that takes nothing holds up nobody else", async () => {
    const [slow, quick] = await newUsers(2);
    if (slow === undefined || quick === undefined) throw new Error("two users were asked for");
    const [stuck, other] = [connect(slow.uid), connect(quick.uid)];
    await Promise.all([delivery.sync(stuck, slow.uid, 1), delivery.sync(other, quick.uid, 1)]);
    stuck.hold();
    await tell([slow, quick], 30);
    delivery.wake();
    await expect.poll(() => other.heard.at(-1), waitLong).toBe(31);
    expect(stuck.heard.at(-1)).toBe(21); // one reading's worth
    stuck.release();
    await expect.poll(() => stuck.heard.filter((seq) => seq > 1), waitLong).toEqual(Array.from({ length: 30 }, (_, index) => index + 2));
  });

  test("of little reaches a user's other device although one takes nothing", async () => {
    const [user] = await newUsers(1);
    if (user === undefined) throw new Error("a user was asked for");
    const [stuck, other] = [connect(user.uid), connect(user.uid)];
    await Promise.all([delivery.sync(stuck, user.uid, 1), delivery.sync(other, user.uid, 1)]);
    stuck.hold();
    for (let n = 2; n <= 6; n += 1) {
      await tell([user], 1);
      delivery.wake();
      await expect.poll(() => other.heard.at(-1), waitLong).toBe(n);
    }
  });

  test("of more than is read at once arrives whole", async () => {
    const [user] = await newUsers(1);
    if (user === undefined) throw new Error("a user was asked for");
    const device = connect(user.uid);
    await delivery.sync(device, user.uid, 1);
    await tell([user], 95);
    delivery.wake();
    await expect.poll(() => device.heard.filter((seq) => seq > 1), waitLong).toEqual(Array.from({ length: 95 }, (_, index) => index + 2));
  });

  test("goes on after the database failed, without a gap and without a repetition", async () => {
    const [user] = await newUsers(1);
    if (user === undefined) throw new Error("a user was asked for");
    const device = connect(user.uid);
    await delivery.sync(device, user.uid, 1);
    await delivery.settled();
    isDatabaseGone = true;
    await tell([user], 3);
    delivery.wake();
    await expect.poll(() => failures.length, waitLong).toBeGreaterThan(0);
    isDatabaseGone = false;
    await expect.poll(() => device.heard.filter((seq) => seq > 1), waitLong).toEqual([2, 3, 4]);
  });
});

test("a replay waits for a client that is slow to take it", async () => {
  const [user] = await newUsers(1);
  if (user === undefined) throw new Error("a user was asked for");
  await tell([user], 249);
  const device = connect(user.uid);
  device.hold();
  const synced = delivery.sync(device, user.uid, 0);
  await expect.poll(() => device.heard.length, waitLong).toBe(100);
  device.release();
  await expect(synced).resolves.toEqual({ seq: 250 });
  expect(device.heard).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
});

test("a row that tells of somebody else's question is sent to nobody, and stops nothing", async () => {
  const [user, other] = await newUsers(2);
  if (user === undefined || other === undefined) throw new Error("two users were asked for");
  const device = connect(user.uid);
  await delivery.sync(device, user.uid, 1);
  device.heard.length = 0;
  await appendToOutbox(database.pool, [{ firebaseUid: user.uid, kind: "question_asked", refId: other.question }]);
  delivery.wake();
  await expect.poll(() => failures.length, waitLong).toBeGreaterThan(0);
  expect(device.heard).toEqual([]);
  await tell([user], 1);
  delivery.wake();
  await expect.poll(() => device.heard, waitLong).toEqual([3]);
  await expect(delivery.sync(device, user.uid, 1)).resolves.toEqual({ seq: 3 });
  expect(failures).toHaveLength(2); // once at each passing
});
