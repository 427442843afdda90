import { afterEach, beforeEach, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { price, quantity, usd } from "../../src/core/decimal.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { applyBrokerEvent } from "../../src/trading/orders/apply-broker-event.ts";
import type { Amendment } from "../../src/trading/ports.ts";
import { createReconciler, type Reconciled } from "../../src/workers/reconcile.ts";
import { createCountingPool } from "../support/counting-pool.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { acceptsAndLosesTheAnswer, createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, type Floor } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let floor: Floor;
let uid = "";

beforeEach(async () => {
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  broker = createScriptedBroker();
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
  floor = createFloor(database.pool, broker, { gateOpen: false });
});

afterEach(async () => {
  await floor.stop();
});

const approve = async (symbol = "SPY"): Promise<string> => {
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, { symbol }), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return outcome.result.order.id;
};

const rowOf = async (id: string) =>
  (await database.ownerPool.query<{ status: string; client_order_id: string; filled_qty: string; filled_avg_price: string | null }>("select status, client_order_id, filled_qty, filled_avg_price from trade_orders where id = $1", [id])).rows[0];

const becomes = (id: string, status: string) => until(`it is ${status}`, async () => (await rowOf(id))?.status === status);

test("nothing is sent before the books have been compared, and then it is", async () => {
  await floor.stop();
  const pool = createCountingPool(database.pool);
  floor = createFloor(pool, broker, { gateOpen: false });
  broker.down = true;
  floor.submit.start();
  const id = await approve();
  expect(await floor.reconciler.reconcile()).toBe(false);
  expect(floor.gate.isOpen()).toBe(false);
  const statements = pool.statements;
  await until("the sender has looked at it again and again", async () => pool.statements > statements + 50);
  expect(broker.posts).toEqual([]);
  expect((await rowOf(id))?.status).toBe("pending_submit");
  broker.down = false;
  expect(await floor.reconciler.reconcile()).toBe(true);
  await becomes(id, "accepted");
});

test("an order whose approval runs out while the broker cannot be reached is denied, and says so", async () => {
  floor.submit.start();
  const id = await approve();
  await database.ownerPool.query("update trade_orders set approval_expires_at = now() where id = $1", [id]);
  await becomes(id, "denied");
  expect(broker.posts).toEqual([]);
});

test("an order in doubt is looked up before anything new goes out", async () => {
  broker.script = [acceptsAndLosesTheAnswer];
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  const id = await approve();
  await becomes(id, "unknown");
  floor.gate.close();
  expect(await floor.reconciler.reconcile()).toBe(true);
  expect((await rowOf(id))?.status).toBe("accepted");
});

test("an answer is denied when the books have not been compared for too long", async () => {
  await database.ownerPool.query("update broker_accounts set reconciled_at = now() - interval '1 hour'");
  const id = await ask(database.ownerPool, uid);
  expect(await floor.answer(uid, id, 10)).toMatchObject({ result: { decision: { code: "broker_not_reconciled" } } });
  await floor.reconciler.reconcile();
  await approve();
});

test("a fill that the stream never told of is found, once", async () => {
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  const id = await approve();
  await becomes(id, "accepted");
  const row = await rowOf(id);
  broker.fill(String(row?.client_order_id), "99.5", "0.1005");
  await floor.reconciler.reconcile();
  await floor.reconciler.reconcile();
  expect(await rowOf(id)).toMatchObject({ status: "filled", filled_qty: "0.100500000", filled_avg_price: "99.500000000" });
  expect((await database.ownerPool.query("select from fills where order_id = $1", [id])).rowCount).toBe(1);
});

