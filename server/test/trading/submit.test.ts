import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { price, quantity, usd } from "../../src/core/decimal.ts";
import { cancelHaltedOrders } from "../../src/workers/cancel-halted.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { clearKillSwitch, setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import { storyOfOrder } from "../../src/trading/audit/events-table.ts";
import type { BrokerOrder } from "../../src/trading/ports.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { accepts, acceptsAndLosesTheAnswer, createScriptedBroker, losesTheRequest, neverSends, refuses, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, secondPool, setPrice, testRiskSettings, type Floor, type FloorOptions, type QuestionChanges } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let floors: Floor[] = [];
let uid = "";

beforeEach(async () => {
  // What an earlier test left behind is none of this one's business.
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  broker = createScriptedBroker();
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
});

afterEach(async () => {
  await Promise.all(floors.map((floor) => floor.stop()));
  expect(floors.flatMap((floor) => floor.failures)).toEqual([]);
  floors = [];
});

const open = (options: FloorOptions = {}, pool = database.pool): Floor => {
  const floor = createFloor(pool, broker, options);
  floors.push(floor);
  return floor;
};

type Row = { id: string; status: string; status_reason: string | null; client_order_id: string; alpaca_order_id: string | null; filled_qty: string; submit_attempts: number };

const orderRow = async (id: string): Promise<Row> => {
  const { rows } = await database.ownerPool.query<Row>("select id, status, status_reason, client_order_id, alpaca_order_id, filled_qty, submit_attempts from trade_orders where id = $1", [id]);
  if (rows[0] === undefined) throw new Error("no such order");
  return rows[0];
};

const becomes = (id: string, status: string): Promise<Row> =>
  until(`the order is ${status}`, async () => {
    const row = await orderRow(id);
    return row.status === status ? row : null;
  });

const approve = async (floor: Floor, changes: QuestionChanges = {}): Promise<string> => {
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, changes), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return outcome.result.order.id;
};

const kindsOf = async (orderId: string): Promise<string[]> =>
  (await database.ownerPool.query<{ kind: string }>("select kind from events where order_id = $1 order by id", [orderId])).rows.map(({ kind }) => kind);

