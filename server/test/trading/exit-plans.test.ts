import type { Exits } from "@nod/contract/action";
import { beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { storyOfOrder } from "../../src/trading/audit/events-table.ts";
import { tellOrderStory } from "../../src/trading/audit/order-story.ts";
import { claimCancels } from "../../src/trading/orders/claims-table.ts";
import { insertExitPlan } from "../../src/trading/orders/exit-plans-table.ts";
import { setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { followExitPlans } from "../../src/workers/follow-exit-plans.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, testRiskSettings } from "../support/trading-floor.ts";

const database = useTestDatabase();
let uid = "";

beforeEach(async () => {
  uid = `p_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid], { max_orders_per_day: 100 });
  await openTheMarket(database.ownerPool);
  await database.ownerPool.query("update exit_plans set closed_at = now() where closed_at is null");
});

const pass = () => followExitPlans({ pool: database.pool, fence: openDeskFence, settings: testRiskSettings, limits: { firstPauseMs: 0 } });
const priceIs = (price: string, secondsAgo = 0) => setPrice(database.ownerPool, ["SPY"], price, secondsAgo);

/** One SPY bought at 100, with exits. */
async function bought(exits: Exits, qty = "1"): Promise<string> {
  const floor = createFloor(database.pool, createScriptedBroker());
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order was made");
  const { id } = outcome.result.order;
  await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = $2::numeric, filled_avg_price = 100, submitted_at = now() - interval '1 minute', filled_at = now() - interval '1 minute' where id = $1", [id, qty]);
  await withTransaction(database.pool, (tx) => insertExitPlan(tx, { entryOrderId: id, firebaseUid: uid, symbol: "SPY", feed: "iex", exits, maxStalenessSeconds: 60, at: new Date() }));
  return id;
}
type ExitRow = { id: string; qty: string; status: string; by: string };
const exits = async (): Promise<ExitRow[]> =>
  (
    await database.ownerPool.query<ExitRow>(
      `select o.id, o.qty::float8::text as qty, o.status, i.facts -> 'exit_plan' ->> 'by' as by from trade_orders as o join trade_intents as i on i.id = o.intent_id
       where i.origin = 'exit_plan' and o.firebase_uid = $1 order by o.created_at`,
      [uid],
    )
  ).rows;
const isDone = async (planId: string): Promise<boolean> => (await database.ownerPool.query("select from exit_plans where entry_order_id = $1 and closed_at is not null", [planId])).rowCount === 1;
const settle = (status: string, filled: string) => database.ownerPool.query("update trade_orders set status = $2, filled_qty = $3::numeric, filled_avg_price = 95 where firebase_uid = $1 and side = 'sell' and status = 'pending_submit'", [uid, status, filled]);

describe("exits that were approved with a buy", () => {
  const reached: [string, Exits, string[], string | null][] = [
    ["a stop loss at exactly its percent", { stop_loss_pct: 5 }, ["95"], "stop_loss"],
    ["no stop loss a cent above", { stop_loss_pct: 5 }, ["95.01"], null],
    ["a target at exactly its percent", { take_profit_pct: 10 }, ["110"], "take_profit"],
    ["no target a cent below", { take_profit_pct: 10 }, ["109.99"], null],
    ["a trailing stop from the highest price since", { trailing_stop: { trail_pct: 10 } }, ["120", "130", "117"], "trailing_stop"],
    ["no trailing stop above it", { trailing_stop: { trail_pct: 10 } }, ["130", "117.01"], null],
    ["no trailing stop that was never activated", { trailing_stop: { trail_pct: 5, activate_at_pct: 20 } }, ["119.99", "100"], null],
    ["a trailing stop once it was activated", { trailing_stop: { trail_pct: 5, activate_at_pct: 20 } }, ["120", "114"], "trailing_stop"],
    ["the stop loss before the trailing stop, when both are reached", { stop_loss_pct: 5, trailing_stop: { trail_pct: 5 } }, ["94"], "stop_loss"],
  ];
  test.each(reached)("%s", async (_what, plan, prices, by) => {
    await bought(plan);
    for (const each of prices) {
      await priceIs(each);
      await pass();
    }
    expect(await exits()).toEqual(by === null ? [] : [{ id: expect.any(String), qty: "1", status: "pending_submit", by }]);
  });

  test("sell what the buy brought in and nothing of what was held before, once, however often it is looked at", async () => {
    const other = await bought({ take_profit_pct: 1_000 }, "7");
    await bought({ stop_loss_pct: 5 }, "2.5");
    await priceIs("90");
    expect((await Promise.all([pass(), pass(), pass()])).reduce((sum, n) => sum + n, 0)).toBe(1);
    expect(await pass()).toBe(0);
    expect((await exits()).map(({ qty }) => qty)).toEqual(["2.5"]);
    expect(await isDone(other)).toBe(false);
  });

  test("stay set off when the price comes back, and are done with when everything is sold", async () => {
    const plan = await bought({ stop_loss_pct: 5 });
    await priceIs("95");
    expect(await pass()).toBe(1);
    await priceIs("105");
    await settle("canceled", "0.4");
    expect(await pass()).toBe(1);
    expect((await exits()).map(({ qty }) => qty)).toEqual(["1", "0.6"]);
    await settle("filled", "0.6");
    await pass();
    expect(await isDone(plan)).toBe(true);
    expect(await pass()).toBe(0);
  });

  test("try again after the broker refused, under another id", async () => {
    await bought({ stop_loss_pct: 5 });
    await priceIs("95");
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(await pass()).toBe(1);
      await settle("rejected", "0");
    }
    expect(new Set((await exits()).map(({ id }) => id)).size).toBe(3);
  });

  test("sell no more than is still held", async () => {
    const plan = await bought({ stop_loss_pct: 5 });
    await ask(database.ownerPool, uid, { side: "sell" });
    await database.ownerPool.query(
      `with i as (insert into trade_intents (id, firebase_uid, origin, symbol, asset_class, side, order_type, notional_usd, mode, facts)
         values (gen_random_uuid(), $1, 'rule', 'SPY', 'us_equity', 'sell', 'market', 10, 'paper', '{}') returning id)
       insert into trade_orders (id, firebase_uid, intent_id, client_order_id, symbol, asset_class, side, order_type, qty, reserved_notional_usd, mode, status, filled_qty, trading_day, approval_expires_at)
       select id, $1, id, 'nod-' || id, 'SPY', 'us_equity', 'sell', 'market', 0.7, 10, 'paper', 'filled', 0.7, current_date, now() from i`,
      [uid],
    );
    await priceIs("95");
    expect(await pass()).toBe(1);
    expect((await exits()).map(({ qty }) => qty)).toEqual(["0.3"]);
    await settle("filled", "0.3");
    await pass();
    expect(await isDone(plan)).toBe(true);
  });

  test("are not decided by a stale price, by one from before the buy, nor while the market is closed", async () => {
    const plan = await bought({ stop_loss_pct: 5 });
    await priceIs("90", 61);
    expect(await pass()).toBe(0);
    await priceIs("90");
    await database.ownerPool.query("update trade_orders set submitted_at = now() + interval '1 minute' where id = $1", [plan]);
    expect(await pass()).toBe(0);
    await database.ownerPool.query("update trade_orders set submitted_at = now() - interval '1 minute' where id = $1", [plan]);
    await database.ownerPool.query("update market_sessions set is_open = false");
    expect(await pass()).toBe(0);
    await openTheMarket(database.ownerPool);
    await priceIs("90");
    expect(await pass()).toBe(1);
  });

  test("pass a kill switch at the decision and before the POST: a halt lets positions be reduced", async () => {
    await bought({ stop_loss_pct: 5 });
    await withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: uid }, { mode: "cancel_only", reason: "enough", setBy: uid, confirmation: null }));
    await priceIs("95");
    expect(await pass()).toBe(1);
    const { toSend } = await claimOrders(database.pool, openDeskFence, { limit: 100, gateIsOpen: true, settings: testRiskSettings });
    expect(toSend.filter(({ firebaseUid }) => firebaseUid === uid)).toMatchObject([{ side: "sell", qty: "1" }]);
    await database.ownerPool.query("delete from kill_switches");
  });

  test("wait until what is still open of the buy was taken back, which the broker is asked for", async () => {
    const plan = await bought({ stop_loss_pct: 5 }, "0.5");
    await database.ownerPool.query("update trade_orders set status = 'partially_filled', alpaca_order_id = 'a-' || id where id = $1", [plan]);
    expect(await withTransaction(database.pool, (tx) => claimCancels(tx, { limit: 10, askAgainMs: 1_000 }))).toEqual([]);
    await priceIs("95");
    expect(await pass()).toBe(0);
    expect(await withTransaction(database.pool, (tx) => claimCancels(tx, { limit: 10, askAgainMs: 1_000 }))).toMatchObject([{ id: plan }]);
    await database.ownerPool.query("update trade_orders set status = 'canceled' where id = $1", [plan]);
    expect(await pass()).toBe(1);
    expect((await exits()).map(({ qty }) => qty)).toEqual(["0.5"]);
  });

  test("of a buy that brought in nothing are done with after a day, and not before", async () => {
    const plan = await bought({ stop_loss_pct: 5 });
    const idleFor = (interval: string) => database.ownerPool.query("update trade_orders set status = 'not_placed', filled_qty = 0, filled_avg_price = null, updated_at = now() - $2::interval where id = $1", [plan, interval]);
    await idleFor("23 hours");
    await pass();
    expect(await isDone(plan)).toBe(false);
    await idleFor("25 hours");
    await pass();
    expect(await isDone(plan)).toBe(true);
  });

  test("are told in the story of the buy, and of the sale", async () => {
    const plan = await bought({ stop_loss_pct: 5 });
    await priceIs("94.5");
    await pass();
    const [sale] = await exits();
    const story = async (orderId: string): Promise<string[]> => tellOrderStory(null, await storyOfOrder(database.ownerPool, uid, orderId)).map(({ text }) => text);
    expect(await story(plan)).toContain("An exit approved with it was reached (stop loss): $94.5, bought at $100.");
    expect(await story(sale?.id ?? "")).toEqual(["It was proposed to sell SPY (paper).", "Every guardrail let it pass."]);
  });
});
