import { HttpTransportType, type HubConnection } from "@microsoft/signalr";
import { readHubProblem } from "@nod/contract/hub-problem";
import { AnswerResult, Question } from "@nod/contract/question";
import { compileValidator } from "@nod/contract/validators";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { withTransaction } from "../../src/db/transaction.ts";
import { appendToOutbox } from "../../src/trading/outbox/outbox-table.ts";
import { asking, type Asking } from "../support/asking.ts";
import { useTestDatabase } from "../support/database.ts";
import { inboxOf, type Inbox } from "../support/inbox.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";

const database = useTestDatabase();
const waitLong = { timeout: 60_000 };
const threeRules = [{ id: "a" }, { id: "b" }, { id: "c" }];

let nod: NodServer;
let users: Asking;
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  users = asking(database.pool, database.ownerPool, threeRules);
});
afterAll(() => nod?.stop());

const started: HubConnection[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((device) => device.stop()));
  expect(nod.failures.splice(0)).toEqual([]);
});

async function connect(uid: string, options: Parameters<NodServer["device"]>[1] = {}): Promise<Inbox & { device: HubConnection }> {
  const device = nod.device(uid, options);
  const inbox = inboxOf(device);
  await device.start();
  started.push(device);
  return { ...inbox, device };
}
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(() => "no error", (error: unknown) => readHubProblem(error instanceof Error ? error.message : "")?.code ?? String(error));

/** Rows in the user's outbox and their announcement, in one transaction as everywhere. */
const tellAgain = (uid: string, id: string, times: number): Promise<void> =>
  withTransaction(database.pool, (tx) => appendToOutbox(tx, Array.from({ length: times }, () => ({ firebaseUid: uid, kind: "question_asked", refId: id }))));

let count = 0;
async function newUser(): Promise<string> {
  count += 1;
  await users.add(`user-${count}`);
  return `user-${count}`;
}

describe("what is asked", () => {
  test("reaches every device of the user, in order, once, with the user's numbers", async () => {
    const uid = await newUser();
    const [phone, browser] = await Promise.all([connect(uid), connect(uid)]);
    await Promise.all([phone.sync(0), browser.sync(0)]);
    await users.ask(uid);
    for (const { story } of [phone, browser]) await expect.poll(story, waitLong).toEqual(["question 1", "question 2", "question 3"]);
    const validate = compileValidator(Question);
    for (const { content } of phone.events) {
      const { seq: _seq, ...question } = Object(content);
      expect(validate(question)).toMatchObject({ ok: true });
    }
  });

  test.each([HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling])("arrives over transport %s", async (transport) => {
    const uid = await newUser();
    const { sync, story } = await connect(uid, { transport });
    await sync(0);
    await users.ask(uid);
    await expect.poll(story, waitLong).toEqual(["question 1", "question 2", "question 3"]);
  });

  test("reaches also a client that never calls Sync, from its connection on", async () => {
    const hasty = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl, syncGraceMs: 100 });
    const uid = await newUser();
    const [first] = await users.ask(uid);
    const device = hasty.device(uid);
    const { story, events } = inboxOf(device);
    try {
      await device.start();
      await expect.poll(story, waitLong).toEqual(["question 1", "question 2", "question 3"]);
      expect(events[0]?.id).toBe(first);
      await users.expire(uid);
      await expect.poll(story, waitLong).toEqual(["question 1", "question 2", "question 3", "closed 4", "closed 5", "closed 6"]);
    } finally {
      await device.stop();
      await hasty.stop();
    }
  });
});

