import { beforeAll, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { expireQuestions } from "../../src/pipeline/expire.ts";
import { lockQuestionForAnswer } from "../../src/pipeline/questions-table.ts";
import { lockDueOrders } from "../../src/trading/orders/claims-table.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, testRiskSettings } from "../support/trading-floor.ts";

/** What the database itself refuses, whatever the code before it has come to believe. */
const database = useTestDatabase();
let question = "";
let order = "";

beforeAll(async () => {
  await addTraders(database.ownerPool, ["alice"]);
  await openTheMarket(database.ownerPool);
  question = await ask(database.ownerPool, "alice");
  order = await approved(question);
  await database.ownerPool.query("update trade_orders set alpaca_order_id = 'broker-1' where id = $1", [order]);
  await database.ownerPool.query(
    `insert into fills (execution_id, order_id, firebase_uid, symbol, side, qty, price, executed_at) values ('e1', $1, 'alice', 'SPY', 'buy', 1, 10, now())`,
    [order],
  );
});

async function approved(questionId: string): Promise<string> {
  const outcome = await createFloor(database.pool, createScriptedBroker()).answer("alice", questionId, 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return outcome.result.order.id;
}

/** Writes a row once more, with some of its columns changed. */
async function again(table: string, where: string, changes: Record<string, unknown> = {}): Promise<void> {
  const { rows } = await database.ownerPool.query<{ columns: string }>(
    "select string_agg(quote_ident(attname), ', ') as columns from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
    [table],
  );
  const columns = rows[0]?.columns ?? "";
  const { rowCount } = await database.ownerPool.query(
    `insert into ${table} (${columns}) overriding system value
     select ${columns} from jsonb_populate_record(null::${table}, (select to_jsonb(t) from ${table} t where ${where} limit 1) || $1::jsonb)`,
    [JSON.stringify(changes)],
  );
  expect(rowCount).toBe(1);
}
const twice = { code: "23505" };
const senseless = { code: "23514" };

/** An intent that came of no question. */
async function otherIntent(): Promise<string> {
  const id = newUuid();
  await again("trade_intents", `question_id = '${question}'`, { id, question_id: null });
  return id;
}
/** What makes an order another one in every respect. */
const otherOrder = async () => ({ id: newUuid(), intent_id: await otherIntent(), question_id: null, client_order_id: newUuid(), alpaca_order_id: newUuid() });

describe("the database itself holds that", () => {
  test("a question has one answer", async () => {
    await expect(again("answers", `question_id = '${question}'`)).rejects.toMatchObject(twice);
  });

  test("a question has one follow-up", async () => {
    const followUp = () => again("questions", `id = '${question}'`, { id: newUuid(), follow_up_of: question });
    await followUp();
    await expect(followUp()).rejects.toMatchObject(twice);
  });

  test("a rule has one open question", async () => {
    const open = await ask(database.ownerPool, "alice", { symbol: "AAPL" });
    await expect(again("questions", `id = '${open}'`, { id: newUuid() })).rejects.toMatchObject(twice);
  });

  test("a question has one intent", async () => {
    await expect(again("trade_intents", `question_id = '${question}'`, { id: newUuid() })).rejects.toMatchObject(twice);
  });

  test("an intent has one order", async () => {
    const { intent_id: _intent, ...changes } = await otherOrder();
    await expect(again("trade_orders", `id = '${order}'`, changes)).rejects.toMatchObject(twice);
  });

  test("a question has one order", async () => {
    const { question_id: _question, ...changes } = await otherOrder();
    await expect(again("trade_orders", `id = '${order}'`, changes)).rejects.toMatchObject(twice);
  });

  test("a client order id names one order", async () => {
    const { client_order_id: _id, ...changes } = await otherOrder();
    await expect(again("trade_orders", `id = '${order}'`, changes)).rejects.toMatchObject(twice);
  });

  test("an order of the broker's is one order here", async () => {
    const { alpaca_order_id: _id, ...changes } = await otherOrder();
    await expect(again("trade_orders", `id = '${order}'`, changes)).rejects.toMatchObject(twice);
  });

  test("another order is another order", async () => {
    await again("trade_orders", `id = '${order}'`, await otherOrder());
  });

  test("a client order id is no longer than the broker takes", async () => {
    await again("trade_orders", `id = '${order}'`, { ...(await otherOrder()), client_order_id: "x".repeat(48) });
    await expect(again("trade_orders", `id = '${order}'`, { ...(await otherOrder()), client_order_id: "y".repeat(49) })).rejects.toMatchObject(senseless);
  });

  test("an intent is decided once at the answer", async () => {
    const decision = `intent_id = (select intent_id from trade_orders where id = '${order}')`;
    await expect(again("risk_decisions", decision, { id: 1_000_001 })).rejects.toMatchObject(twice);
    await again("risk_decisions", decision, { id: 1_000_002, stage: "submit" });
  });

  test("a denial has a reason, and an approval has none", async () => {
    const decision = `intent_id = (select intent_id from trade_orders where id = '${order}')`;
    await expect(again("risk_decisions", decision, { id: 1_000_003, stage: "submit", verdict: "denied" })).rejects.toMatchObject(senseless);
    await expect(again("risk_decisions", decision, { id: 1_000_004, stage: "submit", code: "market_closed" })).rejects.toMatchObject(senseless);
  });

  test("an execution is recorded once", async () => {
    await expect(again("fills", "execution_id = 'e1'")).rejects.toMatchObject(twice);
  });

  test("a number of a user's outbox is given once", async () => {
    await expect(again("user_outbox", "firebase_uid = 'alice' and seq = 1")).rejects.toMatchObject(twice);
  });

  test("a place in a chain is taken once", async () => {
    await expect(again("events", "firebase_uid = 'alice' and place = 1", { id: 1_000_000 })).rejects.toMatchObject(twice);
  });
});

test("an order names its question, its rule and its intent, and the intent its question", async () => {
  const { rows } = await database.ownerPool.query(
    `select o.question_id = q.id as question, o.rule_id = q.metadata ->> 'rule_id' as rule, i.question_id = q.id as intent
     from trade_orders o join trade_intents i on i.id = o.intent_id cross join questions q where o.id = $1 and q.id = $2`,
    [order, question],
  );
  expect(rows).toEqual([{ question: true, rule: true, intent: true }]);
});

test("a question that is being answered does not expire", async () => {
  const late = await ask(database.ownerPool, "alice", { symbol: "MSFT", createdSecondsAgo: 60, expiresInSeconds: -1 });
  const status = async () => (await database.ownerPool.query("select status from questions where id = $1", [late])).rows;
  await withTransaction(database.pool, async (tx) => {
    expect(await lockQuestionForAnswer(tx, { firebaseUid: "alice", questionId: late })).toMatchObject({ isExpired: true });
    await expireQuestions(database.pool);
    expect(await status()).toEqual([{ status: "open" }]);
  });
  await expireQuestions(database.pool);
  expect(await status()).toEqual([{ status: "expired" }]);
});

test("an order that one process is taking up is not taken up by another", async () => {
  await withTransaction(database.pool, async (tx) => {
    expect((await lockDueOrders(tx, 10)).map((due) => due.order.id)).toContain(order);
    const claimed = await claimOrders(database.pool, openDeskFence, { limit: 10, gateIsOpen: true, settings: testRiskSettings });
    expect(claimed).toMatchObject({ toSend: [], denied: [] });
  });
});
