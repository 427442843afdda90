import { beforeEach, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { expireQuestions } from "../../src/pipeline/expire.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, testRiskSettings } from "../support/trading-floor.ts";

/** A change, what is told of it and what is logged of it are one transaction: each row says which one wrote it. */
const database = useTestDatabase();
let uid = "";

beforeEach(async () => {
  uid = `w_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
});

/** By which transaction the newest of these rows was written. */
async function writtenBy(table: string, where: string, value: string, newest = "1"): Promise<string> {
  const { rows } = await database.ownerPool.query<{ by: string }>(`select xmin::text as by from ${table} where ${where} order by ${newest} desc limit 1`, [value]);
  if (rows[0] === undefined) throw new Error(`nothing in ${table}`);
  return rows[0].by;
}
const told = (refId: string) => writtenBy("user_outbox", "ref_id = $1", refId, "seq");

const approve = async () => {
  const questionId = await ask(database.ownerPool, uid);
  const outcome = await createFloor(database.pool, createScriptedBroker()).answer(uid, questionId, 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order");
  return { questionId, orderId: outcome.result.order.id };
};

test("an answer is told with it", async () => {
  const { questionId, orderId } = await approve();
  const by = await writtenBy("questions", "id = $1", questionId);
  expect(await Promise.all([writtenBy("answers", "question_id = $1", questionId), writtenBy("trade_orders", "id = $1", orderId), told(questionId), told(orderId), writtenBy("events", "order_id = $1", orderId, "id")])).toEqual([by, by, by, by, by]);
});

test("what expires is told with it", async () => {
  const questionId = await ask(database.ownerPool, uid, { createdSecondsAgo: 60, expiresInSeconds: -1 });
  await expireQuestions(database.pool);
  const by = await writtenBy("questions", "id = $1", questionId);
  expect(await Promise.all([told(questionId), writtenBy("events", "question_id = $1", questionId, "id")])).toEqual([by, by]);
});

test("an order's change is told with it", async () => {
  const { orderId } = await approve();
  await claimOrders(database.pool, openDeskFence, { limit: 10, gateIsOpen: true, settings: testRiskSettings });
  const by = await writtenBy("trade_orders", "id = $1 and status = 'submitting'", orderId);
  expect(await Promise.all([told(orderId), writtenBy("events", "order_id = $1", orderId, "id")])).toEqual([by, by]);
});
