import { TradingStatus } from "@nod/contract/status";
import { compileValidator } from "@nod/contract/validators";
import { beforeEach, expect, test } from "vitest";
import { OrderStatus } from "@nod/contract/order";
import { newUuid } from "../../src/core/ids.ts";
import { usd } from "../../src/core/decimal.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { listOrders, orderById, ordersByIds } from "../../src/trading/orders/orders-table.ts";
import { isEnded } from "../../src/trading/orders/order-status.ts";
import { readTradingStatus } from "../../src/trading/portfolio/status.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import { setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, testRiskSettings } from "../support/trading-floor.ts";

const database = useTestDatabase();
let uid = "";

beforeEach(async () => {
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
});

const validate = compileValidator(TradingStatus);

const status = async (of = uid) => {
  const read = await readTradingStatus(database.pool, of, {
    configs: configSourceOf({ get: () => undefined }),
    settings: testRiskSettings,
    broker: "test",
    nextLookAt: () => null,
  });
  expect(validate(read)).toMatchObject({ ok: true });
  return read;
};

const placed = async (symbol: string): Promise<string> => {
  const floor = createFloor(database.pool, createScriptedBroker());
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, { symbol }), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order");
  return outcome.result.order.id;
};

test("a new user has all of the room and nothing else", async () => {
  expect(await status()).toMatchObject({
    mode: "paper",
    enabled: true,
    market: { is_open: true },
    buying_power: "1000000",
    positions: [],
    headroom: { orders_per_day: { limit: "3", used: "0", left: "3" }, notional_usd_per_4h: { limit: "100", used: "0", left: "100" }, open_questions: { limit: "10", used: "0", left: "10" } },
    kill_switch: { enabled: false },
    watching: ["AAPL", "MSFT", "SPY"],
  });
});

test("orders take up room, fills make a position at today's price, open questions count", async () => {
  const id = await placed("SPY");
  await ask(database.ownerPool, uid, { symbol: "AAPL" });
  await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = 0.1, filled_avg_price = 100, filled_at = now() where id = $1", [id]);
  await setPrice(database.ownerPool, ["SPY"], "110");
  expect(await status()).toMatchObject({
    positions: [{ symbol: "SPY", qty: "0.1", avg_entry_price: "100", market_value: "11" }],
    headroom: { orders_per_day: { used: "1", left: "2" }, notional_usd_per_4h: { used: "10", left: "90" }, open_questions: { used: "1", left: "9" } },
  });
});

test("under each guardrail that the config names there is room, used up by what is held and by what the day has lost", async () => {
  const careful = `c_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [careful], { max_gross_exposure_usd: 50, max_position_usd: 25, max_daily_loss_usd: 5, max_open_orders: 4, max_orders_per_minute: 6 });
  const floor = createFloor(database.pool, createScriptedBroker());
  const outcome = await floor.answer(careful, await ask(database.ownerPool, careful, { symbol: "SPY" }), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order");
  expect((await status(careful)).headroom).toMatchObject({ open_orders: { limit: "4", used: "1", left: "3" }, orders_per_minute: { limit: "6", used: "1", left: "5" }, gross_exposure_usd: { used: "10" } });
  await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = 0.1, filled_avg_price = 100, filled_at = now() where id = $1", [outcome.result.order.id]);
  await setPrice(database.ownerPool, ["SPY"], "80");
  expect((await status(careful)).headroom).toMatchObject({
    open_orders: { used: "0" },
    gross_exposure_usd: { limit: "50", used: "8", left: "42" },
    daily_loss_usd: { limit: "5", used: "2", left: "3" },
    position_usd: { SPY: { limit: "25", used: "8", left: "17" }, AAPL: { limit: "25", used: "0", left: "25" } },
  });
  await database.ownerPool.query("delete from market_data_latest where symbol = 'SPY'");
  expect((await status(careful)).headroom).toMatchObject({ gross_exposure_usd: null, daily_loss_usd: null, position_usd: { SPY: null } });
});

test("another user's orders are nowhere in it", async () => {
  await placed("SPY");
  const other = `o_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [other]);
  expect(await status(other)).toMatchObject({ positions: [], headroom: { orders_per_day: { used: "0" } } });
});

test("a market and an account that were not heard of lately are unknown", async () => {
  await database.ownerPool.query("update market_sessions set as_of = now() - interval '1 hour'");
  await database.ownerPool.query("update broker_accounts set as_of = now() - interval '1 hour'");
  expect(await status()).toMatchObject({ market: { is_open: null, trading_day: null }, buying_power: null });
});

test("the operator's caps show where they are the stricter ones", async () => {
  const read = await readTradingStatus(database.pool, uid, {
    configs: configSourceOf({ get: () => undefined }),
    settings: { ...testRiskSettings, caps: { maxOrderNotionalUsd: usd("5"), maxOrdersPerDay: 1, maxNotionalUsdPer4h: usd("20") } },
    broker: "test",
    nextLookAt: () => new Date(0),
  });
  expect(read).toMatchObject({ next_look_at: "1970-01-01T00:00:00.000Z", headroom: { orders_per_day: { limit: "1" }, notional_usd_per_4h: { limit: "20" } } });
});

test("a kill switch shows with its scope and reason", async () => {
  await withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: uid }, { mode: "cancel_only", reason: "too much coffee", setBy: uid }));
  expect(await status()).toMatchObject({ kill_switch: { enabled: true, mode: "cancel_only", scope: "user", reason: "too much coffee" } });
});

test("a user without a config is not enabled and has no room", async () => {
  const stranger = `s_${newUuid().slice(0, 8)}`;
  await database.ownerPool.query("insert into users values ($1)", [stranger]);
  expect(await status(stranger)).toMatchObject({ enabled: false, watching: [], headroom: { orders_per_day: { limit: "0", left: "0" } } });
});

test("orders come newest first, page by page, and only to their owner", async () => {
  const ids = [await placed("SPY"), await placed("AAPL"), await placed("MSFT")];
  const first = await listOrders(database.pool, uid, { limit: 2, before: null });
  expect(first.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
  const second = await listOrders(database.pool, uid, { limit: 2, before: ids[1] ?? null });
  expect(second.map(({ id }) => id)).toEqual([ids[0]]);
  expect(await listOrders(database.pool, "somebody", { limit: 2, before: ids[1] ?? null })).toEqual([]);
  expect(await orderById(database.pool, "somebody", String(ids[0]))).toBeNull();
  expect((await ordersByIds(database.pool, ids)).length).toBe(3);
});

test("the table and the code agree on which orders are over", async () => {
  const id = await placed("SPY");
  for (const word of OrderStatus.enum) {
    const { rows } = await database.ownerPool.query<{ is_open: boolean }>("update trade_orders set status = $2 where id = $1 returning is_open", [id, word]);
    expect([word, rows[0]?.is_open]).toEqual([word, !isEnded(word)]);
  }
});
