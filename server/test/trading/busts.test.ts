/** What a bust or a correction does beyond its order: to the room under the guardrails, the day's result, the log and the next order. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Guardrails } from "@nod/contract/trading-config";
import { price, quantity } from "../../src/core/decimal.ts";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { storyOfOrder } from "../../src/trading/audit/events-table.ts";
import { verifyChains } from "../../src/trading/audit/verify-chains.ts";
import { applyBrokerEvent, type BrokerWord } from "../../src/trading/orders/apply-broker-event.ts";
import { untoldBust } from "../../src/trading/orders/judge-amendment.ts";
import { readTradingStatus } from "../../src/trading/portfolio/status.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import type { Amendment, BrokerOrder } from "../../src/trading/ports.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, testRiskSettings, type Floor } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let floor: Floor;
let uid = "";

beforeEach(async () => {
  broker = createScriptedBroker();
  await openTheMarket(database.ownerPool);
  floor = createFloor(database.pool, broker);
  floor.submit.start();
});

afterEach(async () => {
  await floor.stop();
  expect(floor.failures).toEqual([]);
});

async function trader(guardrails: Partial<Guardrails> = {}): Promise<void> {
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid], guardrails);
}

const take = (word: BrokerWord) => withTransaction(database.pool, (tx) => applyBrokerEvent(tx, word));
const stream = (order: BrokerOrder, amendment: Amendment): BrokerWord => ({ kind: "order", source: "stream", order, execution: null, amendment, event: amendment.kind });

/** Bought at 100, in executions of these quantities. */
async function bought(...parts: string[]): Promise<{ id: string; order: BrokerOrder; executions: string[] }> {
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, {}), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  const { id, client_order_id: clientOrderId } = outcome.result.order;
  await until("the broker has it", async () => (await rowOf(id))?.status === "accepted");
  const executions: string[] = [];
  let sum = 0;
  for (const qty of parts) {
    sum += Number(qty);
    const order = broker.change(clientOrderId, { status: "filled", filledQty: quantity(sum.toFixed(2)), filledAvgPrice: price("100"), updatedAt: new Date(Date.now() + executions.length + 1) });
    const executionId = `e-${newUuid()}`;
    await take({ kind: "order", source: "stream", order, execution: { executionId, qty: quantity(qty), price: price("100"), executedAt: new Date() }, event: "fill" });
    executions.push(executionId);
  }
  return { id, order: broker.change(clientOrderId, {}), executions };
}

const rowOf = async (id: string) => (await database.ownerPool.query<{ status: string; filled: string }>("select status, trim_scale(filled_qty)::text as filled from trade_orders where id = $1", [id])).rows[0];
const bust = (previousExecutionId: string | null, executionId = `b-${newUuid()}`): Amendment => ({ kind: "trade_bust", executionId, previousExecutionId, was: null, executedAt: new Date(Date.now() + 1_000) });
const correction = (previousExecutionId: string | null, qty: string, at: string): Amendment => ({ kind: "trade_correct", executionId: `c-${newUuid()}`, previousExecutionId, qty: quantity(qty), price: price(at), executedAt: new Date(Date.now() + 1_000) });
/** As an order of the broker's that is older than what is known: what is left follows from the executions. */
const old = (order: BrokerOrder): BrokerOrder => ({ ...order, updatedAt: new Date(0) });

const status = () => readTradingStatus(database.pool, uid, { configs: configSourceOf({ get: () => undefined }), settings: testRiskSettings, broker: "test", nextLookAt: () => null });

test("the day's loss and the exposure are those of what was not taken back", async () => {
  await trader({ max_gross_exposure_usd: 100, max_daily_loss_usd: 50, max_position_usd: 100 });
  const { order, executions } = await bought("0.06", "0.04");
  await setPrice(database.ownerPool, ["SPY"], "90");
  expect(await status()).toMatchObject({ positions: [{ symbol: "SPY", qty: "0.1", avg_entry_price: "100", market_value: "9" }], headroom: { gross_exposure_usd: { used: "9" }, daily_loss_usd: { used: "1" }, position_usd: { SPY: { used: "9" } } } });
  await take(stream(old(order), correction(executions[1] ?? "", "0.04", "95")));
  expect(await status()).toMatchObject({ positions: [{ qty: "0.1", avg_entry_price: "98" }], headroom: { daily_loss_usd: { used: "0.8" } } });
  await take(stream(old(order), bust(executions[0] ?? "")));
  expect(await status()).toMatchObject({ positions: [{ qty: "0.04", avg_entry_price: "95" }], headroom: { gross_exposure_usd: { used: "3.6" }, daily_loss_usd: { used: "0.2" }, position_usd: { SPY: { used: "3.6" } } } });
});