describe("an approved order", () => {
  test("goes to the broker once, with the id that was committed before, and is filled by the stream", async () => {
    const floor = open();
    floor.stream.start();
    floor.submit.start();
    const id = await approve(floor);
    const row = await becomes(id, "accepted");
    expect(broker.posts).toEqual([{ clientOrderId: row.client_order_id, symbol: "SPY", assetClass: "us_equity", side: "buy", orderType: "market", limitPrice: null, size: { kind: "notional", notionalUsd: "10" } }]);
    expect(row.client_order_id.length).toBeLessThanOrEqual(48);
    const event = broker.fill(row.client_order_id, "100.1", "0.0999");
    broker.tell(event);
    broker.tell(event);
    expect(await becomes(id, "filled")).toMatchObject({ filled_qty: "0.099900000" });
    await floor.stream.stop();
    expect((await database.ownerPool.query("select * from fills where order_id = $1", [id])).rowCount).toBe(1);
    expect(await kindsOf(id)).toEqual(["intent_proposed", "order_approved", "order_submitting", "order_reported", "fill_recorded", "order_filled"]);
    const phase = await database.ownerPool.query("select phase from user_pipeline_state where firebase_uid = $1", [uid]);
    expect(phase.rows).toEqual([{ phase: "done" }]);
  });

  test("can be traced from its answer to its fill, with who gave it", async () => {
    const floor = open();
    floor.stream.start();
    floor.submit.start();
    const id = await approve(floor);
    const { client_order_id: clientOrderId } = await becomes(id, "accepted");
    broker.tell(broker.fill(clientOrderId, "100"));
    await becomes(id, "filled");
    const story = await storyOfOrder(database.pool, uid, id);
    expect(story.map(({ kind }) => kind)).toEqual([
      "answer_given", "question_closed", "intent_proposed", "order_approved", "order_submitting", "order_reported", "fill_recorded", "order_filled",
    ]);
    expect(story[0]?.data).toMatchObject({ answer: 10, via: "http", request_id: "test" });
    expect(await storyOfOrder(database.pool, "somebody", id)).toEqual([]);
    const { rows } = await database.ownerPool.query("select facts from trade_intents as i join trade_orders as o on o.intent_id = i.id where o.id = $1", [id]);
    expect(rows[0]).toMatchObject({ facts: { price: "100", ref: "102", rule_text: "If it dips, ask.", config_revision: "1.1" } });
  });

  test("whose acceptance cannot be written at once is written when the database is back, and is not sent again", async () => {
    broker.onPost = async (ticket, at) => {
      await database.ownerPool.query("alter table events add constraint away check (false) not valid");
      return accepts(ticket, at);
    };
    const floor = createFloor(database.pool, broker);
    floor.submit.start();
    const id = await approve(floor);
    await until("writing has failed", async () => floor.failures.length > 0);
    expect((await orderRow(id)).status).toBe("submitting");
    await database.ownerPool.query("alter table events drop constraint away");
    await becomes(id, "accepted");
    await floor.stop();
    expect(broker.posts).toHaveLength(1);
  });

  test("is on the books before the POST begins", async () => {
    const floor = open();
    let seen: string | undefined;
    broker.onPost = async (ticket, at) => {
      const { rows } = await database.ownerPool.query<{ status: string }>("select status from trade_orders where client_order_id = $1", [ticket.clientOrderId]);
      seen = rows[0]?.status;
      return accepts(ticket, at);
    };
    floor.submit.start();
    await becomes(await approve(floor), "accepted");
    expect(seen).toBe("submitting");
  });

  test("is sent by one of two processes, never by both", async () => {
    const other = secondPool(database.url);
    const symbols = Array.from({ length: 20 }, (_, index) => `P${String.fromCharCode(65 + index)}`);
    uid = `two_${newUuid().slice(0, 8)}`;
    await addTraders(database.ownerPool, [uid], { max_orders_per_day: 100, max_notional_usd_per_4h: 10_000 }, symbols);
    await setPrice(database.ownerPool, symbols, "100");
    const floor = open();
    const ids = await Promise.all(symbols.map((symbol) => approve(floor, { symbol })));
    floor.submit.start();
    const second = open({}, other);
    second.submit.start();
    await Promise.all(ids.map((id) => becomes(id, "accepted")));
    await second.stop();
    await other.end();
    expect(broker.posts).toHaveLength(20);
    expect(new Set(broker.posts.map((ticket) => ticket.clientOrderId)).size).toBe(20);
  });

  test("that was committed just before its process died is sent by the next one", async () => {
    const died = open();
    const id = await approve(died);
    expect((await orderRow(id)).status).toBe("pending_submit");
    const next = open();
    next.submit.start();
    await becomes(id, "accepted");
    expect(broker.posts).toHaveLength(1);
  });

  test("of which nobody knows whether it left is looked up by the next process, not sent again", async () => {
    const died = open();
    const id = await approve(died);
    const { toSend } = await claimOrders(database.pool, openDeskFence, { limit: 1, gateIsOpen: true, settings: testRiskSettings });
    expect(toSend.map((order) => order.id)).toEqual([id]);
    const next = open();
    next.submit.start();
    await becomes(id, "unknown");
    await next.unknowns.lookUpAll();
    expect(broker.posts).toEqual([]);
    expect(broker.lookups).toHaveLength(1);
    expect((await orderRow(id)).status).toBe("unknown");
  });
});

