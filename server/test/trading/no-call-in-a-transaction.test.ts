import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import type { BrokerPort } from "../../src/trading/ports.ts";
import { cancelHaltedOrders } from "../../src/workers/cancel-halted.ts";
import { refreshAssets } from "../../src/workers/refresh-assets.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker, losesTheRequest, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, type Floor, type FloorOptions } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

/**
 * A call may take seconds, and a transaction that waits for it keeps its locks and its connection. Each call here is held
 * back until every transaction that was open when it began has ended; one that does not end is waiting for the call.
 */
const database = useTestDatabase();
const application = "nod-test-watched";
const patienceMs = 12_000;
let pool: Pool;
let broker: ScriptedBroker;
let floor: Floor | undefined;
let uid = "";
let calls: string[] = [];
let waitedFor: string[] = [];

beforeAll(() => {
  pool = createPool({ url: database.url, applicationName: application, maxConnections: 10 });
});
afterAll(() => pool.end());

beforeEach(async () => {
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  broker = createScriptedBroker();
  calls = [];
  waitedFor = [];
  uid = `n_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
});
afterEach(async () => {
  await floor?.stop();
  await database.ownerPool.query("delete from kill_switches");
});

const openTransactions = async (): Promise<Set<string>> => {
  const { rows } = await database.ownerPool.query<{ id: string }>("select pid || ' ' || xact_start as id from pg_stat_activity where application_name = $1 and xact_start is not null", [application]);
  return new Set(rows.map(({ id }) => id));
};

async function watch(call: string): Promise<void> {
  calls.push(call);
  const atItsBegin = await openTransactions();
  const end = performance.now() + patienceMs;
  for (let left = atItsBegin; left.size > 0; left = atItsBegin.intersection(await openTransactions())) {
    if (performance.now() > end) {
      waitedFor.push(call);
      return;
    }
  }
}

const watched = (port: BrokerPort): BrokerPort =>
  new Proxy(port, {
    get: (target, name: keyof BrokerPort) => {
      const call = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        await watch(name);
        return call(...args);
      };
    },
  });

const open = (options: FloorOptions = {}): Floor => {
  floor = createFloor(pool, { port: watched(broker.port), stream: broker.stream }, options);
  return floor;
};
const approve = async (of: Floor): Promise<string> => {
  const outcome = await of.answer(uid, await ask(database.ownerPool, uid), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  return outcome.result.order.id;
};
const becomes = (id: string, status: string) => until(`it is ${status}`, async () => (await database.ownerPool.query("select from trade_orders where id = $1 and status = $2", [id, status])).rowCount === 1);

test("no transaction is open while an order is sent: sending", async () => {
  const nod = open();
  nod.submit.start();
  await becomes(await approve(nod), "accepted");
  expect({ calls, waitedFor }).toEqual({ calls: ["submit"], waitedFor: [] });
});

test("nor while it is looked up: looking up", async () => {
  broker.script = [losesTheRequest];
  const nod = open();
  nod.submit.start();
  await becomes(await approve(nod), "unknown");
  await nod.unknowns.lookUpAll();
  expect({ calls, waitedFor }).toEqual({ calls: ["submit", "findByClientOrderId"], waitedFor: [] });
});

test("nor while the account is looked at once more: giving up", async () => {
  broker.script = [losesTheRequest];
  const nod = open({ lookup: { blockedWhileNotFoundMs: 0 } });
  nod.submit.start();
  const id = await approve(nod);
  await becomes(id, "unknown");
  await database.ownerPool.query("update trade_orders set approval_expires_at = now() where id = $1", [id]);
  await nod.unknowns.lookUpAll();
  await becomes(id, "not_placed");
  expect({ calls, waitedFor }).toEqual({ calls: ["submit", "findByClientOrderId", "openOrders", "fillActivities"], waitedFor: [] });
});

test("nor while it is taken back: taking back", async () => {
  const nod = open();
  nod.submit.start();
  await becomes(await approve(nod), "accepted");
  await withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: uid }, { mode: "cancel_only", reason: null, setBy: uid }));
  await cancelHaltedOrders({ pool, fence: openDeskFence, broker: watched(broker.port), observer: { canceled: () => undefined, failed: () => undefined } });
  expect({ calls, waitedFor }).toEqual({ calls: ["submit", "cancel"], waitedFor: [] });
});

test("nor while the books are compared: comparing", async () => {
  const nod = open();
  nod.submit.start();
  const id = await approve(nod);
  await becomes(id, "accepted");
  const [ticket] = broker.posts;
  broker.fill(ticket?.clientOrderId ?? "", "100", "0.1");
  expect(await nod.reconciler.reconcile()).toBe(true);
  await becomes(id, "filled");
  expect({ calls: calls.slice(1), waitedFor }).toEqual({ calls: ["clock", "account", "openOrders", "fillActivities", "findByClientOrderId", "positions"], waitedFor: [] });
});

test("nor while the broker is asked about symbols: learning", async () => {
  await database.ownerPool.query("delete from assets");
  await refreshAssets({ pool, broker: watched(broker.port) });
  expect(new Set(calls)).toEqual(new Set(["asset"]));
  expect(waitedFor).toEqual([]);
});
