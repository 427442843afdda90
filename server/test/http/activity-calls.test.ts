import { ActivityPage, ActivityStory } from "@nod/contract/activity";
import { compileValidator } from "@nod/contract/validators";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveGates } from "../../src/trading/rules/gates-table.ts";
import { asking, type Asking } from "../support/asking.ts";
import { call, type Answered } from "../support/contract-client.ts";
import { useTestDatabase } from "../support/database.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";

/** One user's questions, each with another end, and an order that nobody was asked about. */
const database = useTestDatabase();
const readPage = compileValidator(ActivityPage);

let nod: NodServer;
let users: Asking;
let token: string;
let ids: string[];
let orderId = "";
const exit = "7d7a5f0e-6c35-4c9f-8c3c-4c1f37cf2a11";
const rules = ["approved", "denied", "skipped", "expired", "open"];
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  users = asking(database.pool, database.ownerPool, rules.map((id) => ({ id, cooldown_seconds: 3_600 })));
  await users.add("alice");
  await users.openMarket();
  token = await nod.token("alice");
  await users.ask("alice");
  // Asked one second after the other.
  const { rows } = await database.ownerPool.query<{ id: string; rule: string }>("select id, metadata ->> 'rule_id' as rule from questions where firebase_uid = 'alice'");
  ids = rules.map((rule) => rows.find((row) => row.rule === rule)?.id ?? "");
  for (const [n, id] of ids.entries()) await database.ownerPool.query("update questions set created_at = created_at - interval '10 seconds' + $2::int4 * interval '1 second' where id = $1", [id, n]);
  const answer = (n: number, value: number): Promise<Answered> => call(nod.server, `POST /v1/me/questions/${ids[n]}/answer`, { token, body: { answer: value } });
  await answer(0, 10);
  // The order of the first is still open, so a second of the symbol is denied.
  await answer(1, 10);
  await answer(2, -10);
  await database.ownerPool.query("update questions set status = 'expired', closed_at = now() where id = $1", [ids[3]]);
  orderId = (await database.ownerPool.query<{ id: string }>("select id from trade_orders where firebase_uid = 'alice'")).rows[0]?.id ?? "";
  await database.ownerPool.query(
    `with i as (insert into trade_intents (id, firebase_uid, origin, symbol, asset_class, side, order_type, qty, mode, facts) values (gen_random_uuid(), 'alice', 'kill_switch', 'SPY', 'us_equity', 'sell', 'market', 1, 'paper', '{}') returning id)
     insert into trade_orders (id, firebase_uid, intent_id, client_order_id, symbol, asset_class, side, order_type, qty, reserved_notional_usd, mode, status, trading_day, approval_expires_at, created_at)
     select $1, 'alice', id, 'nod-exit', 'SPY', 'us_equity', 'sell', 'market', 1, 10, 'paper', 'rejected', current_date, now(), now() - interval '1 hour' from i`,
    [exit],
  );
});
afterAll(() => nod?.stop());

const get = (path: string): Promise<Answered> => call(nod.server, `GET /v1/me/trading/${path}`, { token });
async function page(query = ""): Promise<ActivityPage> {
  const read = readPage((await get(`activity${query}`)).body);
  if (!read.ok) throw new Error("not a page of activity");
  return read.value;
}
const named = ({ entries }: ActivityPage): string[] => entries.map(({ id }) => rules[ids.indexOf(id)] ?? (id === exit ? "exit" : id));

describe("the activity", () => {
  test("has one story for each question with what came of it, and one for an order without, newest first", async () => {
    const all = await page();
    expect(named(all)).toEqual(["open", "expired", "skipped", "denied", "approved", "exit"]);
    const [open, , skipped, denied, approved, sold] = all.entries;
    expect(open).toMatchObject({ question: { status: "open" }, closed_at: null, order: null, denial: null });
    expect(skipped).toMatchObject({ question: { status: "rejected" }, closed_at: expect.any(String), order: null });
    expect(denied).toMatchObject({ order: null, denial: { code: "duplicate_open_order", message: expect.stringContaining("No order was sent") } });
    expect(approved).toMatchObject({ order: { id: orderId, question_id: ids[0] }, denial: null, follow_up_question_id: null });
    expect(sold).toMatchObject({ question: null, order: { status: "rejected", side: "sell" } });
  });

  test.each([["asked", ["open"]], ["approved", ["denied", "approved", "exit"]], ["skipped", ["skipped"]], ["expired", ["expired"]], ["trouble", ["denied", "exit"]]])("can be %s alone", async (show, expected) => {
    expect(named(await page(`?show=${show}`))).toEqual(expected);
  });

  test("comes page by page, each story once, whatever begins meanwhile", async () => {
    const seen: string[] = [];
    let cursor = "";
    do {
      const read = await page(`?limit=2${cursor}`);
      seen.push(...named(read));
      cursor = read.next_cursor === null ? "" : `&cursor=${read.next_cursor}`;
      await database.ownerPool.query("update questions set created_at = now() where id = $1", [ids[4]]);
    } while (cursor !== "");
    expect(seen).toEqual(["open", "expired", "skipped", "denied", "approved", "exit"]);
    expect((await get("activity?cursor=AAAA")).status).toBe(422);
    expect((await get("activity?show=everything")).status).toBe(422);
  });
});