describe("an outcome that is not a clear yes or no", () => {
  test("is looked up and adopted when the order is there", async () => {
    broker.script = [acceptsAndLosesTheAnswer];
    const floor = open();
    floor.submit.start();
    const id = await approve(floor);
    await becomes(id, "unknown");
    await floor.unknowns.lookUpAll();
    const row = await orderRow(id);
    expect(row).toMatchObject({ status: "accepted", alpaca_order_id: broker.book.get(row.client_order_id)?.alpacaOrderId });
    expect(broker.posts).toHaveLength(1);
  });

  test("of an id that is spent already is the same as found", async () => {
    broker.script = [
      (ticket, at) => {
        at.place(ticket, { status: "new" });
        return { kind: "duplicate" };
      },
    ];
    const floor = open();
    floor.submit.start();
    const id = await approve(floor);
    await becomes(id, "unknown");
    await floor.unknowns.lookUpDue();
    expect((await orderRow(id)).status).toBe("new");
  });

  const inDoubt = async (floor: Floor): Promise<string> => {
    floor.submit.start();
    const id = await approve(floor);
    await becomes(id, "unknown");
    return id;
  };
  const lookUpUntil = (floor: Floor, id: string, ended: (status: string) => boolean): Promise<Row> =>
    until("its doubt has ended", async () => {
      await floor.unknowns.lookUpDue();
      const now = await orderRow(id);
      return ended(now.status) ? now : null;
    });

  test("blocks the symbol while the order cannot be found, and then the same id is sent once more while the approval holds", async () => {
    broker.script = [losesTheRequest];
    const floor = open({ lookup: { blockedWhileNotFoundMs: 600_000 } });
    const id = await inDoubt(floor);
    await floor.unknowns.lookUpAll();
    expect((await orderRow(id)).status).toBe("unknown");
    const blocked = await floor.answer(uid, await ask(database.ownerPool, uid), 10);
    expect(blocked).toMatchObject({ kind: "answered", result: { decision: { code: "duplicate_open_order" } } });
    expect(broker.posts).toHaveLength(1);
    await database.ownerPool.query("update trade_orders set unknown_since = unknown_since - interval '10 minutes' where id = $1", [id]);
    await lookUpUntil(floor, id, (status) => status === "accepted");
    expect(broker.posts).toHaveLength(2);
    expect(broker.posts[1]).toEqual(broker.posts[0]);
    expect((await kindsOf(id)).filter((kind) => kind !== "order_looked_up")).toEqual([
      "intent_proposed", "order_approved", "order_submitting", "order_unknown", "order_sent_again", "order_submitting", "order_reported",
    ]);
  });

  test("is sent once more only once: the second time that it cannot be found it is given up", async () => {
    broker.onPost = losesTheRequest;
    const floor = open({ lookup: { blockedWhileNotFoundMs: 200 } });
    const id = await inDoubt(floor);
    const row = await lookUpUntil(floor, id, (status) => status === "not_placed");
    expect(row.status_reason).toMatch(/^it was sent twice, under one id, .* so nothing was placed$/);
    expect(broker.posts).toHaveLength(2);
    expect((await database.ownerPool.query("select counts_against_limits as counts from trade_orders where id = $1", [id])).rows).toEqual([{ counts: false }]);
  });

  const noLonger: [string, string, () => Promise<unknown>][] = [
    ["expired", "the question expired", () => database.ownerPool.query("update trade_orders set approval_expires_at = now() where firebase_uid = $1", [uid])],
    ["drifted", "SPY has moved too far", () => setPrice(database.ownerPool, ["SPY"], "102")],
    ["been halted", "your kill switch is on", () => withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: uid }, { mode: "block_new", reason: null, setBy: uid }))],
  ];
  test.each(noLonger)("is not sent again when its approval has meanwhile %s, and says so", async (_what, because, change) => {
    broker.script = [losesTheRequest];
    const floor = open({ lookup: { blockedWhileNotFoundMs: 200 } });
    const id = await inDoubt(floor);
    await change();
    const row = await lookUpUntil(floor, id, (status) => status === "not_placed");
    expect(row.status_reason).toContain("nothing was placed, and it was not sent again: ");
    expect(row.status_reason).toContain(because);
    expect(broker.posts).toHaveLength(1);
  });

  test("is not sent again when its approval ends while it waits to be, and says so", async () => {
    broker.script = [losesTheRequest];
    const floor = open({ lookup: { blockedWhileNotFoundMs: 0 } });
    const id = await inDoubt(floor);
    floor.gate.close();
    await floor.unknowns.lookUpAll();
    expect((await orderRow(id)).status).toBe("pending_submit");
    await database.ownerPool.query("update trade_orders set approval_expires_at = now() where id = $1", [id]);
    expect((await becomes(id, "not_placed")).status_reason).toContain("it was not sent again: the question expired");
    expect(broker.posts).toHaveLength(1);
  });

  test("is not sent again when the account shows an execution of nobody's, and is adopted once the broker names it", async () => {
    broker.script = [losesTheRequest];
    const floor = open({ lookup: { blockedWhileNotFoundMs: 200 } });
    const id = await inDoubt(floor);
    broker.fills.push({ executionId: `strange-${id}`, alpacaOrderId: `late-${id}`, symbol: "SPY", side: "buy", qty: quantity("0.1"), price: price("99"), executedAt: new Date() });
    const row = await lookUpUntil(floor, id, (status) => status === "not_placed");
    expect(row.status_reason).toContain("belongs to no order here, so it was not sent again");
    const [ticket] = broker.posts;
    if (ticket === undefined) throw new Error("nothing was posted");
    expect(broker.posts).toHaveLength(1);
    broker.place(ticket, { alpacaOrderId: `late-${id}`, status: "filled", filledQty: quantity("0.1"), filledAvgPrice: price("99") });
    expect(await floor.reconciler.reconcile()).toBe(true);
    expect(await orderRow(id)).toMatchObject({ status: "filled", filled_qty: "0.100000000" });
    expect((await database.ownerPool.query("select from fills where order_id = $1", [id])).rowCount).toBe(1);
  });

  test("is adopted from the list of open orders when only that knows it", async () => {
    broker.script = [acceptsAndLosesTheAnswer];
    const floor = open({ lookup: { blockedWhileNotFoundMs: 0 } });
    const id = await inDoubt(floor);
    broker.port.findByClientOrderId = () => Promise.resolve({ kind: "not_found" });
    await floor.unknowns.lookUpAll();
    expect((await orderRow(id)).status).toBe("accepted");
    expect(broker.posts).toHaveLength(1);
  });

  test("stays unknown while the broker cannot be asked, for however long", async () => {
    broker.script = [losesTheRequest];
    const floor = open({ lookup: { blockedWhileNotFoundMs: 0 } });
    floor.submit.start();
    const id = await approve(floor);
    await becomes(id, "unknown");
    broker.down = true;
    expect(await floor.unknowns.lookUpAll()).toBe(false);
    expect((await orderRow(id)).status).toBe("unknown");
  });

  test("a late fill of an order that was given up is still a fill", async () => {
    broker.script = [losesTheRequest];
    const floor = open({ lookup: { blockedWhileNotFoundMs: 0 } });
    floor.stream.start();
    floor.submit.start();
    const id = await approve(floor);
    await becomes(id, "unknown");
    await database.ownerPool.query("update trade_orders set approval_expires_at = now() where id = $1", [id]);
    await floor.unknowns.lookUpAll();
    const { client_order_id: clientOrderId } = await becomes(id, "not_placed");
    const ticket = broker.posts[0];
    if (ticket === undefined) throw new Error("nothing was posted");
    broker.place(ticket);
    broker.tell(broker.fill(clientOrderId, "99"));
    expect(await becomes(id, "filled")).toMatchObject({ filled_qty: "1.000000000", status_reason: null });
  });

  const others: [string, Partial<BrokerOrder>, QuestionChanges?][] = [
    ["another symbol", { symbol: "MSFT" }],
    ["the other side", { side: "sell" }],
    ["another size", { notionalUsd: usd("11") }],
    ["another limit", { limitPrice: price("99.01") }, { limitPrice: "99" }],
    ["no limit", { limitPrice: null }, { limitPrice: "99" }],
  ];
  test.each(others)("another order under our id (%s) is not adopted, and halts the user", async (_what, changes, question = {}) => {
    broker.script = [
      (ticket, at) => {
        at.place(ticket, changes);
        return { kind: "unknown", reason: "timeout" };
      },
    ];
    const floor = open();
    floor.submit.start();
    const id = await approve(floor, question);
    await becomes(id, "unknown");
    await floor.unknowns.lookUpAll();
    expect(await orderRow(id)).toMatchObject({ status: "unknown", alpaca_order_id: null, status_reason: expect.stringContaining("another order") });
    const next = await floor.answer(uid, await ask(database.ownerPool, uid, { symbol: "AAPL" }), 10);
    expect(next).toMatchObject({ result: { decision: { code: "kill_switch_active" } } });
    await floor.unknowns.lookUpAll();
    expect((await kindsOf(id)).filter((kind) => kind === "order_mismatched")).toHaveLength(1);
  });
});

