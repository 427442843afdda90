import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { useTestDatabase } from "../support/database.ts";
import { acceptsAndLosesTheAnswer, createScriptedBroker, losesTheRequest, type PostScript, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, type Floor } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let floor: Floor;
let uid = "";

beforeEach(async () => {
  broker = createScriptedBroker();
  uid = `d_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
  floor = createFloor(database.pool, broker);
});
afterEach(async () => {
  await floor.stop();
  expect(floor.failures).toEqual([]);
});

const statusOf = async (id: string): Promise<string | undefined> => (await database.ownerPool.query<{ status: string }>("select status from trade_orders where id = $1", [id])).rows[0]?.status;

async function postedBy(script: PostScript): Promise<string> {
  broker.script = [script];
  floor.submit.start();
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error("no order");
  const { id } = outcome.result.order;
  await until("its outcome is taken in", async () => !["pending_submit", "submitting"].includes((await statusOf(id)) ?? ""));
  return id;
}

describe("an order is in doubt, and looked up,", () => {
  const doubtful: [string, PostScript][] = [
    ["that is answered with another order", (ticket, at) => ({ kind: "accepted", order: { ...at.place(ticket), clientOrderId: "nod-of-somebody-else" } })],
    ["whose adapter throws", (ticket, at) => {
      at.place(ticket);
      throw new Error("a fault of ours");
    }],
  ];
  test.each(doubtful)("%s", async (_what, script) => {
    const id = await postedBy(script);
    expect(await statusOf(id)).toBe("unknown");
    await floor.unknowns.lookUpAll();
    expect(await statusOf(id)).toBe("accepted");
    expect(broker.posts).toHaveLength(1);
  });

  test("and judged once more before it is given back to be sent, not only when it is taken up again", async () => {
    const lookup = { blockedWhileNotFoundMs: 0 };
    await floor.stop();
    floor = createFloor(database.pool, broker, { lookup });
    const id = await postedBy(losesTheRequest);
    await floor.submit.stop();
    await setPrice(database.ownerPool, ["SPY"], "102");
    await floor.unknowns.lookUpAll();
    expect(await statusOf(id)).toBe("not_placed");
    const { rows } = await database.ownerPool.query("select code from risk_decisions as d join trade_orders as o using (intent_id) where o.id = $1 and d.stage = 'submit' order by d.id", [id]);
    expect(rows).toEqual([{ code: null }, { code: "price_drift_exceeded" }]);
  });

  test("and its look-ups are in the log", async () => {
    const id = await postedBy(acceptsAndLosesTheAnswer);
    await floor.unknowns.lookUpAll();
    const { rows } = await database.ownerPool.query("select data ->> 'outcome' as outcome from events where order_id = $1 and kind = 'order_looked_up'", [id]);
    expect(rows).toEqual([{ outcome: "found" }]);
  });
});
