import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { withTransaction } from "../../src/db/transaction.ts";
import { createFcmSender } from "../../src/push/fcm-sender.ts";
import { takeDuePushes, type DueWindow } from "../../src/push/due-pushes.ts";
import { devicesOf, forgetDevice, releaseToken, rememberDevice } from "../../src/push/devices-table.ts";
import type { PushSender } from "../../src/push/push-sender.ts";
import { startPushing } from "../../src/workers/push-questions.ts";
import { asking, type Asking } from "../support/asking.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { startGoogle, type Google } from "../support/google.ts";

const database = useTestDatabase();
const atOnce: DueWindow = { graceMs: 0, notOlderThanMs: 600_000, leastLeftMs: 1, limit: 100 };
let users: Asking;
let count = 0;
const somebody = (): string => `person${++count}`;

beforeAll(async () => {
  users = asking(database.pool, database.ownerPool, [{ id: "a" }]);
  await users.openMarket();
});
// What an earlier test asked is none of the next one's business.
beforeEach(async () => void (await database.ownerPool.query("delete from devices")));

async function asked(uid: string): Promise<string> {
  await users.add(uid);
  const [id = ""] = await users.ask(uid);
  return id;
}

const acknowledged = (uid: string): Promise<unknown> => database.pool.query("update user_outbox_heads set acked_seq = last_seq where firebase_uid = $1", [uid]);

describe("which questions are pushed", () => {
  test("one that no device has taken in, to every device with a token, once", async () => {
    const uid = somebody();
    const question = await asked(uid);
    for (const pushToken of ["phone", "tablet", null]) await rememberDevice(database.pool, uid, { id: randomUUID(), label: "A device", pushToken });
    const due = await takeDuePushes(database.pool, atOnce);
    expect(due.map(({ questionId, pushToken }) => [questionId, pushToken]).sort()).toEqual([[question, "phone"], [question, "tablet"]]);
    expect(due.every(({ lifetimeMs }) => lifetimeMs > 0)).toBe(true);
    expect(await takeDuePushes(database.pool, atOnce)).toEqual([]);
  });

  test("not one that a connected device has acknowledged, and not one that is over", async () => {
    const [reached, late] = [somebody(), somebody()];
    await asked(reached);
    const over = await asked(late);
    for (const uid of [reached, late]) await rememberDevice(database.pool, uid, { id: randomUUID(), label: "A device", pushToken: `of ${uid}` });
    await acknowledged(reached);
    await database.ownerPool.query("update questions set status = 'expired', closed_at = now() where id = $1", [over]);
    expect(await takeDuePushes(database.pool, atOnce)).toEqual([]);
  });

  test("not before a connected device had the time to acknowledge it", async () => {
    const uid = somebody();
    await asked(uid);
    await rememberDevice(database.pool, uid, { id: randomUUID(), label: "A device", pushToken: "patient" });
    expect(await takeDuePushes(database.pool, { ...atOnce, graceMs: 300_000 })).toEqual([]);
    expect(await takeDuePushes(database.pool, atOnce)).toHaveLength(1);
  });

  test("two processes that look at the same time push it once", async () => {
    const uid = somebody();
    await asked(uid);
    await rememberDevice(database.pool, uid, { id: randomUUID(), label: "A device", pushToken: "one of two" });
    const both = await Promise.all([1, 2, 3, 4].map(() => withTransaction(database.pool, (tx) => takeDuePushes(tx, atOnce))));
    expect(both.flat()).toHaveLength(1);
  });
});

