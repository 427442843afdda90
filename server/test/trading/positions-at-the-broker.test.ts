/** The account's positions beside what all orders come to: PostgreSQL, and the simulator behind the unmodified SDK. */
import { defaultKeys, startSimulator, type Simulator } from "@nod/alpaca-simulator";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createAlpacaBroker } from "../../src/alpaca/broker.ts";
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { createAlpacaTradeStream } from "../../src/alpaca/trade-stream.ts";
import { quantity } from "../../src/core/decimal.ts";
import { newUuid } from "../../src/core/ids.ts";
import { dbOfUser } from "../../src/db/user-db.ts";
import { readTradingStatus } from "../../src/trading/portfolio/status.ts";
import type { KnownDifferences } from "../../src/trading/portfolio/position-differences-table.ts";
import type { BrokerPort, OrderTicket } from "../../src/trading/ports.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import { createReconciledGate } from "../../src/workers/reconciled-gate.ts";
import { createReconciler, type Reconciler } from "../../src/workers/reconcile.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { addTraders, ask, createFloor, openTheMarket, testRiskSettings, type Floor } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

/** Each test leaves the account as it found it, and the books with nothing that differs. */
const database = useTestDatabase();
const { signal: patience } = new AbortController();
let simulator: Simulator;
let port: BrokerPort;
let floor: Floor;
const uid = "alice";

beforeAll(async () => {
  simulator = await startSimulator({ port: 0 });
  const [keys] = defaultKeys;
  if (keys === undefined) throw new Error("the simulator has no keys");
  const settings = { keyId: keys.keyId, secretKey: keys.secretKey, tradingBaseUrl: simulator.url, dataBaseUrl: simulator.url, tradingStreamUrl: simulator.tradingStreamUrl, requestsPerMinute: 10_000, requestTimeoutMs: 60_000 };
  port = createAlpacaBroker(connectToAlpaca(settings));
  await addTraders(database.ownerPool, [uid]);
  floor = createFloor(database.pool, { port, stream: createAlpacaTradeStream(settings) }, { gateOpen: false, submit: { postTimeoutMs: 120_000 } });
  // Without the trade stream: a connect of it would compare the books at a moment that is not the test's.
  await until("the books are compared", () => floor.reconciler.reconcile());
  floor.submit.start();
});

afterEach(() => simulator.control.clearFaults());

afterAll(async () => {
  await floor.stop();
  await simulator.stop();
});

/** Everything that a comparison of its own finds, always or in its time only. */
function comparing(positionsEveryMs = 0) {
  const gate = createReconciledGate();
  const found: (KnownDifferences | null)[] = [];
  const failures: unknown[] = [];
  const observer = { reconciled: ({ positions }: { positions: KnownDifferences | null }) => void found.push(positions), failed: (error: unknown) => void failures.push(error) };
  const reconciler: Reconciler = createReconciler({ pool: database.pool, fence: openDeskFence, broker: port, gate, unknowns: floor.unknowns, observer, limits: { positionsEveryMs } });
  const compare = async (): Promise<KnownDifferences | null | undefined> => {
    expect({ compared: await reconciler.reconcile(), failures }).toEqual({ compared: true, failures: [] });
    return found.at(-1);
  };
  return { gate, reconciler, compare, failures };
}

/** Straight at the broker, past Nod. */
async function byHand(side: OrderTicket["side"], symbol: string, qty: string): Promise<void> {
  const clientOrderId = `by-hand-${newUuid()}`;
  const outcome = await port.submit({ clientOrderId, symbol, assetClass: "us_equity", side, orderType: "market", limitPrice: null, size: { kind: "quantity", qty: quantity(qty) } }, patience);
  expect(outcome).toMatchObject({ kind: "accepted" });
  await until("it is filled", async () => {
    const found = await port.findByClientOrderId(clientOrderId, patience);
    return found.kind === "found" && found.order.status === "filled";
  });
}

/** The account is the simulator's; the market and its prices are this test's own, until the next comparison. */
const placed = async (): Promise<string> => {
  await openTheMarket(database.ownerPool);
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, { symbol: "SPY" }), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return outcome.result.order.id;
};

const bought = async (compare: () => Promise<unknown>): Promise<string> => {
  const id = await placed();
  return until("it is filled", async () => {
    await compare();
    const { rows } = await database.ownerPool.query<{ filled_qty: string }>("select trim_scale(filled_qty)::text as filled_qty from trade_orders where id = $1 and status = 'filled'", [id]);
    return rows[0]?.filled_qty;
  });
};

const kept = async () => (await database.ownerPool.query("select symbol, kind, trim_scale(broker_qty)::text as broker, trim_scale(our_qty)::text as ours from position_differences")).rows;

/** As the web's process reads it. */
const positionsShown = async () =>
  (await readTradingStatus(dbOfUser(database.webPool, uid), uid, { configs: configSourceOf({ get: () => undefined }), settings: testRiskSettings, broker: "test", nextLookAt: () => null })).positions;

