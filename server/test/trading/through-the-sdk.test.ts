/** The way behind an answer through the unmodified SDK, against the simulator, with everything that can go wrong on the line. */
import { defaultKeys, startSimulator, type Fault, type Simulator, type StreamFault } from "@nod/alpaca-simulator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAlpacaBroker } from "../../src/alpaca/broker.ts";
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { createAlpacaTradeStream } from "../../src/alpaca/trade-stream.ts";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import type { BrokerPort } from "../../src/trading/ports.ts";
import { setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import { cancelHaltedOrders } from "../../src/workers/cancel-halted.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, type Floor, type QuestionChanges } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let simulator: Simulator;
let floor: Floor;
let port: BrokerPort;
let uid = "";

/** Comes to an end by itself only where the broker does not answer. */
const patientRequestMs = 60_000;
/** So short where that is what is tested, and still longer than this machine stalls. */
const briefRequestMs = 4_000;

beforeEach(async () => {
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  simulator = await startSimulator({ port: 0 });
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await startFloor(patientRequestMs);
});

async function startFloor(requestTimeoutMs: number): Promise<void> {
  const [keys] = defaultKeys;
  if (keys === undefined) throw new Error("the simulator has no keys");
  const settings = {
    keyId: keys.keyId,
    secretKey: keys.secretKey,
    tradingBaseUrl: simulator.url,
    dataBaseUrl: simulator.url,
    tradingStreamUrl: simulator.tradingStreamUrl,
    requestsPerMinute: 10_000,
    requestTimeoutMs,
  };
  port = createAlpacaBroker(connectToAlpaca(settings));
  floor = createFloor(database.pool, { port, stream: createAlpacaTradeStream(settings) }, { gateOpen: false, submit: { postTimeoutMs: 120_000 }, lookup: { blockedWhileNotFoundMs: 1_000 } });
  floor.stream.start();
  floor.submit.start();
  await until("the trade stream is connected", async () => simulator.control.book().streams.tradeUpdates.length > 0);
  await until("the books are compared", () => floor.reconciler.reconcile());
  // The simulator's session and account stand; the prices are this test's own.
  await openTheMarket(database.ownerPool);
  await setPrice(database.ownerPool, ["SPY", "AAPL", "MSFT"], "100");
}

afterEach(async () => {
  simulator.control.clearFaults();
  await floor.stop();
  await simulator.stop();
});

const approve = async (changes: QuestionChanges = {}): Promise<string> => {
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, changes), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return outcome.result.order.id;
};

type Row = { id: string; status: string; status_reason: string | null; client_order_id: string; filled_qty: string };

const rowOf = async (id: string): Promise<Row | undefined> =>
  (await database.ownerPool.query<Row>("select id, status, status_reason, client_order_id, filled_qty from trade_orders where id = $1", [id])).rows[0];

const becomes = (id: string, ...statuses: string[]): Promise<Row> =>
  until(`the order is ${statuses.join(" or ")}`, async () => {
    await floor.unknowns.lookUpDue();
    const row = await rowOf(id);
    return row !== undefined && statuses.includes(row.status) ? row : null;
  });

const atBroker = () => simulator.control.book().accounts.flatMap((account) => account.orders);
const executions = () => simulator.control.book().accounts.flatMap((account) => account.executions);

/** POSTs of orders that reached the simulator, whatever was answered. */
const postsSeen = (): number => {
  const counts = Object.entries(simulator.control.book().requests.counts).filter(([what]) => what.startsWith("POST /v2/orders "));
  return counts.reduce((sum, [, count]) => sum + count, 0);
};

test("a swipe is one filled order and one fill, here and at the broker", async () => {
  const row = await becomes(await approve(), "filled");
  expect(atBroker().map((order) => [order.client_order_id, order.status, order.filled_qty])).toEqual([[row.client_order_id, "filled", expect.any(String)]]);
  expect(Number(atBroker()[0]?.filled_qty)).toBe(Number(row.filled_qty));
  await until("every execution is kept", async () => (await database.ownerPool.query("select from fills where firebase_uid = $1", [uid])).rowCount === executions().length);
});

test("what was bought can be sold, and no more than that", async () => {
  const bought = await becomes(await approve(), "filled");
  const sold = await becomes(await approve({ side: "sell", notional: "100" }), "filled");
  expect(sold.filled_qty).toBe(bought.filled_qty);
  const again = await floor.answer(uid, await ask(database.ownerPool, uid, { side: "sell" }), 10);
  expect(again).toMatchObject({ result: { decision: { code: "short_sale_blocked" } } });
});

