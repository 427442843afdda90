import { afterEach, beforeEach, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { undoAnswer } from "../../src/pipeline/undo.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, type Floor, type QuestionChanges } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let floor: Floor;
let uid = "";

beforeEach(async () => {
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  broker = createScriptedBroker();
  await openTheMarket(database.ownerPool);
  floor = createFloor(database.pool, broker, { submit: { pollIntervalMs: 3_600_000 } });
});

afterEach(async () => {
  await floor.stop();
  expect(floor.failures).toEqual([]);
});

async function trader(undoSeconds: number | undefined): Promise<void> {
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  if (undoSeconds === undefined) await database.ownerPool.query("update trading_config_templates set config = config #- '{guardrails,undo_seconds}' where name = (select template_name from user_trading_config where firebase_uid = $1)", [uid]);
  else await database.ownerPool.query("update user_trading_config set config = jsonb_build_object('guardrails', jsonb_build_object('undo_seconds', $2::int4)) where firebase_uid = $1", [uid, undoSeconds]);
}

async function approve(changes: QuestionChanges = {}) {
  const questionId = await ask(database.ownerPool, uid, changes);
  const outcome = await floor.answer(uid, questionId, 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return { questionId, order: outcome.result.order };
}

const undo = (questionId: string, by = uid) => undoAnswer(database.pool, by, questionId, { via: "http", requestId: "test" });
const statusOf = async (id: string): Promise<unknown> => (await database.ownerPool.query<{ status: string }>("select status from trade_orders where id = $1", [id])).rows[0]?.status;

test("an approval that is taken back in time is never sent, and every device and the log are told", async () => {
  await trader(60);
  floor.submit.start();
  const { questionId, order } = await approve();
  expect(Date.parse(String(order.undo_until)) - Date.parse(order.created_at)).toBe(60_000);
  const outcome = await undo(questionId);
  expect(outcome).toMatchObject({ kind: "undone", order: { id: order.id, status: "not_placed", status_reason: "taken back by you" } });
  expect(await undo(questionId)).toEqual(outcome);
  await database.ownerPool.query("update trade_orders set undo_until = now(), next_submit_at = now() where id = $1", [order.id]);
  floor.submit.wake();
  await floor.stop();
  expect(broker.posts).toEqual([]);
  const told = await database.ownerPool.query("select kind, ref_id from user_outbox where firebase_uid = $1 order by seq", [uid]);
  // Of the answer, and of its being taken back.
  expect(told.rows).toEqual([{ kind: "question_closed", ref_id: questionId }, { kind: "trade_update", ref_id: order.id }, { kind: "trade_update", ref_id: order.id }]);
  const log = await database.ownerPool.query("select data from events where order_id = $1 and kind = 'order_taken_back'", [order.id]);
  expect(log.rows).toMatchObject([{ data: { from: "pending_submit", via: "http", request_id: "test" } }]);
  const counts = await database.ownerPool.query("select is_open, counts_against_limits from trade_orders where id = $1", [order.id]);
  expect(counts.rows).toEqual([{ is_open: false, counts_against_limits: false }]);
});

test("an approval that is not taken back goes out when its time is over, without being polled for", async () => {
  await trader(1);
  floor.submit.start();
  const { questionId, order } = await approve();
  await until("it is accepted", async () => (await statusOf(order.id)) === "accepted");
  const sentAt = Number(broker.book.get(order.client_order_id)?.submittedAt);
  expect(sentAt).toBeGreaterThanOrEqual(Date.parse(String(order.undo_until)));
  expect(await undo(questionId)).toMatchObject({ kind: "not_possible", stands: "accepted", why: expect.stringContaining("too late") });
  expect(await statusOf(order.id)).toBe("accepted");
});

test("three seconds is what a config gives that says nothing", async () => {
  await trader(undefined);
  const { order } = await approve();
  expect(Date.parse(String(order.undo_until)) - Date.parse(order.created_at)).toBe(3_000);
});

test("with 0 it goes out at once, and cannot be taken back", async () => {
  await trader(0);
  const { questionId, order } = await approve();
  expect(order.undo_until).toBeNull();
  expect(await undo(questionId)).toMatchObject({ kind: "not_possible", stands: "pending_submit", why: expect.stringContaining("no time for that is set") });
  floor.submit.start();
  await until("it is accepted", async () => (await statusOf(order.id)) === "accepted");
});

test("the time to take it back is never longer than the approval is valid", async () => {
  await trader(60);
  const { order } = await approve({ expiresInSeconds: 40 });
  const { rows } = await database.ownerPool.query<{ left: number }>("select extract(epoch from approval_expires_at - undo_until)::float8 as left from trade_orders where id = $1", [order.id]);
  expect(rows[0]?.left).toBeCloseTo(1, 2);
  // One that has a second left may be over before it is answered here; then the next one is.
  const short = await until("one is answered in its last second", () => approve({ symbol: "MSFT", expiresInSeconds: 1 }).catch(() => null));
  expect(short.order.undo_until).toBeNull();
});

test("of taking back and sending at the same moment one wins, never both", async () => {
  await trader(1);
  floor.submit.start();
  const rounds = await Promise.all(
    ["SPY", "AAPL", "MSFT"].map(async (symbol) => {
      const { questionId, order } = await approve({ symbol });
      const wait = Date.parse(String(order.undo_until)) - Date.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait - 2)));
      const outcome = await undo(questionId);
      const status = await until("it is settled", async () => {
        const now = await statusOf(order.id);
        return now === "accepted" || now === "not_placed" ? now : null;
      });
      return { undone: outcome.kind === "undone", status, sent: broker.book.has(order.client_order_id) };
    }),
  );
  for (const { undone, status, sent } of rounds) expect([status, sent]).toEqual(undone ? ["not_placed", false] : ["accepted", true]);
});

test("an order that is being sent cannot be taken back, whatever time is left", async () => {
  await trader(60);
  const { questionId, order } = await approve();
  await database.ownerPool.query("update trade_orders set status = 'submitting' where id = $1", [order.id]);
  expect(await undo(questionId)).toMatchObject({ kind: "not_possible", stands: "submitting" });
  expect(await statusOf(order.id)).toBe("submitting");
});

test("a question of somebody else, of nobody, and one without an order cannot be told from what they are", async () => {
  await trader(60);
  const { questionId } = await approve();
  expect(await undo(questionId, "somebody")).toEqual({ kind: "not_found" });
  expect(await undo(newUuid())).toEqual({ kind: "not_found" });
  expect(await undo("no-id")).toEqual({ kind: "not_found" });
  const open = await ask(database.ownerPool, uid, { symbol: "AAPL" });
  expect(await undo(open)).toMatchObject({ kind: "not_possible", stands: "open" });
});
