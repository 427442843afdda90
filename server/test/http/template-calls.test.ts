import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, type Answered } from "../support/contract-client.ts";
import { useTestDatabase } from "../support/database.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";
import { applySeed } from "../support/seeds.ts";

const database = useTestDatabase();
applySeed(database, "default_paper_watchlist");
applySeed(database, "templates/dip_confirm");

let nod: NodServer;
const tokens = new Map<string, string>();
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  for (const uid of ["alice", "bob", "carol", "dora", "erin"]) tokens.set(uid, await nod.token(uid));
});
afterAll(() => nod?.stop());

const as = (uid: string, at: string, body?: unknown, ifMatch?: string): Promise<Answered> =>
  call(nod.server, at, { token: tokens.get(uid) ?? "", ...(body !== undefined && { body }), ...(ifMatch !== undefined && { headers: { "If-Match": ifMatch } }) });
const config = (uid: string): Promise<Answered> => as(uid, "GET /v1/me/trading/config");
const check = (uid: string, body: unknown): Promise<Answered> => as(uid, "POST /v1/me/trading/config/validate", body);
const choose = (uid: string, body: unknown, ifMatch?: string): Promise<Answered> => as(uid, "PUT /v1/me/trading/template", body, ifMatch);

describe("a document that is checked", () => {
  test("is answered with what would be in force, its rules in words and what is probably not meant; nothing is stored", async () => {
    const before = await config("alice");
    const checked = await check("alice", { rules: [{ id: "dip_confirm", threshold_pct: -3, max_staleness_seconds: 10 }] });
    expect(checked).toMatchObject({
      status: 200,
      body: {
        effective: { mode: "paper", rules: expect.arrayContaining([expect.objectContaining({ id: "dip_confirm", threshold_pct: -3 })]) },
        rule_texts: { dip_confirm: "When SPY is 3 % or more below its previous close, ask whether to buy $10 of it." },
        warnings: [{ pointer: "/rules/0/max_staleness_seconds", message: expect.stringContaining("too old") }],
      },
    });
    expect(await config("alice")).toMatchObject({ body: before.body, headers: { etag: before.headers["etag"] } });
  });

  test("is refused exactly as storing it would be", async () => {
    const slips = { rules: [{ id: "dip_confirm", ref_metric: "prev_clsoe", tresh: 1 }], gaurdrails: {} };
    const [checked, put] = [await check("alice", slips), await as("alice", "PUT /v1/me/trading/config", slips)];
    expect(checked.status).toBe(422);
    expect(checked.headers["content-type"]).toContain("application/problem+json");
    expect(checked.body).toMatchObject({
      code: "validation_failed",
      errors: expect.arrayContaining([
        { pointer: "/gaurdrails", message: "is not a known key: did you mean `guardrails`?" },
        { pointer: "/rules/0/ref_metric", message: expect.stringContaining("did you mean `prev_close`?") },
      ]),
    });
    expect(Object(checked.body).errors).toEqual(Object(put.body).errors);
  });

  test("is looked at over one's own template and nobody else's", async () => {
    expect((await choose("bob", { template_name: "dip_confirm" })).status).toBe(200);
    const own = { rules: [{ id: "ibm_dip", threshold_pct: -4 }] };
    expect((await check("alice", own)).status).toBe(200);
    expect((await check("bob", own)).status).toBe(422);
    expect((await config("alice")).body).toMatchObject({ template_name: "default_paper_watchlist" });
  });
});

