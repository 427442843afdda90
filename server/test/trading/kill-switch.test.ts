import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KillSwitchMode } from "@nod/contract/status";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { positionsToClose } from "../../src/trading/orders/exits-table.ts";
import { clearKillSwitch, setKillSwitch, type KillSwitchScope } from "../../src/trading/risk/kill-switch-table.ts";
import { cancelHaltedOrders } from "../../src/workers/cancel-halted.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, testRiskSettings } from "../support/trading-floor.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let uid = "";
let other = "";

beforeEach(async () => {
  broker = createScriptedBroker();
  [uid, other] = [`k_${newUuid().slice(0, 8)}`, `k_${newUuid().slice(0, 8)}`];
  await addTraders(database.ownerPool, [uid, other]);
  await openTheMarket(database.ownerPool);
});
afterEach(async () => {
  await database.ownerPool.query("delete from kill_switches");
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
});

const mine = (): KillSwitchScope => ({ scope: "user", firebaseUid: uid });
const set = (scope: KillSwitchScope, mode: KillSwitchMode) => withTransaction(database.pool, (tx) => setKillSwitch(tx, scope, { mode, reason: "enough", setBy: "test" }));
const approve = async (of: string): Promise<string> => {
  const outcome = await createFloor(database.pool, broker).answer(of, await ask(database.ownerPool, of), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order");
  return outcome.result.order.id;
};
/** As if the broker had taken it. */
const atTheBroker = async (of: string): Promise<string> => {
  const id = await approve(of);
  await database.ownerPool.query("update trade_orders set status = 'accepted', alpaca_order_id = 'broker-' || id where id = $1", [id]);
  return id;
};
const takeBack = () => cancelHaltedOrders({ pool: database.pool, fence: openDeskFence, broker: broker.port, observer: { canceled: () => undefined, failed: () => undefined } });

test("everyone's kill switch stops what was approved before it", async () => {
  const id = await approve(uid);
  await set({ scope: "all" }, "block_new");
  expect(await claimOrders(database.pool, openDeskFence, { limit: 10, gateIsOpen: true, settings: testRiskSettings })).toMatchObject({ toSend: [], denied: [{ id }] });
});

describe("a kill switch", () => {
  test("in the mode block_new leaves what is at the broker", async () => {
    await atTheBroker(uid);
    await set(mine(), "block_new");
    expect([await takeBack(), broker.cancels]).toEqual([0, []]);
  });

  test("of one user takes nothing back of another user", async () => {
    const id = await atTheBroker(uid);
    await atTheBroker(other);
    await set(mine(), "cancel_only");
    expect([await takeBack(), broker.cancels]).toEqual([1, [`broker-${id}`]]);
  });

  test("of everyone takes back what anybody has at the broker", async () => {
    await atTheBroker(uid);
    await atTheBroker(other);
    await set({ scope: "all" }, "cancel_only");
    expect(await takeBack()).toBe(2);
  });

  test("of one user closes positions of his alone, and none with an order at work", async () => {
    for (const each of [uid, other]) {
      const id = await atTheBroker(each);
      await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = 0.1, filled_avg_price = 100, filled_at = now() where id = $1", [id]);
    }
    await database.ownerPool.query("insert into kill_switches (scope, firebase_uid, mode, set_by) values ('user', $1, 'flatten', 'test')", [uid]);
    const toClose = async () => (await positionsToClose(database.pool, 10)).map(({ firebaseUid, symbol }) => [firebaseUid, symbol]);
    expect(await toClose()).toEqual([[uid, "SPY"]]);
    await database.ownerPool.query("delete from kill_switches");
    await atTheBroker(uid);
    await database.ownerPool.query("insert into kill_switches (scope, firebase_uid, mode, set_by) values ('user', $1, 'flatten', 'test')", [uid]);
    expect(await toClose()).toEqual([]);
  });

  test("says so in the log, whoever set it: its setting and its lifting are in the log, and each cancel with its order", async () => {
    const id = await atTheBroker(uid);
    await set(mine(), "cancel_only");
    await takeBack();
    await withTransaction(database.pool, (tx) => clearKillSwitch(tx, mine(), uid));
    const { rows } = await database.ownerPool.query<{ kind: string; data: object; order_id: string | null }>("select kind, data, order_id from events where firebase_uid = $1 order by place desc limit 3", [uid]);
    expect(rows.toReversed()).toMatchObject([
      { kind: "kill_switch_set", data: { scope: "user", mode: "cancel_only", reason: "enough", set_by: "test" } },
      { kind: "cancel_requested", data: { because: "kill_switch" }, order_id: id },
      { kind: "kill_switch_cleared", data: { scope: "user", cleared_by: uid } },
    ]);
  });
});