describe("after a time offline", () => {
  test("all that was missed is told, what expired meanwhile says so, and then what is open", async () => {
    const uid = await newUser();
    await users.ask(uid);
    await users.expire(uid);
    const open = await users.ask(uid);
    const { sync, story, events } = await connect(uid);
    await expect(sync(0)).resolves.toEqual({ seq: 9, server_time: expect.stringMatching(/Z$/) });
    expect(story()).toEqual(["question 1", "question 2", "question 3", "closed 4", "closed 5", "closed 6", "question 7", "question 8", "question 9"]);
    expect(events.filter((event) => event.kind === "question").map((event) => event.content.status)).toEqual(["expired", "expired", "expired", "open", "open", "open"]);
    expect(events.filter((event) => event.kind === "closed").map((event) => event.content.outcome)).toEqual(["expired", "expired", "expired"]);
    expect(events.slice(-3).map((event) => event.id)).toEqual(open);
  });

  test("only what came after the last number is replayed, and open questions keep theirs", async () => {
    const uid = await newUser();
    await users.ask(uid);
    const { sync, story } = await connect(uid);
    await expect(sync(2)).resolves.toMatchObject({ seq: 3 });
    expect(story()).toEqual(["question 3", "question 1", "question 2"]);
  });

  test("a long absence is replayed in full, in order", async () => {
    const uid = await newUser();
    const [id = ""] = await users.ask(uid);
    await tellAgain(uid, id, 450);
    const { sync, events } = await connect(uid);
    await expect(sync(0)).resolves.toMatchObject({ seq: 453 });
    expect(events.slice(0, 453).map((event) => event.seq)).toEqual(Array.from({ length: 453 }, (_, index) => index + 1));
  });

  test("a number from the future is answered with the real one", async () => {
    const uid = await newUser();
    await users.ask(uid);
    const { sync, story } = await connect(uid);
    await expect(sync(1_000)).resolves.toMatchObject({ seq: 3 });
    expect(story()).toEqual(["question 1", "question 2", "question 3"]);
  });

  test("what was acknowledged and dropped leaves open questions to be told all the same", async () => {
    const uid = await newUser();
    await users.ask(uid);
    const { sync, ack, story } = await connect(uid);
    await sync(0);
    await ack(3);
    await database.ownerPool.query("delete from user_outbox where firebase_uid = $1", [uid]);
    await expect(sync(3)).resolves.toMatchObject({ seq: 3 });
    expect(story().slice(3)).toEqual(["question 3", "question 3", "question 3"]);
  });

  test("replays and pushes at the same time neither lose, repeat nor reorder anything", async () => {
    const uid = await newUser();
    const [id = ""] = await users.ask(uid);
    const devices = [1, 2, 3].map(() => nod.device(uid));
    try {
      const inboxes = await Promise.all(devices.map(async (device) => {
        await device.start();
        return inboxOf(device);
      }));
      const writing = (async () => {
        for (let n = 0; n < 60; n += 1) await tellAgain(uid, id, 5);
      })();
      const froms = await Promise.all(inboxes.map(async ({ sync, events }, index) => {
        await expect.poll(async () => (await database.pool.query("select from user_outbox where firebase_uid = $1", [uid])).rowCount, waitLong).toBeGreaterThan(30 * (index + 1));
        await sync(index * 7);
        return { from: index * 7, events };
      }));
      await writing;
      for (const { from, events } of froms) {
        const numbers = (): number[] => events.map((event) => event.seq).filter((seq) => seq > from); // below: open questions told again
        await expect.poll(() => numbers().at(-1), waitLong).toBe(303);
        expect(numbers()).toEqual(Array.from({ length: 303 - from }, (_, index) => from + 1 + index));
      }
    } finally {
      await Promise.all(devices.map((device) => device.stop()));
    }
  });
});

describe("the connection to the database", () => {
  test("may be lost: what was written meanwhile arrives when it is back", async () => {
    const uid = await newUser();
    const { sync, story } = await connect(uid);
    await sync(0);
    const kill = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nod-hub' and datname = current_database()";
    await expect.poll(async () => (await database.ownerPool.query(kill)).rowCount, waitLong).toBeGreaterThan(0);
    await users.ask(uid);
    await expect.poll(story, waitLong).toEqual(["question 1", "question 2", "question 3"]);
  });
});