describe("a rule of the language", () => {
  const terms = { id: "spy_turns", type: "condition", symbol: "SPY", question_template: "{{symbol}} turns up. Buy ${{notional}}?", cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 };
  const when = { op: "crosses_above", left: { indicator: "rsi", timeframe: "1Day", length: 14 }, right: 30 };
  const rule = { ...terms, when, fire: { mode: "once_per_day" }, on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 } };

  test("is stored as it was sent, and told in plain English", async () => {
    const stored = await as("erin", "PUT /v1/me/trading/config", { rules: [rule] });
    expect(stored).toMatchObject({ status: 200, body: { own: { rules: [rule] }, rule_texts: { spy_turns: "When SPY's 14-day RSI crosses above 30, at most once a day, ask whether to buy $10 of it." } } });
    expect((await config("erin")).body).toEqual(stored.body);
  });

  test("is warned of where it compares what cannot be compared, and refused where it says nothing", async () => {
    const odd = { rules: [{ ...rule, when: { op: "<", left: "last", right: when.left } }] };
    expect(await check("erin", odd)).toMatchObject({ status: 200, body: { warnings: [{ pointer: "/rules/0/when", message: "compares a price with an index from 0 to 100" }] } });
    const slip = { rules: [{ ...rule, when: { ...when, op: "croses" } }] };
    expect(await check("erin", slip)).toMatchObject({ status: 422, body: { errors: [{ pointer: "/rules/0/when/op", message: expect.stringContaining("did you mean `crosses`?") }] } });
  });
});

describe("the templates", () => {
  test("are told with their titles and their rules in words, the default first", async () => {
    const { status, body } = await as("alice", "GET /v1/trading/templates");
    expect(status).toBe(200);
    const { templates } = Object(body);
    expect(templates).toMatchObject([
      { name: "default_paper_watchlist", symbols: ["AIG", "BAC", "IBM", "SPY"], rule_texts: { dip_confirm: expect.stringContaining("SPY") } },
      { name: "dip_confirm", title: expect.stringMatching(/\w/), description: expect.stringMatching(/\w/) },
    ]);
  });

  test("can be chosen, which changes what is in force and the revision, and keeps one's own document", async () => {
    await as("carol", "PUT /v1/me/trading/config", { guardrails: { max_orders_per_day: 1 } });
    const before = await config("carol");
    const chosen = await choose("carol", { template_name: "dip_confirm" }, before.headers["etag"]);
    expect(chosen).toMatchObject({ status: 200, body: { template_name: "dip_confirm", own: { guardrails: { max_orders_per_day: 1 } }, effective: { guardrails: { max_orders_per_day: 1 } } } });
    expect(chosen.headers["etag"]).not.toBe(before.headers["etag"]);
    expect(await config("carol")).toMatchObject({ body: chosen.body, headers: { etag: chosen.headers["etag"] } });
  });

  test("cannot be chosen on the revision of before, nor by a name that is none", async () => {
    const { headers } = await config("carol");
    expect(await choose("carol", { template_name: "default_paper_watchlist" }, '"1.0"')).toMatchObject({ status: 412, headers: { etag: headers["etag"] } });
    expect(await choose("carol", { template_name: "dip_confrim" })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/template_name", message: "is not the name of a template: did you mean `dip_confirm`?" }] } });
    expect((await config("carol")).headers["etag"]).toBe(headers["etag"]);
  });

  test("under which one's own document makes no sense are refused, unless that is given up", async () => {
    await as("dora", "PUT /v1/me/trading/config", { rules: [{ id: "ibm_dip", threshold_pct: -4 }] });
    const before = await config("dora");
    expect(await choose("dora", { template_name: "dip_confirm" })).toMatchObject({ status: 422, body: { errors: expect.arrayContaining([{ pointer: "/template_name", message: expect.stringContaining("your own document does not fit it: /rules/0") }]) } });
    expect((await config("dora")).headers["etag"]).toBe(before.headers["etag"]);
    expect(await choose("dora", { template_name: "dip_confirm", discard_own: true })).toMatchObject({ status: 200, body: { template_name: "dip_confirm", own: {} } });
  });

  test("that are chosen by ten writers at once on one revision are chosen once", async () => {
    const { headers } = await config("bob");
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await choose("bob", { template_name: "default_paper_watchlist" }, headers["etag"])).status));
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  });

  test("leave a trace in the log of whose they are", async () => {
    const { rows } = await database.ownerPool.query<{ data: unknown }>("select data from events where firebase_uid = 'dora' and kind = 'config_changed' order by id desc limit 1");
    expect(rows).toMatchObject([{ data: { template: "dip_confirm", own: {} } }]);
  });
});
