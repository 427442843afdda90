import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { openQuestions } from "../../src/pipeline/questions-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, type Floor, type QuestionChanges } from "../support/trading-floor.ts";

const database = useTestDatabase();
let floor: Floor;
let uid = "";

beforeAll(() => {
  floor = createFloor(database.pool, createScriptedBroker());
});

beforeEach(async () => {
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
});

const askUser = (changes: QuestionChanges = {}): Promise<string> => ask(database.ownerPool, uid, changes);

async function approve(id: string, value = 10) {
  const outcome = await floor.answer(uid, id, value);
  if (outcome.kind !== "answered") throw new Error(`expected an answer, got ${JSON.stringify(outcome)}`);
  return outcome.result;
}

const open = () => openQuestions(database.pool, uid, 10);
const told = async (): Promise<unknown[]> => (await database.ownerPool.query("select kind, ref_id from user_outbox where firebase_uid = $1 order by seq", [uid])).rows;
const statusOf = async (id: string): Promise<unknown> => (await database.ownerPool.query<{ status: string }>("select status from questions where id = $1", [id])).rows[0]?.status;
const orders = async (): Promise<number> => (await database.ownerPool.query("select from trade_orders where firebase_uid = $1", [uid])).rowCount ?? -1;

/**
 * Puts an execution of a finished order on the books: after a card of a second ago, and before one that is asked now. A
 * card's time has milliseconds, an execution's microseconds, and one of the same millisecond counts as later.
 */
async function executed(side: "buy" | "sell", qty: string, symbol = "SPY"): Promise<void> {
  const id = newUuid();
  await database.ownerPool.query(
    `with intent as (
       insert into trade_intents (id, firebase_uid, origin, symbol, asset_class, side, order_type, notional_usd, mode, facts)
       values ($1, $2, 'rule', $5, 'us_equity', $3, 'market', 10, 'paper', '{}') returning id
     ), placed as (
       insert into trade_orders (id, firebase_uid, intent_id, client_order_id, symbol, asset_class, side, order_type, qty, reserved_notional_usd, mode, status, filled_qty, trading_day, approval_expires_at, created_at)
       select id, $2, id, 'nod-' || id, $5, 'us_equity', $3, 'market', $4, 10, 'paper', 'filled', $4, current_date, now(), now() - interval '3 days' from intent returning id
     )
     insert into fills (execution_id, order_id, firebase_uid, symbol, side, qty, price, executed_at, recorded_at)
     select 'x-' || id, id, $2, $5, $3, $4, 100, clock_timestamp(), clock_timestamp() - interval '10 milliseconds' from placed`,
    [id, uid, side, qty, symbol],
  );
}

describe("a price that has moved too far", () => {
  test("makes no order; the card is superseded on every device, and a revised one asks with both prices", async () => {
    const id = await askUser();
    await setPrice(database.ownerPool, ["SPY"], "99.25");
    const result = await approve(id);
    expect(result).toMatchObject({ outcome: "superseded", order: null, decision: { verdict: "denied", code: "price_drift_exceeded", limits: { price_now: "99.25" } } });
    const [revised] = await open();
    expect(revised).toMatchObject({
      id: result.follow_up_question_id,
      questionText: "SPY is now $99.25, was $100.00. Buy for $10 all the same? Swipe +10 to approve, -10 to skip.",
      metadata: { price: "99.25", price_before: "100", pct: "-2.696078431", revises: id, rule_id: expect.any(String) },
      correctAnswer: 10,
    });
    expect(await statusOf(id)).toBe("superseded");
    expect(await told()).toEqual([
      { kind: "question_closed", ref_id: id },
      { kind: "question_asked", ref_id: revised?.id },
    ]);
    expect(await approve(id)).toEqual(result);
    expect(await orders()).toBe(0);
    const events = await database.ownerPool.query<{ kind: string; data: object }>("select kind, data from events where question_id = $1", [revised?.id]);
    expect(events.rows).toEqual([{ kind: "question_asked", data: { revises: id } }]);
  });

  test("is ordered at when the revised card is approved, and asked about again when it moves again", async () => {
    const first = await askUser();
    await setPrice(database.ownerPool, ["SPY"], "99");
    const second = (await approve(first)).follow_up_question_id ?? "";
    await setPrice(database.ownerPool, ["SPY"], "98");
    const third = (await approve(second)).follow_up_question_id ?? "";
    expect((await open())[0]).toMatchObject({ id: third, metadata: { revises: second, price: "98", price_before: "99" } });
    expect(await approve(third)).toMatchObject({ outcome: "approved", order: { status: "pending_submit", question_id: third } });
    expect(await orders()).toBe(1);
  });

  test("is asked once more when the answer to the revised card is not clear", async () => {
    const id = await askUser();
    await setPrice(database.ownerPool, ["SPY"], "99");
    const revised = (await approve(id)).follow_up_question_id ?? "";
    const unclear = await approve(revised, 1);
    expect(unclear).toMatchObject({ outcome: "superseded", decision: null });
    expect((await open())[0]).toMatchObject({ id: unclear.follow_up_question_id, metadata: { follow_up_of: revised } });
  });

  test("names the bounds again where an amount was asked for", async () => {
    const id = await askUser({ kind: "numeric", notional: null, ask: { min: "5", max: "50" } });
    await setPrice(database.ownerPool, ["SPY"], "99");
    await approve(id, 20);
    expect((await open())[0]?.questionText).toBe("SPY is now $99.00, was $100.00. Buy all the same? Name an amount of $5 to 50, or 0 to skip.");
  });

  const senseless: [string, () => Promise<unknown>, QuestionChanges?][] = [
    ["the rule no longer holds at it", () => setPrice(database.ownerPool, ["SPY"], "101.5")],
    ["the config has changed", async () => {
      await setPrice(database.ownerPool, ["SPY"], "99");
      await database.ownerPool.query(`update user_trading_config set config = '{"rules": []}' where firebase_uid = $1`, [uid]);
    }],
    ["an order would be denied even so", async () => {
      await setPrice(database.ownerPool, ["SPY"], "99");
      await database.ownerPool.query("update broker_accounts set buying_power = 1");
    }],
  ];
  test.each(senseless)("is not asked about anew when %s: the card is withdrawn", async (_what, change) => {
    const id = await askUser();
    await change();
    expect(await approve(id)).toMatchObject({ outcome: "withdrawn", order: null, decision: { code: "price_drift_exceeded" }, follow_up_question_id: null });
    expect([await statusOf(id), await open(), await orders()]).toEqual(["withdrawn", [], 0]);
    expect(await told()).toEqual([{ kind: "question_closed", ref_id: id }]);
  });
});

