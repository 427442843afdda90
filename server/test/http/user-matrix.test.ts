import { randomUUID } from "node:crypto";
import type { OperationId, operations } from "@nod/contract/operations";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readHubProblem } from "@nod/contract/hub-problem";
import { asking, type Asking } from "../support/asking.ts";
import { call, type Sent } from "../support/contract-client.ts";
import { useTestDatabase } from "../support/database.ts";
import { inboxOf } from "../support/inbox.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";

/** Alice has a bit of everything, each with her mark on it. Mallory and Trudy sign in properly and try every call on it. */
const database = useTestDatabase();
const mark = "alices-secret";

let nod: NodServer;
let users: Asking;
let open = "";
let answered = "";
let alicesOrders: string[] = [];
const alicesDevice = randomUUID();
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  users = asking(database.pool, database.ownerPool, [{ id: "a" }, { id: "b" }]);
  await users.add("alice", "mallory", "trudy");
  await users.openMarket();
  [answered = "", open = ""] = await users.ask("alice");
  await database.pool.query("update questions set question_text = $1 where firebase_uid = 'alice'", [mark]);
  const answer = await call(nod.server, `POST /v1/me/questions/${answered}/answer`, { token: await nod.token("alice"), body: { answer: 10 } });
  expect(answer).toMatchObject({ status: 200, body: { order: { symbol: "SPY" } } });
  alicesOrders = (await database.pool.query<{ id: string }>("select id from trade_orders where firebase_uid = 'alice'")).rows.map((row) => row.id);
  expect(alicesOrders).toHaveLength(1);
  await call(nod.server, "POST /v1/me/trading/snoozes", { token: await nod.token("alice"), body: { rule_id: "b", for: "week" } });
  await call(nod.server, `PUT /v1/me/devices/${alicesDevice}`, { token: await nod.token("alice"), body: { label: mark, push_token: `${mark}-token` } });
  await call(nod.server, "PUT /v1/me/trading/config", { token: await nod.token("alice"), body: { rules: [{ id: "a", question_template: `${mark} {{symbol}}?` }] } });
});
afterAll(() => nod?.stop());

const cursorOf = (orderId: string): string => Buffer.from(orderId.replaceAll("-", ""), "hex").toString("base64url");

/** Everything of alice's that a call could read or change, as it stands. */
async function stateOfAlice(): Promise<unknown> {
  const tables = ["questions", "answers", "user_pipeline_state", "user_trading_config", "trade_intents", "trade_orders", "user_outbox", "user_outbox_heads", "kill_switches", "card_snoozes", "devices"];
  const rows = await Promise.all(tables.map(async (table) => [table, (await database.ownerPool.query(`select to_jsonb(t) as row from ${table} t where firebase_uid = 'alice' order by 1`)).rows]));
  return Object.fromEntries(rows);
}