test("what is known already costs a comparison no statement, however much there is of it; one that is new among it is found", async () => {
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  const id = await approve();
  await becomes(id, "accepted");
  const order = broker.book.get(String((await rowOf(id))?.client_order_id));
  if (order === undefined) throw new Error("no such order at the broker");
  const tell = (count: number): void => {
    for (let n = 0; n < count; n += 1) broker.fills.push({ executionId: newUuid(), alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy", qty: quantity("0.0001"), price: price("100"), executedAt: new Date() });
  };
  const pool = createCountingPool(database.pool);
  const reconciler = createReconciler({ pool, fence: openDeskFence, broker: broker.port, gate: floor.gate, unknowns: floor.unknowns, observer: { reconciled: () => undefined, failed: () => undefined } });
  const statements = async (): Promise<number> => {
    const before = pool.statements;
    expect(await reconciler.reconcile()).toBe(true);
    return pool.statements - before;
  };
  tell(1);
  await statements();
  const ofOne = await statements();
  tell(60);
  await statements();
  expect(await statements()).toBe(ofOne);
  tell(1);
  expect(await statements()).toBeGreaterThan(ofOne);
  expect(await rowOf(id)).toMatchObject({ filled_qty: "0.006200000" });
});

test("executions that arrive before their order's own word move its quantity on", async () => {
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  const id = await approve();
  await becomes(id, "accepted");
  const row = await rowOf(id);
  const order = broker.book.get(String(row?.client_order_id));
  if (order === undefined) throw new Error("no such order at the broker");
  for (const [executionId, qty, at] of [["e1", "0.04", "99"], ["e2", "0.02", "102"]] as const) {
    broker.fills.push({ executionId: `${executionId}-${id}`, alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy", qty: quantity(qty), price: price(at), executedAt: new Date() });
  }
  await floor.reconciler.reconcile();
  expect(await rowOf(id)).toMatchObject({ status: "partially_filled", filled_qty: "0.060000000", filled_avg_price: "100.000000000" });
});

test("an execution that completes its order ends it without the order being asked for", async () => {
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  const id = await approve();
  await becomes(id, "accepted");
  const clientOrderId = String((await rowOf(id))?.client_order_id);
  const order = broker.change(clientOrderId, { status: "filled", filledQty: quantity("0.1"), filledAvgPrice: price("99.6") });
  const named = { alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy", executedAt: new Date() } as const;
  broker.fills.push({ ...named, executionId: `first-${id}`, qty: quantity("0.04"), price: price("99"), completes: false });
  broker.fills.push({ ...named, executionId: `last-${id}`, qty: quantity("0.06"), price: price("100"), completes: true });
  await floor.reconciler.reconcile();
  expect(await rowOf(id)).toMatchObject({ status: "filled", filled_qty: "0.100000000", filled_avg_price: "99.600000000" });
  expect(broker.lookups).toEqual([]);
});

test("executions from before a long absence are found by the process that comes after it", async () => {
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  const id = await approve();
  await becomes(id, "accepted");
  const order = broker.book.get(String((await rowOf(id))?.client_order_id));
  if (order === undefined) throw new Error("no such order at the broker");
  const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
  broker.fills.push({ executionId: `friday-${id}`, alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy", qty: quantity("0.1"), price: price("99"), executedAt: daysAgo(2) });
  await database.ownerPool.query("update broker_accounts set reconciled_at = now() - interval '3 days'");
  await createFloor(database.pool, broker, { gateOpen: false }).reconciler.reconcile();
  expect((await database.ownerPool.query("select execution_id from fills where order_id = $1", [id])).rows).toEqual([{ execution_id: `friday-${id}` }]);
});

test.each(["the same process", "the next process"])("executions that came while their order was still being sent are read again by %s once it is adopted", async (which) => {
  floor.gate.open(floor.gate.closings());
  const id = await approve();
  const clientOrderId = String((await rowOf(id))?.client_order_id);
  await database.ownerPool.query("update trade_orders set status = 'submitting', claimed_at = now() - interval '2 days', created_at = now() - interval '2 days' where id = $1", [id]);
  await database.ownerPool.query("update broker_accounts set reconciled_at = now() - interval '3 days'");
  const filled = { status: "filled", filledQty: quantity("0.1"), filledAvgPrice: price("100") };
  const { alpacaOrderId } = broker.place({ clientOrderId, symbol: "SPY", assetClass: "us_equity", side: "buy", orderType: "market", limitPrice: null, size: { kind: "notional", notionalUsd: usd("10") } }, filled);
  broker.fills.push({ executionId: `lost-${id}`, alpacaOrderId, symbol: "SPY", side: "buy", qty: quantity("0.1"), price: price("100"), executedAt: new Date(Date.now() - 2 * 86_400_000 + 1_000) });
  expect(await floor.reconciler.reconcile()).toBe(true);
  await database.ownerPool.query("update trade_orders set status = 'unknown', unknown_since = now(), next_lookup_at = now() where id = $1", [id]);
  await floor.unknowns.lookUpAll();
  expect((await rowOf(id))?.status).toBe("filled");

  const next = which === "the same process" ? floor : createFloor(database.pool, broker, { gateOpen: false });
  await next.reconciler.reconcile();
  expect((await database.ownerPool.query("select execution_id from fills where order_id = $1", [id])).rows).toEqual([{ execution_id: `lost-${id}` }]);
});

test("an execution that was taken back before it was ever told is read again by the next process, and brings nothing back", async () => {
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  const id = await approve();
  await becomes(id, "accepted");
  const clientOrderId = String((await rowOf(id))?.client_order_id);
  const executionId = `busted-${id}`;
  const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
  await database.ownerPool.query("update trade_orders set created_at = now() - interval '3 days', broker_updated_at = now() - interval '3 days' where id = $1", [id]);
  const order = broker.change(clientOrderId, { status: "expired", updatedAt: new Date() });
  const bust: Amendment = { kind: "trade_bust", executionId: newUuid(), previousExecutionId: executionId, was: { qty: quantity("0.1"), price: price("99") }, executedAt: new Date() };
  await withTransaction(database.pool, (tx) => applyBrokerEvent(tx, { kind: "order", source: "stream", order, execution: null, amendment: bust, event: "trade_bust" }));
  broker.fills.push({ executionId, alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy", qty: quantity("0.1"), price: price("99"), executedAt: daysAgo(2) });
  await createFloor(database.pool, broker, { gateOpen: false }).reconciler.reconcile();
  expect((await database.ownerPool.query("select execution_id from fills where order_id = $1", [id])).rows).toEqual([{ execution_id: executionId }]);
  expect(await rowOf(id)).toMatchObject({ status: "expired", filled_qty: "0.000000000" });
});

test("orders at the broker that are not ours are counted and never touched", async () => {
  broker.place({ clientOrderId: "somebody-else", symbol: "SPY", assetClass: "us_equity", side: "buy", orderType: "market", limitPrice: null, size: { kind: "quantity", qty: quantity("5") } });
  const results: Reconciled[] = [];
  const reconciler = createReconciler({
    pool: database.pool,
    fence: openDeskFence,
    broker: broker.port,
    gate: floor.gate,
    unknowns: floor.unknowns,
    observer: { reconciled: (result) => results.push(result), failed: (error) => { throw error; } },
  });
  expect(await reconciler.reconcile()).toBe(true);
  expect(results).toMatchObject([{ foreignOrders: 1, changed: 0, mismatched: 0 }]);
  expect(broker.cancels).toEqual([]);
  expect((await database.ownerPool.query("select from trade_orders where client_order_id = 'somebody-else'")).rowCount).toBe(0);
});

test("each connect of the trade stream closes the gate until the books have been compared again", async () => {
  await floor.reconciler.reconcile();
  expect(floor.gate.isOpen()).toBe(true);
  floor.stream.start();
  broker.down = true;
  broker.connect();
  expect(floor.gate.isOpen()).toBe(false);
  broker.down = false;
  broker.connect();
  await until("the gate is open again", async () => floor.gate.isOpen());
});

test("a comparison that began before the stream was lost does not open the gate", async () => {
  const clock = broker.port.clock;
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  broker.port.clock = async (signal) => {
    await held;
    return clock(signal);
  };
  const first = floor.reconciler.reconcile();
  floor.gate.close();
  letGo();
  expect(await first).toBe(true);
  expect(floor.gate.isOpen()).toBe(false);
  await floor.reconciler.reconcile();
  expect(floor.gate.isOpen()).toBe(true);
});

test("an event that could not be taken in is made good by a comparison", async () => {
  floor.gate.open(floor.gate.closings());
  floor.submit.start();
  floor.stream.start();
  const id = await approve();
  await becomes(id, "accepted");
  const row = await rowOf(id);
  const event = broker.fill(String(row?.client_order_id), "100", "0.1");
  await database.ownerPool.query("alter table fills add constraint broken check (false) not valid");
  broker.tell(event);
  await until("it has failed", async () => floor.failures.length > 0);
  await database.ownerPool.query("alter table fills drop constraint broken");
  await floor.reconciler.reconcile();
  await becomes(id, "filled");
});
