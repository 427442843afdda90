import { beforeEach, expect, test } from "vitest";
import { quantity } from "../../src/core/decimal.ts";
import { newUuid } from "../../src/core/ids.ts";
import { refreshAssets } from "../../src/workers/refresh-assets.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket } from "../support/trading-floor.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let uid = "";

beforeEach(async () => {
  broker = createScriptedBroker();
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid], { max_orders_per_day: 100 });
  await openTheMarket(database.ownerPool);
  await database.ownerPool.query("delete from assets");
});

const refresh = () => refreshAssets({ pool: database.pool, broker: broker.port });
const answer = async (symbol: string) => {
  const outcome = await createFloor(database.pool, broker).answer(uid, await ask(database.ownerPool, uid, { symbol }), 10);
  return outcome.kind === "answered" ? outcome.result.decision?.code : outcome.kind;
};

test("nothing is bought of a symbol before the broker was asked about it", async () => {
  expect(await answer("SPY")).toBe("asset_unknown");
  await refresh();
  expect(broker.assetCalls.toSorted()).toEqual(["AAPL", "MSFT", "SPY"]);
  expect(await answer("SPY")).toBeNull();
});

test("what the broker does not know or does not trade, or trades in whole shares or from a size on, holds at the answer", async () => {
  const like = (symbol: string, changes: object) => ({ symbol, assetClass: "us_equity" as const, isTradable: true, isFractionable: true, minOrderQty: null, ...changes });
  broker.assets.set("SPY", null);
  broker.assets.set("AAPL", like("AAPL", { isFractionable: false }));
  broker.assets.set("MSFT", like("MSFT", { minOrderQty: quantity("0.11") }));
  await refresh();
  expect([await answer("SPY"), await answer("AAPL"), await answer("MSFT")]).toEqual(["asset_not_tradable", "asset_not_fractionable", "quantity_below_minimum"]);
});

test("each is asked for once, and again when an hour has passed", async () => {
  expect(await refresh()).toBe(3);
  expect(await refresh()).toBe(0);
  await database.ownerPool.query("update assets set as_of = as_of - interval '61 minutes' where symbol = 'SPY'");
  broker.assetCalls.length = 0;
  expect(await refresh()).toBe(1);
  expect(broker.assetCalls).toEqual(["SPY"]);
});

test("while the broker cannot be asked nothing is taken for known, and the next pass asks again", async () => {
  broker.down = true;
  await expect(refresh()).rejects.toThrow("down");
  expect(await answer("SPY")).toBe("asset_unknown");
  broker.down = false;
  expect(await refresh()).toBe(3);
});