/** What mallory sends to each call that is a user's; a call without an entry here is a type error. */
type UserOperation = { [Id in OperationId]: (typeof operations)[Id]["auth"] extends "user" ? Id : never }[OperationId];
const attempts: Record<UserOperation, (() => { at: string; sent?: Sent; expected: number })[]> = {
  listQuestions: [() => ({ at: "GET /v1/me/questions?status=open", expected: 200 }), () => ({ at: "GET /v1/me/questions?uid=alice", expected: 422 })],
  getQuestion: [() => ({ at: `GET /v1/me/questions/${open}`, expected: 404 }), () => ({ at: `GET /v1/me/questions/${answered}`, expected: 404 })],
  answerQuestion: [
    () => ({ at: `POST /v1/me/questions/${open}/answer`, sent: { body: { answer: 10 } }, expected: 404 }),
    () => ({ at: `POST /v1/me/questions/${answered}/answer`, sent: { body: { answer: 10 } }, expected: 404 }),
    () => ({ at: `POST /v1/me/questions/${open}/answer`, sent: { body: { answer: 10, uid: "alice" } }, expected: 422 }),
  ],
  undoAnswer: [
    () => ({ at: `POST /v1/me/questions/${answered}/undo`, expected: 404 }),
    () => ({ at: `POST /v1/me/questions/${open}/undo`, expected: 404 }),
  ],
  listDevices: [() => ({ at: "GET /v1/me/devices", expected: 200 })],
  putDevice: [
    () => ({ at: `PUT /v1/me/devices/${alicesDevice}`, sent: { body: { label: "Mallory's", push_token: null } }, expected: 200 }),
    () => ({ at: `PUT /v1/me/devices/${randomUUID()}`, sent: { body: { label: "Mallory's", uid: "alice" } }, expected: 422 }),
  ],
  removeDevice: [() => ({ at: `DELETE /v1/me/devices/${alicesDevice}`, expected: 200 })],
  getTradingConfig: [() => ({ at: "GET /v1/me/trading/config", expected: 200 })],
  putTradingConfig: [
    () => ({ at: "PUT /v1/me/trading/config", sent: { body: { enabled: false } }, expected: 200 }),
    () => ({ at: "PUT /v1/me/trading/config", sent: { body: { firebase_uid: "alice" } }, expected: 422 }),
  ],
  checkTradingConfig: [
    () => ({ at: "POST /v1/me/trading/config/validate", sent: { body: { enabled: false } }, expected: 200 }),
    () => ({ at: "POST /v1/me/trading/config/validate", sent: { body: { firebase_uid: "alice" } }, expected: 422 }),
  ],
  previewTradingConfig: [
    () => ({ at: "POST /v1/me/trading/config/preview", sent: { body: { days: 5 } }, expected: 200 }),
    () => ({ at: "POST /v1/me/trading/config/preview", sent: { body: { days: 5, uid: "alice" } }, expected: 422 }),
  ],
  listSkipped: [() => ({ at: "GET /v1/me/trading/skipped?days=30", expected: 200 }), () => ({ at: "GET /v1/me/trading/skipped?days=30&uid=alice", expected: 422 })],
  listTemplates: [() => ({ at: "GET /v1/trading/templates", expected: 200 })],
  chooseTemplate: [
    () => ({ at: "PUT /v1/me/trading/template", sent: { body: { template_name: "asking_1", discard_own: true } }, expected: 200 }),
    () => ({ at: "PUT /v1/me/trading/template", sent: { body: { template_name: "asking_1", uid: "alice" } }, expected: 422 }),
  ],
  listOrders: [
    () => ({ at: "GET /v1/me/trading/orders", expected: 200 }),
    () => ({ at: `GET /v1/me/trading/orders?cursor=${cursorOf(alicesOrders[0] ?? "")}`, expected: 200 }),
    () => ({ at: "GET /v1/me/trading/orders?firebase_uid=alice", expected: 422 }),
  ],
  getOrderStory: [() => ({ at: `GET /v1/me/trading/orders/${alicesOrders[0]}/story`, expected: 404 })],
  listActivity: [
    () => ({ at: "GET /v1/me/trading/activity", expected: 200 }),
    () => ({ at: `GET /v1/me/trading/activity?show=approved&cursor=${cursorOf(answered)}`, expected: 200 }),
    () => ({ at: "GET /v1/me/trading/activity?firebase_uid=alice", expected: 422 }),
  ],
  getActivityStory: [
    () => ({ at: `GET /v1/me/trading/activity/${open}`, expected: 404 }),
    () => ({ at: `GET /v1/me/trading/activity/${answered}`, expected: 404 }),
    () => ({ at: `GET /v1/me/trading/activity/${alicesOrders[0]}`, expected: 404 }),
  ],
  getPerformance: [() => ({ at: "GET /v1/me/trading/performance?range=1m", expected: 200 }), () => ({ at: "GET /v1/me/trading/performance?uid=alice", expected: 422 })],
  listRuleStandings: [() => ({ at: "GET /v1/me/trading/rules?uid=alice", expected: 200 })],
  listSnapshots: [() => ({ at: "GET /v1/me/trading/snapshots?symbol=SPY", expected: 200 })],
  getPriceLine: [() => ({ at: "GET /v1/me/trading/bars?symbol=SPY", expected: 200 })],
  getTradingStatus: [() => ({ at: "GET /v1/me/trading/status?uid=alice", expected: 200 })],
  listSnoozes: [() => ({ at: "GET /v1/me/trading/snoozes", expected: 200 })],
  snoozeRule: [
    () => ({ at: "POST /v1/me/trading/snoozes", sent: { body: { rule_id: "b", for: null } }, expected: 200 }),
    () => ({ at: "POST /v1/me/trading/snoozes", sent: { body: { rule_id: "a", for: "today", uid: "alice" } }, expected: 422 }),
  ],
  previewKillSwitch: [
    () => ({ at: "GET /v1/me/trading/kill-switch/preview?mode=flatten", expected: 200 }),
    () => ({ at: "GET /v1/me/trading/kill-switch/preview?mode=flatten&uid=alice", expected: 422 }),
  ],
  setKillSwitch: [
    () => ({ at: "POST /v1/me/trading/kill-switch", sent: { body: { enabled: true, mode: "block_new" } }, expected: 200 }),
    () => ({ at: "POST /v1/me/trading/kill-switch", sent: { body: { enabled: true, mode: "block_new", uid: "alice" } }, expected: 422 }),
  ],
};
const cases = Object.entries(attempts).flatMap(([id, each]) => each.map((attempt, index) => ({ id, index, attempt })));

