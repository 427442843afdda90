import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { previewKillSwitch } from "../../src/trading/portfolio/kill-switch-preview.ts";
import { clearKillSwitch, setKillSwitch, type KillSwitchScope } from "../../src/trading/risk/kill-switch-table.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { flattenPositions, type FlattenLimits } from "../../src/workers/flatten-positions.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, testRiskSettings } from "../support/trading-floor.ts";

const database = useTestDatabase();
let uid = "";

beforeEach(async () => {
  uid = `f_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid], { max_orders_per_day: 100 });
  await openTheMarket(database.ownerPool);
});
afterEach(async () => {
  await database.ownerPool.query("delete from kill_switches");
  await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = 0 where true");
});

const mine = (): KillSwitchScope => ({ scope: "user", firebaseUid: uid });
const flattenOn = async (scope = mine()) => {
  const preview = await previewKillSwitch(database.pool, scope, "flatten");
  const outcome = await withTransaction(database.pool, (tx) => setKillSwitch(tx, scope, { mode: "flatten", reason: "enough", setBy: "test", confirmation: preview?.confirmation?.token ?? null }));
  expect(outcome).toMatchObject({ kind: "set", killSwitch: { mode: "flatten" } });
};
const pass = (limits: Partial<FlattenLimits> = {}) => flattenPositions({ pool: database.pool, fence: openDeskFence, settings: testRiskSettings, limits });

const holds = async (symbol: string, qty = "0.1", of = uid) => {
  const floor = createFloor(database.pool, createScriptedBroker());
  const outcome = await floor.answer(of, await ask(database.ownerPool, of, { symbol }), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order was made");
  await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = $2::numeric, filled_avg_price = 100, filled_at = now() where id = $1", [outcome.result.order.id, qty]);
};
const exits = async (of = uid) => {
  const { rows } = await database.ownerPool.query<{ id: string; symbol: string; qty: string; status: string; question_id: null }>(
    `select o.id, o.symbol, o.qty::float8::text as qty, o.status, o.question_id from trade_orders as o join trade_intents as i on i.id = o.intent_id
     where i.origin = 'kill_switch' and o.firebase_uid = $1 order by o.created_at, o.symbol`,
    [of],
  );
  return rows;
};
const claim = () => claimOrders(database.pool, openDeskFence, { limit: 100, gateIsOpen: true, settings: testRiskSettings });

describe("flatten", () => {
  test("sells exactly what the user holds, each position once, however often it is looked at", async () => {
    await holds("SPY", "0.123456789");
    await holds("AAPL", "2");
    const other = `o_${newUuid().slice(0, 8)}`;
    await addTraders(database.ownerPool, [other]);
    await holds("SPY", "5", other);
    await flattenOn();
    expect((await Promise.all([pass(), pass(), pass()])).reduce((sum, n) => sum + n, 0)).toBe(2);
    expect(await pass()).toBe(0);
    expect((await exits()).map(({ symbol, qty, question_id }) => [symbol, qty, question_id])).toEqual([["AAPL", "2", null], ["SPY", "0.123456789", null]]);
    expect(await exits(other)).toEqual([]);
  });

  test("its exits pass the guardrails before the POST although the price is old, and are sent", async () => {
    await holds("SPY");
    await flattenOn();
    await setPrice(database.ownerPool, ["SPY"], "50", 3_600);
    expect(await pass()).toBe(1);
    const { toSend } = await claim();
    expect(toSend).toMatchObject([{ side: "sell", symbol: "SPY", qty: "0.1" }]);
  });

  test("over everyone closes every user's positions", async () => {
    await holds("SPY");
    const other = `o_${newUuid().slice(0, 8)}`;
    await addTraders(database.ownerPool, [other]);
    await holds("MSFT", "3", other);
    await flattenOn({ scope: "all" });
    expect(await pass()).toBe(2);
    expect([await exits(), await exits(other)]).toMatchObject([[{ symbol: "SPY" }], [{ symbol: "MSFT", qty: "3" }]]);
  });

  test("waits for what is open to be taken back, and then sells what it had filled too", async () => {
    await holds("SPY");
    const floor = createFloor(database.pool, createScriptedBroker());
    await floor.answer(uid, await ask(database.ownerPool, uid, { symbol: "SPY" }), 10);
    await database.ownerPool.query("update trade_orders set status = 'partially_filled', alpaca_order_id = 'a-' || id, filled_qty = 0.02, filled_avg_price = 100 where firebase_uid = $1 and status = 'pending_submit'", [uid]);
    await flattenOn();
    expect(await pass()).toBe(0);
    await database.ownerPool.query("update trade_orders set status = 'canceled' where firebase_uid = $1 and status = 'partially_filled'", [uid]);
    expect(await pass()).toBe(1);
    expect(await exits()).toMatchObject([{ symbol: "SPY", qty: "0.12" }]);
  });

  test("waits while the market is closed or the books are not compared", async () => {
    await holds("SPY");
    await flattenOn();
    await database.ownerPool.query("update market_sessions set is_open = false");
    expect(await pass()).toBe(0);
    await database.ownerPool.query("update market_sessions set is_open = true");
    await database.ownerPool.query("update broker_accounts set reconciled_at = now() - interval '1 hour'");
    expect(await pass()).toBe(0);
    await openTheMarket(database.ownerPool);
    expect(await pass()).toBe(1);
  });

  test("lifted before the POST sells nothing", async () => {
    await holds("SPY");
    await flattenOn();
    expect(await pass()).toBe(1);
    await withTransaction(database.pool, (tx) => clearKillSwitch(tx, mine(), uid));
    expect(await claim()).toMatchObject({ toSend: [], denied: [{ symbol: "SPY" }] });
    const { rows } = await database.ownerPool.query("select d.code from risk_decisions as d join trade_intents as i on i.id = d.intent_id where i.firebase_uid = $1 and d.stage = 'submit'", [uid]);
    expect(rows).toEqual([{ code: "exit_no_longer_wanted" }]);
  });

  test("tries again after a pause when the broker refused, under another id, and not for ever", async () => {
    await holds("SPY");
    await flattenOn();
    const refused = () => database.ownerPool.query("update trade_orders set status = 'rejected' where firebase_uid = $1 and status = 'pending_submit'", [uid]);
    expect(await pass()).toBe(1);
    await refused();
    expect(await pass({ firstPauseMs: 60_000 })).toBe(0);
    expect(await pass({ firstPauseMs: 0 })).toBe(1);
    await refused();
    expect(await pass({ firstPauseMs: 0, maxAttempts: 2 })).toBe(0);
    expect(new Set((await exits()).map(({ id }) => id)).size).toBe(2);
  });
});

describe("the second confirmation", () => {
  const set = (scope: KillSwitchScope, confirmation: string | null) => withTransaction(database.pool, (tx) => setKillSwitch(tx, scope, { mode: "flatten", reason: null, setBy: "test", confirmation }));
  const token = async (scope = mine()) => (await previewKillSwitch(database.pool, scope, "flatten"))?.confirmation?.token ?? null;

  test("is good once, for its scope, and for a minute", async () => {
    expect(await set(mine(), null)).toEqual({ kind: "confirmation_needed" });
    expect(await set(mine(), newUuid())).toEqual({ kind: "confirmation_needed" });
    expect(await set({ scope: "all" }, await token())).toEqual({ kind: "confirmation_needed" });
    const late = await token();
    await database.ownerPool.query("update kill_switch_confirmations set expires_at = now()");
    expect(await set(mine(), late)).toEqual({ kind: "confirmation_needed" });
    const good = await token();
    expect(await set(mine(), good)).toMatchObject({ kind: "set" });
    // On already: the same wish once more, as after a lost answer, changes nothing and needs nothing.
    expect(await set(mine(), good)).toMatchObject({ kind: "set" });
    await withTransaction(database.pool, (tx) => clearKillSwitch(tx, mine(), uid));
    expect(await set(mine(), good)).toEqual({ kind: "confirmation_needed" });
  });
});

describe("the preview", () => {
  test("shows what each mode would deny, take back and sell, of this user alone, and changes nothing", async () => {
    await holds("AAPL", "2");
    const floor = createFloor(database.pool, createScriptedBroker());
    await floor.answer(uid, await ask(database.ownerPool, uid, { symbol: "SPY" }), 10);
    await floor.answer(uid, await ask(database.ownerPool, uid, { symbol: "MSFT" }), 10);
    await database.ownerPool.query("update trade_orders set status = 'accepted', alpaca_order_id = 'a-' || id where firebase_uid = $1 and symbol = 'MSFT'", [uid]);
    await setPrice(database.ownerPool, ["AAPL"], "110.5");
    const preview = (mode: "block_new" | "cancel_only" | "flatten") => previewKillSwitch(database.pool, mine(), mode);
    expect(await preview("block_new")).toMatchObject({ denies: [{ symbol: "SPY", notional_usd: "10" }], cancels: [], sells: [], confirmation: null });
    expect(await preview("cancel_only")).toMatchObject({ denies: [{ symbol: "SPY" }], cancels: [{ symbol: "MSFT", status: "accepted" }], sells: [] });
    expect(await preview("flatten")).toMatchObject({ cancels: [{ symbol: "MSFT" }], sells: [{ symbol: "AAPL", qty: "2", market_value: "221" }], counts: { denies: 1, cancels: 1, sells: 1 } });
    expect(await previewKillSwitch(database.pool, { scope: "user", firebaseUid: "nobody" }, "flatten")).toBeNull();
    expect((await database.ownerPool.query("select from kill_switches")).rowCount).toBe(0);
  });
});