describe("an answer over the hub", () => {
  test("approves, makes one order, and tells every device", async () => {
    const uid = await newUser();
    await users.openMarket();
    const [phone, browser] = await Promise.all([connect(uid), connect(uid)]);
    await Promise.all([phone.sync(0), browser.sync(0)]);
    const [id = ""] = await users.ask(uid);
    const [a, b] = await Promise.all([phone.answer(id, 10), browser.answer(id, 10)]);
    expect(b).toEqual(a);
    expect(compileValidator(AnswerResult)(a)).toMatchObject({ ok: true, value: { outcome: "approved", decision: { verdict: "approved" }, order: { status: "pending_submit", symbol: "SPY" } } });
    for (const { story } of [phone, browser]) await expect.poll(story, waitLong).toEqual(["question 1", "question 2", "question 3", "closed 4", "order 5"]);
    expect((await database.pool.query("select from trade_orders where firebase_uid = $1", [uid])).rowCount).toBe(1);
    expect(await codeOf(browser.answer(id, -10))).toBe("question_closed");
  });

  test("can be taken back over the hub, and every device is told", async () => {
    const uid = await newUser();
    await users.openMarket();
    const [phone, browser] = await Promise.all([connect(uid), connect(uid)]);
    await Promise.all([phone.sync(0), browser.sync(0)]);
    const [id = "", other = ""] = await users.ask(uid);
    await database.ownerPool.query(`update user_trading_config set config = '{"guardrails": {"undo_seconds": 60}}' where firebase_uid = $1`, [uid]);
    await phone.answer(id, 10);
    const undone = await browser.undo(id);
    expect(undone).toMatchObject({ question_id: id, status: "not_placed", status_reason: "taken back by you" });
    for (const { events } of [phone, browser]) await expect.poll(() => events.at(-1)?.content, waitLong).toMatchObject({ id: undone.id, status: "not_placed" });
    expect(await codeOf(phone.undo(other))).toBe("undo_not_possible");
    const stranger = await connect(await newUser());
    expect(await codeOf(stranger.undo(id))).toBe("not_found");
    expect(await codeOf(phone.device.invoke("UndoAnswer", 7))).toBe("validation_failed");
  });

  test("too late says that it expired", async () => {
    const uid = await newUser();
    const [id = ""] = await users.ask(uid);
    await users.expire(uid);
    const { answer } = await connect(uid);
    expect(await codeOf(answer(id, 10))).toBe("question_expired");
  });

  test.each<[string, unknown[]]>([
    ["no number", ["0d4bd9f5-7a41-4cc0-9f5f-0ab0c5a27f1c"]],
    ["a text for a number", ["0d4bd9f5-7a41-4cc0-9f5f-0ab0c5a27f1c", "10"]],
    ["null", ["0d4bd9f5-7a41-4cc0-9f5f-0ab0c5a27f1c", null]],
    ["a number for the id", [7, 10]],
    ["an object for the id", [{ id: 1 }, 10]],
    ["one argument too many", ["0d4bd9f5-7a41-4cc0-9f5f-0ab0c5a27f1c", 10, true]],
    ["a huge number", ["0d4bd9f5-7a41-4cc0-9f5f-0ab0c5a27f1c", 1e15]],
  ])("with %s is refused and the connection stays", async (_name, args) => {
    const { device, sync } = await connect(await newUser());
    expect(await codeOf(device.invoke("AnswerQuestion", ...args))).toMatch(/^validation_failed$|argument\(s\)/);
    await expect(sync(0)).resolves.toMatchObject({ seq: 0 });
  });

  test.each([-1, 1.5, "0", null, {}, 2 ** 60])("a sequence number of %j is refused", async (seq) => {
    const { device } = await connect(await newUser());
    expect(await codeOf(device.invoke("Sync", seq))).toBe("validation_failed");
    expect(await codeOf(device.invoke("Ack", seq))).toBe("validation_failed");
  });
});

test("an acknowledgement is kept, never goes back, and cannot run ahead", async () => {
  const uid = await newUser();
  await users.ask(uid);
  const { ack } = await connect(uid);
  const acked = async (): Promise<unknown> => (await database.pool.query("select acked_seq from user_outbox_heads where firebase_uid = $1", [uid])).rows[0]?.["acked_seq"];
  await ack(2);
  expect(await acked()).toBe("2");
  await ack(1);
  expect(await acked()).toBe("2");
  await ack(99);
  expect(await acked()).toBe("3");
});

test("who calls too often is told so, and keeps the connection", async () => {
  const strict = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl, callsPerUserPerMinute: 3 });
  const device = strict.device(await newUser());
  try {
    await device.start();
    for (let n = 0; n < 3; n += 1) await device.invoke("Ack", 0);
    expect(await codeOf(device.invoke("Ack", 0))).toBe("rate_limited");
    expect(device.state).toBe("Connected");
  } finally {
    await device.stop();
    await strict.stop();
  }
});