const withdrawing: [string, string, () => Promise<unknown>][] = [
  ["the fact has gone stale", "market_data_stale", () => setPrice(database.ownerPool, ["SPY"], "100", 200)],
  ["the price is lost", "market_data_missing", () => database.ownerPool.query("delete from market_data_latest where symbol = 'SPY'")],
  ["the session has closed", "market_closed", () => database.ownerPool.query("update market_sessions set is_open = false")],
  ["the session is not known", "market_session_unknown", () => database.ownerPool.query("update market_sessions set as_of = now() - interval '1 hour'")],
];
test.each(withdrawing)("when %s, the card is withdrawn and nothing is ordered", async (_what, code, change) => {
  const id = await askUser();
  await change();
  expect(await approve(id)).toMatchObject({ outcome: "withdrawn", order: null, decision: { verdict: "denied", code }, follow_up_question_id: null });
  expect([await statusOf(id), await orders()]).toEqual(["withdrawn", 0]);
});

test("a card whose rule has asked anew is superseded by the newer one, which stays open", async () => {
  const older = await askUser({ ruleId: "dip" });
  await database.ownerPool.query("update questions set source_tag = source_tag || ':older' where id = $1", [older]);
  const newer = await askUser({ ruleId: "dip" });
  expect(await approve(older)).toMatchObject({ outcome: "superseded", order: null, decision: { code: "question_superseded", limits: { newer_question_id: newer } } });
  expect((await open()).map(({ id }) => id)).toEqual([newer]);
  expect(await approve(newer)).toMatchObject({ outcome: "approved", decision: { verdict: "approved" } });
});

describe("a position of which some was sold since the question", () => {
  test("is asked about anew", async () => {
    await executed("buy", "1");
    const id = await askUser({ side: "sell" });
    await executed("sell", "0.95");
    const result = await approve(id);
    expect(result).toMatchObject({ outcome: "superseded", order: null, decision: { code: "position_changed" } });
    expect((await open())[0]?.questionText).toBe("SPY is now $100.00, was $100.00, and you hold less of it. Sell for $10 all the same? Swipe +10 to approve, -10 to skip.");
    expect(await approve(String(result.follow_up_question_id))).toMatchObject({ outcome: "approved", order: { side: "sell", qty: "0.05" } });
  });

  test("is not asked about when all of it is gone", async () => {
    await executed("buy", "1");
    const id = await askUser({ side: "sell" });
    await executed("sell", "1");
    expect(await approve(id)).toMatchObject({ outcome: "withdrawn", order: null, decision: { code: "short_sale_blocked" } });
  });

  test("before the question is no matter", async () => {
    await executed("buy", "1");
    await executed("sell", "0.5");
    expect(await approve(await askUser({ side: "sell", createdSecondsAgo: 0 }))).toMatchObject({ outcome: "approved", order: { side: "sell" } });
  });

  test("is no matter either where it was sold of another symbol", async () => {
    await executed("buy", "1");
    await executed("buy", "1", "AAPL");
    const id = await askUser({ side: "sell" });
    await executed("sell", "0.5", "AAPL");
    expect(await approve(id)).toMatchObject({ outcome: "approved", order: { side: "sell" } });
  });

  test("is no matter to a purchase, nor a purchase to a sale", async () => {
    await executed("buy", "1");
    const [buy, sell] = [await askUser({ symbol: "SPY" }), await askUser({ side: "sell" })];
    await executed("buy", "1");
    expect((await approve(sell)).outcome).toBe("approved");
    await database.ownerPool.query("update trade_orders set status = 'canceled' where firebase_uid = $1 and status <> 'filled'", [uid]);
    await executed("sell", "0.1");
    expect((await approve(buy)).decision?.verdict).toBe("approved");
  });
});
