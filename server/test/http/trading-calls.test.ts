import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asking, type Asking } from "../support/asking.ts";
import { call, type Answered } from "../support/contract-client.ts";
import { useTestDatabase } from "../support/database.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";

/** The calls around one approved dip, over the real tables. */
const database = useTestDatabase();

let nod: NodServer;
let users: Asking;
let token: string;
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  users = asking(database.pool, database.ownerPool, ["a", "b", "c"].map((id) => ({ id })));
  await users.add("alice");
  await users.openMarket();
  token = await nod.token("alice");
});
afterAll(() => nod?.stop());

const get = (path: string): Promise<Answered> => call(nod.server, `GET ${path}`, { token });
const answer = (id: string, value: number): Promise<Answered> => call(nod.server, `POST /v1/me/questions/${id}/answer`, { token, body: { answer: value } });

describe("from a question to its order", () => {
  test("approving makes one order; the same answer again gets the same bytes; another answer 409", async () => {
    const [first = ""] = await users.ask("alice");
    expect(await get("/v1/me/questions?status=open")).toMatchObject({ body: { questions: [{ status: "open" }, { status: "open" }, { status: "open" }] } });
    const approved = await answer(first, 10);
    expect(approved).toMatchObject({ status: 200, body: { outcome: "approved", decision: { verdict: "approved" }, order: { question_id: first, notional_usd: "10" } } });
    expect((await answer(first, 10)).text).toBe(approved.text);
    expect(await answer(first, -10)).toMatchObject({ status: 409, body: { code: "question_closed", outcome: "approved" } });
    expect(await get(`/v1/me/questions/${first}`)).toMatchObject({ status: 200, body: { status: "approved" } });
    expect(await get("/v1/me/trading/orders")).toMatchObject({ body: { orders: [{ question_id: first, status: "pending_submit" }], next_cursor: null } });
    expect(await get("/v1/me/trading/status")).toMatchObject({ body: { headroom: { orders_per_day: { limit: "3", used: "1", left: "2" } }, watching: ["SPY"] } });
  });

  test("twenty answers at once, from two devices, make one order", async () => {
    const [second = ""] = await users.ask("alice");
    await database.pool.query("update trade_orders set status = 'filled' where firebase_uid = 'alice'");
    const answers = await Promise.all(Array.from({ length: 20 }, () => answer(second, 10)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect((await database.pool.query("select from trade_orders where question_id = $1", [second])).rowCount).toBe(1);
  });

  test("too late is 409 with the outcome", async () => {
    const [third = ""] = await users.ask("alice");
    await users.expire("alice");
    expect(await answer(third, 10)).toMatchObject({ status: 409, body: { code: "question_expired", outcome: "expired" } });
  });
});

test("pages of orders hold every order once, newest first, while new ones are made", async () => {
  await users.add("bob");
  const bobs = await nod.token("bob");
  const insert = async (n: number): Promise<unknown> =>
    database.ownerPool.query(
      `with i as (insert into trade_intents (id, firebase_uid, origin, symbol, asset_class, side, order_type, notional_usd, mode, facts)
         select gen_random_uuid(), 'bob', 'rule', 'SPY', 'us_equity', 'buy', 'market', 10, 'paper', '{}' from generate_series(1, $1) returning id)
       insert into trade_orders (id, firebase_uid, intent_id, client_order_id, symbol, asset_class, side, order_type, notional_usd, reserved_notional_usd, mode, status, trading_day, approval_expires_at)
       select gen_random_uuid(), 'bob', i.id, 'nod-' || replace(i.id::text, '-', ''), 'SPY', 'us_equity', 'buy', 'market', 10, 10, 'paper', 'filled', current_date, now() from i`,
      [n],
    );
  await insert(23); // all of one instant: the id decides
  const { rows } = await database.pool.query<{ id: string }>("select id from trade_orders where firebase_uid = 'bob' order by created_at desc, id desc");
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body }: Answered = await call(nod.server, `GET /v1/me/trading/orders?limit=5${cursor === "" ? "" : `&cursor=${cursor}`}`, { token: bobs });
    const page: { orders: { id: string }[]; next_cursor: string | null } = Object(body);
    seen.push(...page.orders.map(({ id }) => id));
    cursor = page.next_cursor;
    await insert(1);
  }
  expect(seen).toEqual(rows.map(({ id }) => id));
});

