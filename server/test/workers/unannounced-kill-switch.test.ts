import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { listen } from "../../src/db/notify.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import { createOrderDesk, type OrderDesk } from "../../src/workers/order-desk.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, testRiskSettings } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let desk: OrderDesk;
let uid = "";

beforeEach(async () => {
  uid = `e_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
  broker = createScriptedBroker();
  const nothing = (): void => undefined;
  desk = createOrderDesk({
    pool: database.pool,
    broker: broker.port,
    stream: broker.stream,
    settings: testRiskSettings,
    observer: { denied: nothing, sending: nothing, answered: nothing, lookedUp: nothing, canceled: nothing, reconciled: nothing, connected: nothing, disconnected: nothing, applied: nothing, failed: nothing },
  });
});
afterEach(async () => {
  await desk.stop();
  await database.ownerPool.query("delete from kill_switches");
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
});

const approve = async (): Promise<string> => {
  const outcome = await createFloor(database.pool, createScriptedBroker()).answer(uid, await ask(database.ownerPool, uid), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order");
  return outcome.result.order.id;
};
const becomes = (id: string, status: string) => until(`it is ${status}`, async () => (await database.ownerPool.query("select from trade_orders where id = $1 and status = $2", [id, status])).rowCount === 1);
const setUnannounced = (mode: string) => database.ownerPool.query("insert into kill_switches (scope, firebase_uid, mode, set_by) values ('user', $1, $2, 'test')", [uid, mode]);

test("a kill switch is announced to every process with its commit", async () => {
  const heard = new Set<string>();
  const listener = await listen({
    url: database.url,
    applicationName: "nod-test-listener",
    channels: { nod_kill_switch: () => heard.add("switch"), nod_orders: () => heard.add("orders") },
    onReconnect: () => undefined,
  });
  try {
    await withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "all" }, { mode: "block_new", reason: null, setBy: "test" }));
    await until("both are heard", () => Promise.resolve(heard.size === 2));
  } finally {
    await listener.close();
  }
});

describe("a kill switch acts within the named second where its announcement was lost:", () => {
  test("what is at the broker is taken back", async () => {
    desk.start();
    await until("the books are compared", () => Promise.resolve(desk.isReconciled()));
    const id = await approve();
    desk.orderPlaced();
    await becomes(id, "accepted");
    await setUnannounced("cancel_only");
    await until("it is asked for", () => Promise.resolve(broker.cancels.length > 0));
  });

  test("what waits is denied", async () => {
    broker.down = true;
    // Whoever sends has looked once, found this one, and nothing calls him any more.
    const late = await approve();
    await database.ownerPool.query("update trade_orders set approval_expires_at = now() where id = $1", [late]);
    desk.start();
    await becomes(late, "denied");
    const id = await approve();
    await setUnannounced("block_new");
    await becomes(id, "denied");
    expect(broker.posts).toEqual([]);
  });
});
