import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TradingQuestionMetadata } from "@nod/contract/question";
import { call, type Answered } from "../support/contract-client.ts";
import { useTestDatabase } from "../support/database.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";
import { marketOf, moveRule, replayedConfig, replayMoments, momentsOf } from "../support/replaying.ts";
import { storeDays, type StoredDays } from "../support/stored-days.ts";
import { addUsers } from "../support/trading-users.ts";

const database = useTestDatabase();
const days = ["2013-10-04", "2013-10-07", "2013-10-08", "2013-10-09"];
const lastDay = "2013-10-09";
const rules = [moveRule("IBM", 0.5, { on_answer_match: { action: "propose_order", side: "buy", qty: 10, exits: { take_profit_pct: 0.5 } } }), moveRule("AIG", -1)];

let nod: NodServer;
let stored: StoredDays;
const tokens = new Map<string, string>();
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  await addUsers(database.ownerPool, "t_dips", replayedConfig(rules), ["alice", "bob", "carol"]);
  await addUsers(database.ownerPool, "t_quiet", replayedConfig([moveRule("SPY", -40)]), ["dora"]);
  for (const uid of ["alice", "bob", "carol", "dora"]) tokens.set(uid, await nod.token(uid));
  stored = await storeDays(database.pool, days, ["SPY", "AIG", "IBM"]);
}, 240_000);
afterAll(() => nod?.stop());

const as = (uid: string, at: string, body?: unknown): Promise<Answered> => call(nod.server, at, { token: tokens.get(uid) ?? "", ...(body !== undefined && { body }) });
const preview = (uid: string, body: unknown): Promise<Answered> => as(uid, "POST /v1/me/trading/config/preview", body);

