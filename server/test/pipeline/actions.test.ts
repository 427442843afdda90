import type { TradingQuestionMetadata } from "@nod/contract/question";
import type { ReferenceRule } from "@nod/contract/trading-config";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { createAnswerService } from "../../src/pipeline/answer.ts";
import { askFirings } from "../../src/pipeline/ask.ts";
import { createTradingBranch } from "../../src/pipeline/trading-branch.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import { startAutoAnswers } from "../../src/workers/answer-auto.ts";
import type { IntervalLoop } from "../../src/workers/interval.ts";
import { useTestDatabase } from "../support/database.ts";
import { openAsking } from "../support/open-fence.ts";
import { openTheMarket, setPrice, testRiskSettings } from "../support/trading-floor.ts";
import { addUsers, configWith, dipRule, firingsOf } from "../support/trading-users.ts";

const database = useTestDatabase();
let uid = "";
let loop: IntervalLoop | null = null;
beforeEach(async () => {
  uid = `act_${newUuid().slice(0, 8)}`;
  await openTheMarket(database.ownerPool);
  await setPrice(database.ownerPool, ["SPY"], "98");
});
afterEach(async () => {
  await loop?.stop();
  loop = null;
});

const answerService = () =>
  createAnswerService({ pool: database.pool, branches: [createTradingBranch({ configs: configSourceOf({ get: () => undefined }), settings: testRiskSettings, orderPlaced: () => undefined })] });

/** The rule fires for a user of its own. */
async function fired(changes: Partial<ReferenceRule>, requireQuestion = true): Promise<string> {
  const config = configWith([dipRule({ cooldown_seconds: 0, ...changes })]);
  const own = { ...config, guardrails: { ...config.guardrails, require_question_before_order: requireQuestion } };
  await addUsers(database.ownerPool, `t_${uid}`, own, [uid]);
  await askFirings(database.pool, firingsOf(own, [uid]), openAsking);
  const { rows } = await database.ownerPool.query<{ id: string }>("select id from questions where firebase_uid = $1", [uid]);
  return rows[0]?.id ?? "";
}
const orders = async () => (await database.ownerPool.query("select id, side, order_type, qty::float8, notional_usd::float8, limit_price::float8 from trade_orders where firebase_uid = $1", [uid])).rows;
const yes = async (id: string) => {
  const outcome = await answerService().answer(uid, id, 10, { via: "http", requestId: null });
  if (outcome.kind !== "answered") throw new Error(JSON.stringify(outcome));
  return outcome.result;
};

describe("a yes to", () => {
  test("a buy with exits puts the plan of its exits on the books with the order", async () => {
    const exits = { stop_loss_pct: 5, trailing_stop: { trail_pct: 3, activate_at_pct: 2 } };
    const id = await fired({ on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10, exits } });
    await yes(id);
    const [order] = await orders();
    const { rows } = await database.ownerPool.query("select entry_order_id, symbol, feed, stop_loss_pct::float8, take_profit_pct, trail_pct::float8, activate_at_pct::float8, max_staleness_seconds from exit_plans where firebase_uid = $1", [uid]);
    expect(rows).toEqual([{ entry_order_id: order?.["id"], symbol: "SPY", feed: "iex", stop_loss_pct: 5, take_profit_pct: null, trail_pct: 3, activate_at_pct: 2, max_staleness_seconds: 180 }]);
  });

  test("a buy that is denied plans nothing", async () => {
    const id = await fired({ on_answer_match: { action: "propose_order", side: "buy", notional_usd: 1_000, exits: { stop_loss_pct: 5 } } });
    expect(await yes(id)).toMatchObject({ decision: { verdict: "denied" }, order: null });
    expect((await database.ownerPool.query("select from exit_plans where firebase_uid = $1", [uid])).rowCount).toBe(0);
  });

  test("a limit order of a quantity orders exactly that", async () => {
    const id = await fired({ on_answer_match: { action: "propose_order", side: "buy", qty: 0.5, order_type: "limit", limit_offset_bps: -10 } });
    await yes(id);
    expect(await orders()).toMatchObject([{ side: "buy", order_type: "limit", qty: 0.5, notional_usd: null, limit_price: 97.9 }]);
  });
});

describe("a rule that orders without asking", () => {
  const auto = (budget: ReferenceRule["auto_budget"]): Partial<ReferenceRule> => ({ mode: "auto", ...(budget !== undefined && { auto_budget: budget }) });
  const answering = () => {
    loop = startAutoAnswers({ pool: database.pool, answers: answerService(), onError: (error) => expect(error).toBeUndefined(), intervalMs: 20 });
  };
  const outcome = async (id: string) => (await database.ownerPool.query<{ status: string; metadata: TradingQuestionMetadata }>("select status, metadata from questions where id = $1", [id])).rows[0];
  const decisionOf = async () => (await database.ownerPool.query<{ verdict: string; code: string | null }>("select d.verdict, d.code from risk_decisions d join trade_intents i on i.id = d.intent_id where i.firebase_uid = $1", [uid])).rows;

  test("takes the road of every answer: a question, one answer, one decision, one order, and its story says who said yes", async () => {
    const id = await fired(auto({ max_orders_per_day: 2, max_notional_usd_per_day: 50 }), false);
    expect((await outcome(id))?.metadata.auto).toBe(true);
    answering();
    await expect.poll(async () => (await outcome(id))?.status).toBe("approved");
    expect(await orders()).toHaveLength(1);
    const { rows } = await database.ownerPool.query("select data ->> 'via' as via from events where question_id = $1 and kind = 'answer_given'", [id]);
    expect(rows).toEqual([{ via: "auto" }]);
  });

  test("orders nothing beyond its own budget", async () => {
    const id = await fired(auto({ max_orders_per_day: 2, max_notional_usd_per_day: 9.99 }), false);
    answering();
    await expect.poll(decisionOf).toEqual([{ verdict: "denied", code: "auto_budget_exceeded" }]);
    expect((await outcome(id))?.status).toBe("approved");
    expect(await orders()).toEqual([]);
  });

  test("orders nothing for a user who wants to be asked", async () => {
    await fired(auto({ max_orders_per_day: 2, max_notional_usd_per_day: 50 }), true);
    answering();
    // A config that says so is refused when it is saved; one that is stored nevertheless is not in force.
    await expect.poll(async () => (await database.ownerPool.query("select from questions where firebase_uid = $1 and status = 'open'", [uid])).rowCount).toBe(0);
    expect(await orders()).toEqual([]);
  });

  test("leaves every other question to its user", async () => {
    const id = await fired({});
    answering();
    const other = uid;
    uid = `act_${newUuid().slice(0, 8)}`;
    const automatic = await fired(auto({ max_orders_per_day: 2, max_notional_usd_per_day: 50 }), false);
    await expect.poll(async () => (await outcome(automatic))?.status).toBe("approved");
    expect((await outcome(id))?.status).toBe("open");
    expect((await database.ownerPool.query("select from trade_orders where firebase_uid = $1", [other])).rowCount).toBe(0);
  });
});
