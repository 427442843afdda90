import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, type Answered } from "../support/contract-client.ts";
import { useTestDatabase } from "../support/database.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";
import { applySeed } from "../support/seeds.ts";

const database = useTestDatabase();
applySeed(database, "default_paper_watchlist");

let nod: NodServer;
let token: string;
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  token = await nod.token("alice");
});
afterAll(() => nod?.stop());

const path = "/v1/me/trading/config";
const read = (): Promise<Answered> => call(nod.server, `GET ${path}`, { token });
const put = (body: unknown, ifMatch?: string): Promise<Answered> => call(nod.server, `PUT ${path}`, { token, body, ...(ifMatch !== undefined && { headers: { "If-Match": ifMatch } }) });

describe("the config of somebody new", () => {
  test("is the default template's, with every rule in plain English", async () => {
    const { status, body } = await read();
    expect(status).toBe(200);
    expect(body).toMatchObject({ template_name: "default_paper_watchlist", own: {}, enabled: true, effective: { mode: "paper" }, rule_texts: { dip_confirm: expect.stringContaining("SPY") } });
  });
});

describe("replacing one's own document", () => {
  test("changes what is in force and the revision", async () => {
    const before = await read();
    const after = await put({ guardrails: { max_orders_per_day: 1 } });
    expect(after).toMatchObject({ status: 200, body: { own: { guardrails: { max_orders_per_day: 1 } }, effective: { guardrails: { max_orders_per_day: 1, max_notional_usd_per_4h: 100 } } } });
    expect(after.headers["etag"]).not.toBe(before.headers["etag"]);
    expect((await read()).headers["etag"]).toBe(after.headers["etag"]);
  });

  test("on the revision of before is 412, changes nothing, and tells the revision of now", async () => {
    const { headers } = await read();
    const stale = headers["etag"] ?? "";
    const current = (await put({ enabled: false }, stale)).headers["etag"] ?? "";
    expect(await put({ enabled: true }, stale)).toMatchObject({ status: 412, headers: { etag: current }, body: { code: "revision_conflict" } });
    expect((await read()).body).toMatchObject({ own: { enabled: false } });
    expect((await put({}, `W/${current}`)).status).toBe(200);
    expect((await put({}, "*")).status).toBe(200);
    expect((await put({}, '"no-such-revision"')).status).toBe(412);
    expect((await put({}, "garbage")).status).toBe(412);
  });

  test("by ten writers at once on one revision succeeds for one", async () => {
    const { headers } = await read();
    const statuses = await Promise.all(Array.from({ length: 10 }, async (_, n) => (await put({ guardrails: { max_orders_per_day: n } }, headers["etag"])).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(9);
  });
});

describe("a config that makes no sense is refused with the place, and nothing is stored", () => {
  const rule = { id: "mine", type: "price_below_pct_of_ref", symbol: "SPY", ref_metric: "prev_close", threshold_pct: -1, question_template: "{{symbol}}?", on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 }, cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 };
  test.each<[string, unknown, string]>([
    ["an unknown key", { leverage: 3 }, "/leverage"],
    ["__proto__", JSON.parse('{"__proto__": {"enabled": true}}'), "/__proto__"],
    ["an id twice", { rules: [rule, rule] }, "/rules/1/id"],
    ["an unknown metric", { data_inputs: [{ id: "primary_watchlist", metrics: ["volume_profile"] }] }, "/data_inputs/0/metrics/0"],
    ["a bad symbol", { data_inputs: [{ id: "primary_watchlist", symbols: ["spy;drop table"] }] }, "/data_inputs/0/symbols/0"],
    ["an unknown placeholder", { rules: [{ ...rule, question_template: "{{balance}}?" }] }, "/rules/0/question_template"],
    ["a wrong type", { enabled: "yes" }, "/enabled"],
    ["a number out of range", { guardrails: { max_orders_per_day: -1 } }, "/guardrails/max_orders_per_day"],
    ["10,000 rules", { rules: Array.from({ length: 10_000 }, (_, n) => ({ id: `r${n}` })) }, "/rules"],
    ["a list for the document", [], ""],
    ["null for the document", null, ""],
  ])("%s", async (_name, document, pointer) => {
    const before = await read();
    // JSON.stringify would leave `__proto__` out of an object literal, and keeps it in a parsed one.
    const response = await put(JSON.stringify(document));
    expect(response).toMatchObject({ status: 422, body: { code: "validation_failed", errors: expect.arrayContaining([expect.objectContaining({ pointer })]) } });
    expect((await read()).headers["etag"]).toBe(before.headers["etag"]);
  });

  test("beyond what is read at all is 413", async () => {
    expect((await put(`{"rules": [${" ".repeat(600_000)}]}`)).status).toBe(413);
  });
});

test("a stored document that lost its sense is told as such, and can be replaced", async () => {
  const other = await nod.token("carol");
  const carols = (method: "GET" | "PUT", body?: unknown): Promise<Answered> => call(nod.server, `${method} ${path}`, { token: other, ...(body !== undefined && { body }) });
  await carols("GET");
  await database.ownerPool.query(`update user_trading_config set config = '{"guardrails": {"max_orders_per_day": "many"}}' where firebase_uid = 'carol'`);
  expect(await carols("GET")).toMatchObject({ status: 422, body: { code: "validation_failed", errors: [{ pointer: "/guardrails/max_orders_per_day" }] } });
  expect((await carols("PUT", {})).status).toBe(200);
  expect((await carols("GET")).status).toBe(200);
});