describe("devices", () => {
  test("one that is seen again keeps its token unless it names another, and a removed one is gone", async () => {
    const uid = somebody();
    await users.add(uid);
    const id = randomUUID();
    await rememberDevice(database.pool, uid, { id, label: "Phone", pushToken: "kept" });
    await rememberDevice(database.pool, uid, { id, label: "Chrome on Android", pushToken: undefined });
    expect(await devicesOf(database.pool, uid)).toMatchObject([{ id, label: "Chrome on Android", notifications: true }]);
    await rememberDevice(database.pool, uid, { id, label: "Chrome on Android", pushToken: null });
    expect(await devicesOf(database.pool, uid)).toMatchObject([{ notifications: false }]);
    await forgetDevice(database.pool, uid, id);
    expect(await devicesOf(database.pool, uid)).toEqual([]);
  });

  test("of more than twenty, those that were away longest are forgotten", async () => {
    const uid = somebody();
    await users.add(uid);
    const ids = Array.from({ length: 22 }, () => randomUUID());
    for (const id of ids) await rememberDevice(database.pool, uid, { id, label: "One of many", pushToken: null });
    const { rows } = await database.ownerPool.query<{ id: string }>("select id from devices where firebase_uid = $1", [uid]);
    expect(rows).toHaveLength(20);
    expect(rows.map(({ id }) => id)).toContain(ids.at(-1));
  });

  test("a token that another user brings along is no longer the first one's", async () => {
    const [first, second] = [somebody(), somebody()];
    await users.add(first, second);
    await rememberDevice(database.pool, first, { id: randomUUID(), label: "Shared", pushToken: "shared" });
    const id = randomUUID();
    await releaseToken(database.pool, "shared", { firebaseUid: second, id });
    await rememberDevice(database.pool, second, { id, label: "Shared", pushToken: "shared" });
    expect(await devicesOf(database.pool, first)).toMatchObject([{ notifications: false }]);
    expect(await devicesOf(database.pool, second)).toMatchObject([{ notifications: true }]);
  });

  test("the role that answers people sees and changes only the named user's devices", async () => {
    const uid = somebody();
    await users.add(uid);
    await rememberDevice(database.pool, uid, { id: randomUUID(), label: "Private", pushToken: "private" });
    expect((await database.webPool.query("select * from devices")).rows).toEqual([]);
    expect((await database.webPool.query("delete from devices")).rowCount).toBe(0);
  });
});

describe("through Firebase's own library, to a stand-in for Google", () => {
  let google: Google;
  let sender: PushSender;
  const failures: unknown[] = [];
  beforeAll(async () => {
    google = await startGoogle();
    const credential = { getAccessToken: () => Promise.resolve({ access_token: "a-token", expires_in: 3_600 }) };
    sender = createFcmSender({ projectId: "nod-test", credential, httpAgent: google.agent, onFailure: (error) => failures.push(error) });
  });
  afterAll(async () => {
    await sender?.stop();
    await google?.close();
  });

  test("a push names the question and nothing of what it asks, and lives as long as the question", async () => {
    const questionId = randomUUID();
    expect(await sender.send([{ questionId, pushToken: "phone", lifetimeMs: 299_400 }])).toEqual(["sent"]);
    expect(google.pushes.splice(0)).toEqual([
      { token: "phone", data: { question_id: questionId }, webpush: { headers: { TTL: "299", Urgency: "high", Topic: questionId.replaceAll("-", "") } } },
    ]);
  });

  test("the worker pushes what nobody has taken in, and forgets a browser that is gone", async () => {
    const uid = somebody();
    const question = await asked(uid);
    await rememberDevice(database.pool, uid, { id: randomUUID(), label: "Phone", pushToken: "here" });
    await rememberDevice(database.pool, uid, { id: randomUUID(), label: "Sold phone", pushToken: "sold" });
    google.gone.add("sold");
    const seen: unknown[] = [];
    const pushing = startPushing(database.pool, sender, { pushed: (outcomes) => seen.push(outcomes), failed: (error) => failures.push(error) }, openDeskFence, { graceMs: 0 }, 50);
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual([{ sent: 1, gone: 1, failed: 0 }]);
    await pushing.stop();
    expect(google.pushes.splice(0)).toMatchObject([{ token: "here", data: { question_id: question } }]);
    expect(await devicesOf(database.pool, uid)).toHaveLength(2);
    expect((await devicesOf(database.pool, uid)).filter(({ notifications }) => notifications)).toMatchObject([{ label: "Phone" }]);
    expect(failures).toEqual([]);
  });
});