test("a clear no is the broker's rejection, and is not repeated", async () => {
  broker.script = [refuses];
  const floor = open();
  floor.submit.start();
  const row = await becomes(await approve(floor), "rejected");
  expect(row.status_reason).toContain("insufficient buying power");
  expect(broker.posts).toHaveLength(1);
});

test("a POST that never left is made again, a few times, and then given up", async () => {
  broker.script = [neverSends, neverSends];
  const floor = open();
  floor.submit.start();
  expect(await becomes(await approve(floor), "accepted")).toMatchObject({ submit_attempts: 3 });
  broker.onPost = neverSends;
  const row = await becomes(await approve(floor, { symbol: "MSFT" }), "not_placed");
  expect(row).toMatchObject({ submit_attempts: 5, status_reason: expect.stringContaining("nothing was sent") });
});

describe("between the answer and the POST", () => {
  const changes: [string, string, () => Promise<unknown>][] = [
    ["the kill switch is set", "kill_switch_active", () => withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: uid }, { mode: "block_new", reason: null, setBy: uid }))],
    ["the approval expires", "question_expired", () => database.ownerPool.query("update trade_orders set approval_expires_at = now() where firebase_uid = $1", [uid])],
    ["the price runs away", "price_drift_exceeded", () => setPrice(database.ownerPool, ["SPY"], "102")],
    ["the price grows stale", "market_data_stale", () => setPrice(database.ownerPool, ["SPY"], "100", 200)],
    ["the market closes", "market_closed", () => database.ownerPool.query("update market_sessions set is_open = false")],
    ["the market's state is lost", "market_session_unknown", () => database.ownerPool.query("update market_sessions set as_of = now() - interval '1 hour'")],
    ["the user switches to live", "mode_not_allowed", () => database.ownerPool.query(`update user_trading_config set config = '{"mode": "live"}' where firebase_uid = $1`, [uid])],
    ["the user switches trading off", "trading_disabled", () => database.ownerPool.query(`update user_trading_config set config = '{"enabled": false}' where firebase_uid = $1`, [uid])],
  ];
  test.each(changes)("%s: nothing is sent", async (_what, code, change) => {
    const floor = open();
    const id = await approve(floor);
    await change();
    floor.submit.start();
    const row = await becomes(id, "denied");
    expect(row.status_reason).toMatch(/^No order was sent/);
    const { rows } = await database.ownerPool.query("select d.code from risk_decisions as d join trade_orders as o using (intent_id) where o.id = $1 and d.stage = 'submit'", [id]);
    expect(rows).toEqual([{ code }]);
    expect(broker.posts).toEqual([]);
  });
});