describe("the kill switch", () => {
  test("holds the next answer back, shows in the status, and can be taken off", async () => {
    await users.add("carol");
    await users.openMarket();
    const carols = await nod.token("carol");
    const post = (body: unknown): Promise<Answered> => call(nod.server, "POST /v1/me/trading/kill-switch", { token: carols, body });
    const [id = ""] = await users.ask("carol");
    expect(await post({ enabled: true, mode: "block_new", reason: "on holiday" })).toMatchObject({ status: 200, body: { enabled: true, mode: "block_new", scope: "user", reason: "on holiday" } });
    expect(await call(nod.server, "GET /v1/me/trading/status", { token: carols })).toMatchObject({ body: { kill_switch: { enabled: true, mode: "block_new" } } });
    expect(await call(nod.server, `POST /v1/me/questions/${id}/answer`, { token: carols, body: { answer: 10 } })).toMatchObject({
      status: 200, body: { outcome: "approved", decision: { verdict: "denied", code: "kill_switch_active" }, order: null },
    });
    expect(await post({ enabled: true, mode: "flatten" })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/confirmation" }] } });
    const preview = await call(nod.server, "GET /v1/me/trading/kill-switch/preview?mode=flatten", { token: carols });
    expect(preview).toMatchObject({ status: 200, body: { mode: "flatten", scope: "user", sells: [], counts: { denies: 0, cancels: 0, sells: 0 } } });
    const { confirmation }: { confirmation: { token: string } } = Object(preview.body);
    expect(await post({ enabled: true, mode: "flatten", confirmation: confirmation.token, scope: "user" })).toMatchObject({ status: 200, body: { mode: "flatten" } });
    expect(await post({ enabled: true, mode: "block_new", scope: "all" })).toMatchObject({ status: 422 });
    expect(await post({ enabled: false })).toMatchObject({ status: 200, body: { enabled: false } });
  });

  test("of an operator is set over everyone or over one, and lifted by its scope", async () => {
    await users.add("dave");
    const operator = (body: unknown): Promise<Answered> => call(nod.server, "POST /v1/operator/kill-switch", { body });
    const daves = async (): Promise<unknown> => Object((await call(nod.server, "GET /v1/me/trading/status", { token: await nod.token("dave") })).body).kill_switch;
    expect(await operator({ enabled: true, scope: "all", mode: "block_new", reason: "drill" })).toMatchObject({ status: 200, body: { scope: "all", mode: "block_new" } });
    expect(await operator({ enabled: true, scope: "user", uid: "dave", mode: "cancel_only" })).toMatchObject({ status: 200, body: { scope: "user" } });
    expect(await daves()).toMatchObject({ scope: "user", mode: "cancel_only" });
    expect(await operator({ enabled: false, scope: "user", uid: "dave" })).toMatchObject({ status: 200, body: { enabled: true, scope: "all", reason: "drill" } });
    expect(await operator({ enabled: false, scope: "all" })).toMatchObject({ status: 200, body: { enabled: false } });
    expect(await daves()).toMatchObject({ enabled: false });
    expect(await call(nod.server, "GET /v1/operator/kill-switch/preview?mode=flatten")).toMatchObject({ status: 200, body: { scope: "all" } });
  });

  test("of an operator names a user who is there, and only with that scope", async () => {
    const operator = (body: unknown): Promise<Answered> => call(nod.server, "POST /v1/operator/kill-switch", { body });
    expect(await operator({ enabled: true, mode: "block_new" })).toMatchObject({ status: 422 });
    expect(await operator({ enabled: false })).toMatchObject({ status: 422 });
    expect(await operator({ enabled: true, scope: "user", mode: "block_new" })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/uid" }] } });
    expect(await operator({ enabled: true, scope: "all", uid: "dave", mode: "block_new" })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/uid" }] } });
    expect(await operator({ enabled: true, scope: "user", uid: "nobody", mode: "block_new" })).toMatchObject({ status: 404 });
    expect(await call(nod.server, "GET /v1/operator/kill-switch/preview?mode=flatten&uid=nobody")).toMatchObject({ status: 404 });
  });

  test("of an operator over everybody stays when a user takes off his own", async () => {
    await database.pool.query("insert into kill_switches (scope, mode, set_by) values ('all', 'cancel_only', 'operator')");
    try {
      expect(await call(nod.server, "POST /v1/me/trading/kill-switch", { token, body: { enabled: false } })).toMatchObject({ body: { enabled: true, mode: "cancel_only", scope: "all" } });
    } finally {
      await database.ownerPool.query("delete from kill_switches");
    }
  });
});

test("anyone may read for what reasons no order is made", async () => {
  const told = await call(nod.server, "GET /v1/guardrails");
  expect(told).toMatchObject({ status: 200, body: { guardrails: expect.arrayContaining([expect.objectContaining({ code: "kill_switch_active", exits_pass: true, payload: ["mode", "scope", "reason", "since"] })]) } });
});

test("the latest facts of what is asked for, and of nothing else", async () => {
  expect(await get("/v1/me/trading/snapshots?symbol=SPY,MSFT")).toMatchObject({ body: { snapshots: [{ symbol: "SPY", metric: "last_trade", price: "98" }] } });
  expect(await get("/v1/me/trading/snapshots?symbol=MSFT")).toMatchObject({ body: { snapshots: [] } });
  expect(await get("/v1/me/trading/bars?symbol=MSFT")).toMatchObject({ body: { symbol: "MSFT", points: [] } });
});
