import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { useTestDatabase } from "../support/database.ts";
import { acceptsAndLosesTheAnswer, createScriptedBroker, losesTheRequest, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, type Floor } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let floor: Floor;
let uid = "";

beforeEach(async () => {
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  broker = createScriptedBroker();
  uid = `i_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
  floor = createFloor(database.pool, broker);
});
afterEach(() => floor.stop());

async function approvedUntil(status: string): Promise<string> {
  floor.submit.start();
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order");
  const { id, client_order_id: clientOrderId } = outcome.result.order;
  await until(`it is ${status}`, async () => (await database.ownerPool.query("select from trade_orders where id = $1 and status = $2", [id, status])).rowCount === 1);
  return clientOrderId;
}
const cannotBeAskedAboutOrders = (): void => {
  broker.port.findByClientOrderId = () => Promise.resolve({ kind: "unavailable", reason: "down" });
};

describe("a comparison does not go through, and opens no gate, in which", () => {
  test("an order in doubt could not be looked up", async () => {
    broker.script = [losesTheRequest];
    await approvedUntil("unknown");
    floor.gate.close();
    cannotBeAskedAboutOrders();
    expect([await floor.reconciler.reconcile(), floor.gate.isOpen()]).toEqual([false, false]);
  });

  test("an order of ours could not be polled that the broker's list leaves out", async () => {
    const clientOrderId = await approvedUntil("accepted");
    broker.fill(clientOrderId, "100", "0.1");
    floor.gate.close();
    cannotBeAskedAboutOrders();
    expect([await floor.reconciler.reconcile(), floor.gate.isOpen()]).toEqual([false, false]);
  });
});

test("by a comparison an order in doubt that the list of open ones leaves out is looked up", async () => {
  broker.script = [acceptsAndLosesTheAnswer];
  const clientOrderId = await approvedUntil("unknown");
  broker.fill(clientOrderId, "100", "0.1");
  expect(await floor.reconciler.reconcile()).toBe(true);
  expect((await database.ownerPool.query("select status from trade_orders where client_order_id = $1", [clientOrderId])).rows).toEqual([{ status: "filled" }]);
});

test("after an event that could not be taken in the books are compared", async () => {
  floor.stream.start();
  const clientOrderId = await approvedUntil("accepted");
  let comparisons = 0;
  const { clock } = broker.port;
  broker.port.clock = (signal) => {
    comparisons += 1;
    return clock(signal);
  };
  await database.ownerPool.query("alter table fills add constraint broken check (false) not valid");
  try {
    broker.tell(broker.fill(clientOrderId, "100", "0.1"));
    await until("a comparison has begun", () => Promise.resolve(comparisons > 0));
  } finally {
    await database.ownerPool.query("alter table fills drop constraint broken");
  }
});