describe("a preview", { timeout: 120_000 }, () => {
  test("asks what the stored days would have asked, and says what each would have made, to the cent", async () => {
    // IBM on 2013-10-09, by hand in the replay's own tests: asked at 9:33 at 179.70, bought at 179.779845, and after 9:48
    // reached 0.5 % more sold at 180.079915. Ten are 1797.80 and 1800.80; the fee is 0.06.
    // AIG: 1 % below 47.70 is 47.223; 10:59 closed at 47.22, 11:00 opened there: ten at 47.24361 are 472.44, and 477.30 at the close.
    const answer = await preview("alice", { days: 1 });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        from: stored.dateOf(lastDay), to: stored.dateOf(lastDay), trading_days: 1, asked: 2, cut_short: false,
        questions: [{
          at: stored.at(lastDay, "09:33").toISOString(), rule_id: "ibm_rises_0_5", symbol: "IBM", price: "179.7", facts: { last: "179.7", prev_close: "178.72" }, made_usd: "2.94",
          fills: [
            { side: "buy", price: "179.779845", at: stored.at(lastDay, "09:33").toISOString(), because: "answer" },
            { side: "sell", price: "180.079915", at: stored.at(lastDay, "09:49").toISOString(), because: "take_profit", fee_usd: "0.06" },
          ],
        }, { at: stored.at(lastDay, "11:00").toISOString(), rule_id: "aig_falls_1", price: "47.22", made_usd: "4.86", fills: [{ price: "47.24361" }] }],
        made_usd: "7.8", win_rate_pct: "100", fees_usd: "0.06", missing: [],
        // The first minute's open and the last one's close: IBM 179.52 and 181.32, AIG 47.64 and 47.73.
        // Every minute of one day; IBM's last one closed at 181.32.
        prices: [{ symbol: "IBM", interval_seconds: 60, points: expect.arrayContaining([{ as_of: stored.at(lastDay, "16:00").toISOString(), price: "181.32" }]) }, { symbol: "AIG" }],
        buy_and_hold: { symbols: expect.arrayContaining([expect.objectContaining({ symbol: "IBM", from: "179.52" })]) },
      },
    });
  });

  test("over several days is what the replay of the recordings gives", async () => {
    const answer = await preview("alice", { days: 4 });
    const { questions, ends_with_usd: ends } = replayMoments(replayedConfig(rules), momentsOf(["IBM", "AIG"], "2013-10-04", "2013-10-09"));
    expect(questions.length).toBeGreaterThan(3);
    expect(answer.body).toMatchObject({ trading_days: 4, ends_with_usd: ends, equity: { length: 4 }, questions: questions.map(({ rule_id: id, price, made_usd: made }) => ({ rule_id: id, price, made_usd: made })) });
  });

  test("is of a document that is not stored, over a template that is not one's own", async () => {
    const quiet = await preview("dora", { days: 1 });
    expect(quiet.body).toMatchObject({ asked: 0, win_rate_pct: null, made_usd: "0" });
    const other = await preview("dora", { days: 1, template_name: "t_dips", own: { rules: [{ id: "ibm_rises_0_5", enabled: false }, { id: "aig_falls_1", threshold_pct: -0.5 }] } });
    expect(other.body).toMatchObject({ questions: [{ rule_id: "aig_falls_1" }] });
    expect((await as("dora", "GET /v1/me/trading/config")).body).toMatchObject({ template_name: "t_quiet", own: {} });
  });

  test("names what is not stored", async () => {
    const answer = await preview("dora", { days: 2, own: { data_inputs: [{ id: "watchlist", symbols: ["SPY", "BAC"] }], rules: [{ ...moveRule("BAC", -1) }] } });
    expect(answer).toMatchObject({ status: 200, body: { missing: [{ symbol: "BAC", message: "no minutes are stored of these days" }] } });
  });

  test("refuses what is no document, no template, and no number of days, each at its place", async () => {
    expect(await preview("bob", { days: 1, own: { rulez: [] } })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/own/rulez", message: expect.stringContaining("did you mean `rules`?") }] } });
    expect(await preview("bob", { days: 1, template_name: "t_dipz" })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/template_name", message: expect.stringContaining("did you mean `t_dips`?") }] } });
    for (const days of [0, 31, 1.5, "7"]) expect(await preview("bob", { days })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/days" }] } });
  });

  test("runs once at a time for each user, and lets others run meanwhile", async () => {
    let turns = 0;
    let isRunning = true;
    const turn = (): void => {
      turns += 1;
      if (isRunning) setImmediate(turn);
    };
    setImmediate(turn);
    const answers = await Promise.all([preview("carol", { days: 4 }), preview("carol", { days: 4 }), preview("carol", { days: 4 })]);
    isRunning = false;
    expect(answers.map(({ status }) => status).toSorted()).toContain(200);
    for (const { status, headers } of answers) if (status !== 200) expect({ status, retry: headers["retry-after"] }).toEqual({ status: 429, retry: "5" });
    expect(turns).toBeGreaterThan(20);
    expect((await preview("carol", { days: 1 })).status).toBe(200);
  });
});

describe("what was skipped", { timeout: 120_000 }, () => {
  const metadata = (order: TradingQuestionMetadata["order"]): TradingQuestionMetadata => ({
    rule_id: "aig_dip", rule_type: "price_below_pct_of_ref", rule_text: "When AIG falls, ask.", symbol: "AIG", asset_class: "us_equity", feed: marketOf("AIG").feed, price: "48.2", price_as_of: stored.at("2013-10-08", "11:49").toISOString(),
    mode: "paper", max_staleness_seconds: 180, max_drift_bps: 50, config_revision: "1.1", order,
  });
  const closed = async (uid: string, status: string, at: Date, order: TradingQuestionMetadata["order"]): Promise<string> => {
    const id = randomUUID();
    await database.ownerPool.query(
      `insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, status, created_at, expires_at, closed_at)
       values ($1, $2, 'AIG?', 'swipe', 10, 'trading', 'confirm', 'trading:rule:aig_dip', $3::jsonb, $4, $5::timestamptz - interval '30 seconds', $5::timestamptz + interval '5 minutes', $5)`,
      [id, uid, JSON.stringify(metadata(order)), status, at],
    );
    return id;
  };

  test("is entered at the next minute's open and left at its stop, its target or the day's close; fees included", async () => {
    const buy = { side: "buy", order_type: "market", notional_usd: null, qty: "10" } as const;
    const noon = stored.at("2013-10-08", "11:49");
    // 11:49 opened at 48.20: bought at 48.2241, 482.24. The last minute closed at 47.70: 47.67615, 476.76, fee 0.02.
    const plain = await closed("bob", "rejected", new Date(noon.getTime() - 20_000), buy);
    // With a stop at half a percent: 13:43's open, 48.00, sold at 47.976 for 479.76, fee 0.02 (0.0133).
    const stopped = await closed("bob", "expired", noon, { ...buy, exits: { stop_loss_pct: 0.5 } });
    const approved = await closed("bob", "approved", noon, buy);
    // The day after the last one stored has no session yet.
    const late = await closed("bob", "rejected", new Date(stored.at(lastDay, "16:00").getTime() + 1_000), buy);
    const answer = await as("bob", "GET /v1/me/trading/skipped?days=30");
    expect(answer).toMatchObject({ status: 200, body: { measured: 2, made_usd: "-8" } });
    const told = new Map<string, Record<string, unknown>>(Object(answer.body).questions.map((question: Record<string, unknown>) => [question["question_id"], question]));
    expect(told.get(plain)).toMatchObject({ outcome: "rejected", would_have: { entry_at: noon.toISOString(), entry_price: "48.2241", exit_at: stored.at("2013-10-08", "16:00").toISOString(), exit_price: "47.67615", because: "day_close", fees_usd: "0.02", made_usd: "-5.5" } });
    expect(told.get(stopped)).toMatchObject({ outcome: "expired", would_have: { exit_at: stored.at("2013-10-08", "13:43").toISOString(), exit_price: "47.976", because: "stop_loss", made_usd: "-2.5" } });
    expect(told.get(late)).toMatchObject({ would_have: null, unknown_because: expect.stringContaining("not over") });
    expect(told.has(approved)).toBe(false);
    expect((await as("alice", "GET /v1/me/trading/skipped")).body).toMatchObject({ questions: [], measured: 0, made_usd: "0" });
  });
});