test("shares that somebody bought past Nod are shown as foreign until they are gone, and nothing is done with them", async () => {
  const { compare } = comparing();
  expect(await compare()).toEqual({ missing: 0, foreign: 0, appeared: [], gone: [] });
  await byHand("buy", "IBM", "2");
  const difference = { symbol: "IBM", kind: "foreign", brokerQty: "2", ourQty: "0" };
  expect(await compare()).toEqual({ missing: 0, foreign: 1, appeared: [difference], gone: [] });
  expect(await compare()).toEqual({ missing: 0, foreign: 1, appeared: [], gone: [] });
  expect(await kept()).toEqual([{ symbol: "IBM", kind: "foreign", broker: "2", ours: "0" }]);
  await byHand("sell", "IBM", "2");
  expect(await compare()).toEqual({ missing: 0, foreign: 0, appeared: [], gone: [difference] });
  expect(await kept()).toEqual([]);
  expect(simulator.control.book().accounts.flatMap(({ orders }) => orders.map((order) => order.client_order_id.slice(0, 7)))).toEqual(["by-hand", "by-hand"]);
});

test("what a user holds and the account has no more is missing, and he is told so until it is back", async () => {
  const { compare } = comparing();
  const qty = await bought(compare);
  expect(await compare()).toMatchObject({ missing: 0, foreign: 0 });
  expect(await positionsShown()).toMatchObject([{ symbol: "SPY", qty }]);
  expect((await positionsShown())[0]).not.toHaveProperty("missing_at_broker");
  await byHand("sell", "SPY", qty);
  const difference = { symbol: "SPY", kind: "missing", brokerQty: "0", ourQty: qty };
  expect(await compare()).toEqual({ missing: 1, foreign: 0, appeared: [difference], gone: [] });
  expect(await positionsShown()).toMatchObject([{ symbol: "SPY", qty, missing_at_broker: true }]);
  await byHand("buy", "SPY", qty);
  expect(await compare()).toEqual({ missing: 0, foreign: 0, appeared: [], gone: [difference] });
  expect((await positionsShown())[0]).not.toHaveProperty("missing_at_broker");
});

test("what is missing after it was foreign is told anew", async () => {
  const { compare } = comparing();
  await byHand("buy", "IBM", "1");
  expect(await compare()).toMatchObject({ missing: 0, foreign: 1 });
  // A holding is sold before anything is sold short.
  await byHand("sell", "IBM", "1");
  await byHand("sell", "IBM", "2");
  expect(await compare()).toEqual({ missing: 1, foreign: 0, appeared: [{ symbol: "IBM", kind: "missing", brokerQty: "-2", ourQty: "0" }], gone: [] });
  await byHand("buy", "IBM", "2");
  expect(await compare()).toMatchObject({ missing: 0, foreign: 0, gone: [{ symbol: "IBM", kind: "missing" }] });
});

test("while an order of ours is open for a symbol, what was known of it stays", async () => {
  const { compare } = comparing();
  await byHand("buy", "SPY", "1");
  expect(await compare()).toMatchObject({ foreign: 1, appeared: [{ symbol: "SPY", kind: "foreign" }] });
  await floor.submit.stop();
  const id = await placed();
  await byHand("sell", "SPY", "1");
  expect(await compare()).toEqual({ missing: 0, foreign: 1, appeared: [], gone: [] });
  await database.ownerPool.query("update trade_orders set status = 'canceled' where id = $1", [id]);
  expect(await compare()).toMatchObject({ missing: 0, foreign: 0, appeared: [], gone: [{ symbol: "SPY" }] });
});

test("an order that waits for an operator hides nothing of its symbol", async () => {
  const { compare } = comparing();
  const { rows } = await database.ownerPool.query<{ id: string }>("select id from trade_orders where status = 'filled' limit 1");
  const status = (to: string) => database.ownerPool.query("update trade_orders set status = $2, unknown_since = now(), next_lookup_at = null where id = $1", [rows[0]?.id, to]);
  await status("unknown");
  await byHand("buy", "SPY", "1");
  expect(await compare()).toMatchObject({ foreign: 1, appeared: [{ symbol: "SPY", kind: "foreign" }] });
  await byHand("sell", "SPY", "1");
  expect(await compare()).toMatchObject({ foreign: 0, gone: [{ symbol: "SPY" }] });
  await status("filled");
});

test("positions that cannot be read are a comparison that did not take place: nothing is sent", async () => {
  const { gate, reconciler, compare, failures } = comparing();
  simulator.control.fault({ route: "GET /v2/positions", do: { kind: "status", status: 503 } });
  expect(await reconciler.reconcile()).toBe(false);
  expect(failures.splice(0)).toMatchObject([{ name: "BrokerUnavailableError" }]);
  expect(gate.isOpen()).toBe(false);
  simulator.control.clearFaults();
  expect(await compare()).toMatchObject({ missing: 0, foreign: 0 });
  expect(gate.isOpen()).toBe(true);
});

test("they are compared at the start, after each loss of the stream, and between only when their time has come", async () => {
  const { gate, compare } = comparing(3_600_000);
  const answers = [await compare(), await compare(), await compare()];
  gate.close();
  answers.push(await compare(), await compare());
  expect(answers.map((positions) => positions !== null)).toEqual([true, false, false, true, false]);
});