describe("the kill switch", () => {
  const set = (mode: "block_new" | "cancel_only" | "flatten", scope: "user" | "all" = "user") =>
    withTransaction(database.pool, (tx) => setKillSwitch(tx, scope === "all" ? { scope } : { scope, firebaseUid: uid }, { mode, reason: "test", setBy: "test" }));

  const cancel = () => cancelHaltedOrders({ pool: database.pool, fence: openDeskFence, broker: broker.port, observer: { canceled: () => undefined, failed: () => undefined } });

  test("denies answers until it is cleared in its own scope", async () => {
    const floor = open();
    await set("block_new", "all");
    await set("block_new");
    const denied = await floor.answer(uid, await ask(database.ownerPool, uid), 10);
    expect(denied).toMatchObject({ result: { decision: { code: "kill_switch_active", limits: { scope: "all" } } } });
    const left = await withTransaction(database.pool, (tx) => clearKillSwitch(tx, { scope: "user", firebaseUid: uid }, uid));
    expect(left).toMatchObject({ enabled: true, scope: "all" });
    await withTransaction(database.pool, (tx) => clearKillSwitch(tx, { scope: "all" }, "operator"));
    await approve(floor);
  });

  test("does not take flatten without a second confirmation", async () => {
    expect(await set("flatten")).toEqual({ kind: "confirmation_needed" });
  });

  test("lets a position be reduced", async () => {
    const floor = open();
    floor.submit.start();
    const { client_order_id: clientOrderId } = await becomes(await approve(floor), "accepted");
    floor.stream.start();
    broker.tell(broker.fill(clientOrderId, "100", "0.1"));
    await until("it is filled", async () => (await database.ownerPool.query("select from trade_orders where firebase_uid = $1 and status = 'filled'", [uid])).rowCount === 1);
    await set("cancel_only");
    const id = await approve(floor, { side: "sell", notional: "1000" });
    await becomes(id, "accepted");
    expect(broker.posts.at(-1)).toMatchObject({ side: "sell", size: { kind: "quantity", qty: "0.1" } });
    expect(await cancel()).toBe(0);
  });

  test("in the mode cancel_only takes back what is at the broker, asking once", async () => {
    const floor = open();
    floor.submit.start();
    const { alpaca_order_id: brokerId } = await becomes(await approve(floor), "accepted");
    expect(await cancel()).toBe(0);
    await set("cancel_only");
    expect(await cancel()).toBe(1);
    expect(await cancel()).toBe(0);
    expect(broker.cancels).toEqual([brokerId]);
  });
});