describe("a limit order", () => {
  beforeEach(() => simulator.control.setPrice("SPY", "100"));

  test("rests at the broker until the market comes to it, and is then filled at its limit or better", async () => {
    const row = await becomes(await approve({ notional: "20", limitPrice: "99.50" }), "new", "accepted");
    expect(atBroker()).toMatchObject([{ client_order_id: row.client_order_id, type: "limit", limit_price: "99.5", qty: "0.201005025", notional: null, time_in_force: "day", filled_qty: "0" }]);
    simulator.control.setPrice("SPY", "99.4");
    const filled = await until("the market has come to it", async () => {
      const now = await rowOf(row.id);
      return now?.status === "filled" ? now : null;
    });
    expect(filled).toMatchObject({ filled_qty: "0.201005025" });
    expect(Number(executions()[0]?.price)).toBeLessThanOrEqual(99.5);
  });

  test("to sell takes no less than its limit", async () => {
    await becomes(await approve({ qty: "0.5" }), "filled");
    const row = await becomes(await approve({ side: "sell", qty: "0.4", limitPrice: "100.5" }), "new", "accepted");
    simulator.control.setPrice("SPY", "101");
    await until("the market has come to it", async () => (await rowOf(row.id))?.status === "filled");
    expect(Number(executions().at(-1)?.price)).toBeGreaterThanOrEqual(100.5);
  });

  test("is taken back by a kill switch that cancels, and not one share is bought", async () => {
    const row = await becomes(await approve({ notional: "20", limitPrice: "99" }), "new", "accepted");
    await withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: uid }, { mode: "cancel_only", reason: null, setBy: uid }));
    expect(await cancelHaltedOrders({ pool: database.pool, fence: openDeskFence, broker: port, observer: { canceled: () => undefined, failed: (error) => floor.failures.push(error) } })).toBe(1);
    expect(await becomes(row.id, "canceled")).toMatchObject({ filled_qty: "0.000000000" });
  });
});

describe("whatever happens to the POST, there is at most one order at the broker and its end is known", () => {
  const post = (when: "before" | "after", what: Fault["do"]): Fault => ({ route: "POST /v2/orders", when, do: what });
  /** What the order must come to, how many orders the broker then has, and how often it was asked for one. */
  const faults: [string, Fault, string, number, number][] = [
    ["reset before it was taken in", post("before", { kind: "reset" }), "filled", 1, 2],
    ["reset after it was taken in", post("after", { kind: "reset" }), "filled", 1, 1],
    ["no answer, not taken in", post("before", { kind: "hang" }), "filled", 1, 2],
    ["no answer, taken in", post("after", { kind: "hang" }), "filled", 1, 1],
    ["500 before", post("before", { kind: "status", status: 500 }), "filled", 1, 2],
    ["503 after", post("after", { kind: "status", status: 503 }), "filled", 1, 1],
    ["nonsense after", post("after", { kind: "malformed" }), "filled", 1, 1],
    ["an empty answer after", post("after", { kind: "empty" }), "filled", 1, 1],
    ["an empty object after", post("after", { kind: "empty_object" }), "filled", 1, 1],
    ["a refusal", post("before", { kind: "status", status: 403, body: { code: 40310000, message: "insufficient buying power" } }), "rejected", 0, 1],
  ];
  test.each(faults)("%s", async (_what, fault, end, orders, posts) => {
    if (fault.do.kind === "hang") {
      await floor.stop();
      await until("the trade stream has ended", () => Promise.resolve(simulator.control.book().streams.tradeUpdates.length === 0));
      await startFloor(briefRequestMs);
    }
    simulator.control.fault(fault);
    const id = await approve();
    const row = await becomes(id, end);
    expect(atBroker().filter((order) => order.client_order_id === row.client_order_id)).toHaveLength(orders);
    expect(atBroker()).toHaveLength(orders);
    // A second POST only for an order that the broker did not know for the whole of the named time.
    expect(postsSeen()).toBe(posts);
  });
});

describe("whatever happens to the trade stream, the books end as the broker's", () => {
  const faults: [string, StreamFault][] = [
    ["a fill is lost", { stream: "trade_updates", event: "fill", do: { kind: "lose" } }],
    ["everything is lost", { stream: "trade_updates", times: -1, do: { kind: "lose" } }],
    ["everything comes twice", { stream: "trade_updates", times: -1, do: { kind: "duplicate" } }],
    ["two frames change places", { stream: "trade_updates", do: { kind: "swap" } }],
    ["the connection is cut before the fill", { stream: "trade_updates", event: "fill", do: { kind: "disconnect", when: "before" } }],
    ["a frame is garbage", { stream: "trade_updates", do: { kind: "malformed" } }],
  ];
  test.each(faults)("%s", async (_what, fault) => {
    simulator.control.streamFault(fault);
    const id = await approve();
    const row = await until("the order is filled", async () => {
      await floor.reconciler.reconcile();
      const now = await rowOf(id);
      return now?.status === "filled" ? now : null;
    });
    const [order] = atBroker();
    expect(Number(row.filled_qty)).toBe(Number(order?.filled_qty));
    await until("every execution is kept once", async () => {
      await floor.reconciler.reconcile();
      const { rows } = await database.ownerPool.query<{ qty: string; n: number }>("select sum(qty) as qty, count(*)::int4 as n from fills where order_id = $1", [id]);
      return rows[0]?.n === executions().length && Number(rows[0].qty) === Number(order?.filled_qty);
    });
  });
});