describe("one story", () => {
  const told = async (id: string): Promise<ActivityStory> => {
    const read = compileValidator(ActivityStory)((await get(`activity/${id}`)).body);
    if (!read.ok) throw new Error("not a story");
    return read.value;
  };

  test("of an order is the same by the question's id and by the order's, and goes on to the guardrails", async () => {
    const story = await told(orderId);
    expect(story).toEqual(await told(ids[0] ?? ""));
    expect(story.entry.order?.id).toBe(orderId);
    expect(story.story.map(({ station }) => station)).toEqual(["facts", "rule", "question", "answer", "question", "decision", "decision"]);
  });

  test("of a question that led to none tells who said no, and the facts that it was asked on", async () => {
    const { entry, story } = await told(ids[2] ?? "");
    expect(entry.question?.status).toBe("rejected");
    expect(story.map(({ station, text }) => `${station}: ${text}`)).toEqual([
      "facts: SPY stood at $98, -2 % from $100 (prev close).",
      expect.stringMatching(/^rule: When SPY/),
      "question: The question was asked.",
      "answer: The answer was -10, given over http.",
      "question: The question closed: rejected.",
    ]);
  });

  test("of an order that nobody was asked about begins with the order", async () => {
    expect(await told(exit)).toMatchObject({ entry: { id: exit, question: null }, story: [] });
    expect((await get("activity/00000000-0000-4000-8000-000000000000")).status).toBe(404);
  });
});

describe("how the rules stand", () => {
  const standing = async (id: string): Promise<unknown> => Object((await get("rules")).body).rules.find((rule: { id: string }) => rule.id === id);

  test("says when each last fired and when it can ask again", async () => {
    expect(await standing("skipped")).toMatchObject({ symbol: "SPY", enabled: true, description: expect.stringMatching(/^When SPY/), last_fired_at: expect.any(String), holds: [{ because: "cooldown" }] });
    expect(await standing("open")).toMatchObject({ holds: [{ because: "cooldown" }, { because: "asked_now" }] });
    expect(await standing("approved")).toMatchObject({ next_possible_at: null, holds: [{ because: "order_under_way", until: null }, { because: "cooldown" }] });
  });

  test("knows snoozes, the config, the gates of the rule as it is written now, and the kill switch", async () => {
    await call(nod.server, "POST /v1/me/trading/snoozes", { token, body: { rule_id: "skipped", for: "week" } });
    expect(await standing("skipped")).toMatchObject({ holds: [{ because: "snoozed" }, { because: "cooldown" }] });
    await call(nod.server, "PUT /v1/me/trading/config", {
      token,
      body: { rules: [{ id: "denied", enabled: false }, { id: "once", type: "condition", symbol: "SPY", when: { op: "<", left: "last", right: 1 }, fire: { mode: "once" }, question_template: "?", on_answer_match: { action: "notify" }, cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 }] },
    });
    expect(await standing("denied")).toMatchObject({ enabled: false, next_possible_at: null, holds: [{ because: "off", until: null }, { because: "cooldown" }] });
    expect(await standing("once")).toMatchObject({ last_fired_at: null, holds: [] });
    await saveGates(database.pool, [{ firebaseUid: "alice", ruleId: "once", source: "of another text", gate: { ready: true, rearmed: false, firings: 1, firedAtMs: Date.parse("2026-03-02T15:00:00Z"), firedPeriodMs: null } }]);
    expect(await standing("once")).toMatchObject({ last_fired_at: "2026-03-02T15:00:00.000Z", holds: [] });
    await call(nod.server, "POST /v1/me/trading/kill-switch", { token, body: { enabled: true, mode: "block_new" } });
    expect(await standing("once")).toMatchObject({ next_possible_at: null, holds: [{ because: "kill_switch", until: null }] });
  });
});