describe("one user can neither read nor change what is another's", () => {
  test.each(cases)("$id, attempt $index", async ({ attempt }) => {
    const before = await stateOfAlice();
    const { at, sent = {}, expected } = attempt();
    const response = await call(nod.server, at, { ...sent, token: await nod.token("mallory"), headers: { "X-User": "alice", "X-Firebase-Uid": "alice" } });
    expect(response.status).toBe(expected);
    for (const secret of [mark, open, answered, ...alicesOrders, "alice"]) expect(response.text).not.toContain(secret);
    expect(await stateOfAlice()).toEqual(before);
  });

  test("and a question of another cannot be told from one that does not exist", async () => {
    const token = await nod.token("mallory");
    const bodies = await Promise.all([open, answered, randomUUID()].map(async (id) => (await call(nod.server, `POST /v1/me/questions/${id}/answer`, { token, body: { answer: 10 } })).body));
    const withoutInstance = bodies.map((body) => ({ ...Object(body), instance: null }));
    expect(new Set(withoutInstance.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  test("over the hub neither: no push, no replay, no answer, no acknowledgement", async () => {
    const device = nod.device("trudy", { headers: { "X-User": "alice" } });
    const inbox = inboxOf(device);
    await device.start();
    try {
      const before = await stateOfAlice();
      await expect(inbox.sync(0)).resolves.toMatchObject({ seq: 0 });
      await inbox.ack(99);
      for (const id of [open, answered, randomUUID()]) {
        const error = await inbox.answer(id, 10).catch((thrown: unknown) => thrown);
        expect(readHubProblem(error instanceof Error ? error.message : "")).toEqual({ code: "not_found", detail: "There is no such question." });
      }
      expect(await stateOfAlice()).toEqual(before);
      await users.ask("alice", "trudy");
      await expect.poll(inbox.story, { timeout: 20_000 }).toEqual(["question 1", "question 2"]);
      const { rows } = await database.pool.query<{ id: string }>("select id from questions where firebase_uid = 'alice'");
      for (const { id } of rows) expect(JSON.stringify(inbox.events)).not.toContain(id);
    } finally {
      await device.stop();
    }
  });
});

test("without a sign-in no call of a user says anything", async () => {
  for (const [id, each] of Object.entries(attempts)) {
    for (const attempt of each) {
      const { at, sent = {} } = attempt();
      expect({ id, status: (await call(nod.server, at, sent)).status }).toEqual({ id, status: 401 });
    }
  }
});