test("the room that a bust gives back can be used by the next answer; the day's count of orders is not given back", async () => {
  await trader({ max_position_usd: 15, max_orders_per_day: 2, duplicate_intent_window_seconds: 0 });
  const first = await bought("0.1");
  const denied = await floor.answer(uid, await ask(database.ownerPool, uid), 10);
  expect(denied).toMatchObject({ result: { decision: { code: "position_limit_exceeded" } } });
  await take(stream(old(first.order), bust(first.executions[0] ?? "")));
  await bought("0.1");
  expect(await floor.answer(uid, await ask(database.ownerPool, uid), 10)).toMatchObject({ result: { decision: { code: "max_orders_per_day_reached" } } });
});

test("told by the stream and found by the comparison at one moment, it counts once", async () => {
  await trader();
  const { id, order, executions } = await bought("0.06", "0.04");
  const amendment = bust(executions[1] ?? "");
  const activity: BrokerWord = { kind: "amendment", source: "reconciliation", amendment: { ...amendment, alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy" } };
  const applied = await Promise.all([take(stream(old(order), amendment)), take(activity), take(stream(old(order), amendment)), take(activity)]);
  expect(applied.filter(({ kind }) => kind === "changed")).toHaveLength(1);
  expect(await rowOf(id)).toEqual({ status: "filled", filled: "0.06" });
  const told = (await storyOfOrder(database.pool, uid, id)).filter(({ kind }) => kind === "trade_busted");
  expect(told.map(({ data }) => data)).toEqual([
    { source: expect.any(String), execution_id: amendment.executionId, previous_execution_id: executions[1], was_qty: "0.04", was_price: "100", status: "filled", filled_qty: "0.06", filled_avg_price: "100" },
  ]);
});

test("a correction that the stream told of while the order was being polled is not taken for a bust as well", async () => {
  await trader();
  const { id, order, executions } = await bought("0.06");
  const restated: BrokerOrder = { ...order, filledQty: quantity("0.02"), filledAvgPrice: price("101"), updatedAt: new Date(Date.now() + 1_000) };
  // The poll found less than was known when it asked; its word waits for the order behind the stream's.
  const polled: BrokerWord = { kind: "order", source: "poll", order: restated, execution: null, amendment: untoldBust(order.alpacaOrderId, new Date(Date.now() + 1_000)), event: null };
  await take(stream(restated, correction(executions[0] ?? "", "0.02", "101")));
  expect(await take(polled)).toMatchObject({ kind: "unchanged" });
  expect(await rowOf(id)).toEqual({ status: "filled", filled: "0.02" });
  expect((await storyOfOrder(database.pool, uid, id)).map(({ kind }) => kind)).not.toContain("trade_busted");
});

test("an execution that comes after the order's own word that it was corrected raises nothing; its corrections, told at last, change nothing", async () => {
  await trader();
  const { id, order } = await bought();
  const at = (ms: number): Date => new Date((order.updatedAt ?? new Date()).getTime() + ms);
  const named = { alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy" } as const;
  await take({ kind: "order", source: "lookup", order: { ...order, status: "filled", filledQty: quantity("0.01"), filledAvgPrice: price("102"), updatedAt: at(20) }, execution: null, event: null });
  await take({ kind: "fill", source: "reconciliation", fill: { ...named, executionId: "late", qty: quantity("0.07"), price: price("100"), executedAt: at(10) } });
  expect(await rowOf(id)).toEqual({ status: "filled", filled: "0.01" });
  const first = { ...correction("late", "0.01", "100"), executedAt: at(20) };
  await take({ kind: "amendment", source: "reconciliation", amendment: { ...first, ...named } });
  await take({ kind: "amendment", source: "reconciliation", amendment: { ...correction(first.executionId, "0.01", "102"), executedAt: at(20), ...named } });
  expect(await rowOf(id)).toEqual({ status: "filled", filled: "0.01" });
  await setPrice(database.ownerPool, ["SPY"], "100");
  expect(await status()).toMatchObject({ positions: [{ symbol: "SPY", qty: "0.01", avg_entry_price: "102" }] });
});

test("an execution that is told after a bust of another one, and after a word of the bust's own moment, counts", async () => {
  await trader();
  const { id, order } = await bought();
  const at = (ms: number): Date => new Date((order.updatedAt ?? new Date()).getTime() + ms);
  const named = { alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy" } as const;
  // Two executions were never told; one of them is taken back, and nothing comes along that says what is left.
  await take({ kind: "amendment", source: "reconciliation", amendment: { ...bust("second"), kind: "trade_bust", was: { qty: quantity("0.03"), price: price("100") }, executedAt: at(30), ...named } });
  await take({ kind: "order", source: "poll", order: { ...order, status: "filled", filledQty: quantity("0.02"), filledAvgPrice: price("100"), updatedAt: at(30) }, execution: null, event: null });
  expect(await rowOf(id)).toMatchObject({ status: "filled" });
  await take({ kind: "fill", source: "reconciliation", fill: { ...named, executionId: `first-${id}`, qty: quantity("0.02"), price: price("100"), executedAt: at(10) } });
  await take({ kind: "fill", source: "reconciliation", fill: { ...named, executionId: "second", qty: quantity("0.03"), price: price("100"), executedAt: at(20) } });
  expect(await rowOf(id)).toEqual({ status: "filled", filled: "0.02" });
});

test("a change that names nothing, and that nothing explains, halts its user; what is known stays", async () => {
  await trader();
  const { id, order } = await bought("0.06", "0.04");
  const unnamed: BrokerWord = { kind: "amendment", source: "reconciliation", amendment: { ...correction(null, "0.03", "99"), alpacaOrderId: order.alpacaOrderId, symbol: "SPY", side: "buy" } };
  expect(await take(unnamed)).toMatchObject({ kind: "unchanged" });
  expect(await take(unnamed)).toMatchObject({ kind: "unchanged" });
  expect(await rowOf(id)).toEqual({ status: "filled", filled: "0.1" });
  const { rows } = await database.ownerPool.query("select mode, reason from kill_switches where firebase_uid = $1", [uid]);
  expect(rows).toEqual([{ mode: "block_new", reason: expect.stringContaining("did not say which") }]);
  expect((await storyOfOrder(database.pool, uid, id)).filter(({ kind }) => kind === "trade_corrected")).toMatchObject([{ data: { halted: true } }]);
});

test("of an order that is not ours it changes nothing", async () => {
  await trader();
  const { order } = await bought("0.1");
  const foreign = { ...order, clientOrderId: "by-hand", alpacaOrderId: "by-hand" };
  expect(await take(stream(foreign, bust("e-of-somebody")))).toEqual({ kind: "foreign" });
  expect(await take({ kind: "amendment", source: "reconciliation", amendment: { ...bust("e-of-somebody"), alpacaOrderId: "by-hand", symbol: "SPY", side: "buy" } })).toEqual({ kind: "foreign" });
});

test("the evidence stays: executions and what was said of them are added to and never rewritten", async () => {
  await trader();
  const { id, order, executions } = await bought("0.1");
  await take(stream(old(order), bust(executions[0] ?? "")));
  for (const table of ["fills", "fill_amendments"]) {
    await expect(database.pool.query(`update ${table} set execution_id = 'x' where order_id = $1`, [id])).rejects.toThrow("permission denied");
    await expect(database.pool.query(`delete from ${table} where order_id = $1`, [id])).rejects.toThrow("permission denied");
    await expect(database.webPool.query(`insert into ${table} (execution_id) values ('x')`)).rejects.toThrow("permission denied");
  }
  expect((await database.ownerPool.query("select from fills where order_id = $1", [id])).rowCount).toBe(1);
  expect((await verifyChains(database.ownerPool)).breaks).toEqual([]);
});
