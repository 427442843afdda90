import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { openQuestions } from "../../src/pipeline/questions-table.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, testRiskSettings } from "../support/trading-floor.ts";

/** This machine's clock is wrong by a day; the database's is not. */
const database = useTestDatabase();
const dayMs = 86_400_000;
let uid = "";

beforeEach(async () => {
  uid = `c_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
});
afterEach(async () => {
  vi.useRealTimers();
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
});

const thisMachineIs = (aheadMs: number): void => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + aheadMs });
};
const approve = (questionId: string) => createFloor(database.pool, createScriptedBroker()).answer(uid, questionId, 10);
const claim = () => claimOrders(database.pool, openDeskFence, { limit: 10, gateIsOpen: true, settings: testRiskSettings });

describe("a question is answered in its time by the database's clock", () => {
  test("on a machine that is a day ahead", async () => {
    const open = await ask(database.ownerPool, uid);
    thisMachineIs(dayMs);
    expect(await approve(open)).toMatchObject({ kind: "answered", result: { outcome: "approved", decision: { verdict: "approved" } } });
  });

  test("on a machine that is a day behind", async () => {
    const late = await ask(database.ownerPool, uid, { createdSecondsAgo: 60, expiresInSeconds: -1 });
    thisMachineIs(-dayMs);
    expect(await approve(late)).toEqual({ kind: "closed", outcome: "expired", expired: true });
  });
});

describe("an order is sent in its time by the database's clock", () => {
  test("from a machine that is a day ahead", async () => {
    await approve(await ask(database.ownerPool, uid));
    thisMachineIs(dayMs);
    expect(await claim()).toMatchObject({ toSend: [{ firebaseUid: uid }], denied: [] });
  });

  test("from a machine that is a day behind", async () => {
    await approve(await ask(database.ownerPool, uid));
    await database.ownerPool.query("update trade_orders set approval_expires_at = now() where firebase_uid = $1", [uid]);
    thisMachineIs(-dayMs);
    expect(await claim()).toMatchObject({ toSend: [], denied: [{ firebaseUid: uid }] });
  });
});

test("a question whose time is over is not among the open ones, although nobody has closed it yet", async () => {
  await ask(database.ownerPool, uid, { createdSecondsAgo: 60, expiresInSeconds: -1 });
  const open = await ask(database.ownerPool, uid, { symbol: "AAPL" });
  expect((await openQuestions(database.pool, uid, 10)).map(({ id }) => id)).toEqual([open]);
});

test("an order belongs to the trading day that the broker named", async () => {
  await database.ownerPool.query("update market_sessions set trading_day = '2013-10-08'");
  await approve(await ask(database.ownerPool, uid));
  expect((await database.ownerPool.query("select trading_day from trade_orders where firebase_uid = $1", [uid])).rows).toEqual([{ trading_day: "2013-10-08" }]);
  await database.ownerPool.query("update market_sessions set trading_day = (now() at time zone 'America/New_York')::date");
});
