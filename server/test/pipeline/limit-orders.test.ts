/** A limit order from the approved card to its row and its decision before the POST; at the broker it is followed by `through-the-sdk`. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Guardrails } from "@nod/contract/trading-config";
import { newUuid } from "../../src/core/ids.ts";
import { claimOrders } from "../../src/workers/claim-orders.ts";
import { openQuestions } from "../../src/pipeline/questions-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, testRiskSettings, type QuestionChanges } from "../support/trading-floor.ts";

const database = useTestDatabase();
let uid = "";

const trader = async (limits: Partial<Guardrails> = {}): Promise<void> => {
  uid = `l_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid], { max_orders_per_day: 100, max_notional_usd_per_4h: 100_000, ...limits });
};

beforeEach(async () => {
  await openTheMarket(database.ownerPool);
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  await trader();
});

const answered = async (question: QuestionChanges) => {
  const outcome = await createFloor(database.pool, createScriptedBroker()).answer(uid, await ask(database.ownerPool, uid, question), 10);
  if (outcome.kind !== "answered") throw new Error(`the answer was ${outcome.kind}`);
  return outcome.result;
};
const codeOf = async (question: QuestionChanges) => (await answered(question)).decision?.code ?? "approved";

describe("an approved limit order", () => {
  test("is on the books with its limit, as the quantity that its dollars buy there", async () => {
    const { order, decision } = await answered({ notional: "20", limitPrice: "99.5" });
    expect(order).toMatchObject({ order_type: "limit", limit_price: "99.5", notional_usd: null, qty: "0.201005025" });
    expect(decision).toMatchObject({ message: "Approved: an order to buy 0.201005025 SPY at $99.5 or better is on its way.", limits: { limit_price: "99.5", reserved_usd: "20" } });
    const { rows } = await database.ownerPool.query(
      `select o.limit_price, o.qty, o.reserved_notional_usd, i.limit_price as asked, i.notional_usd, e.data
       from trade_orders o join trade_intents i on i.id = o.intent_id join events e on e.order_id = o.id and e.kind = 'intent_proposed' where o.id = $1`,
      [order?.id],
    );
    expect(rows).toEqual([{ limit_price: "99.500000000", qty: "0.201005025", reserved_notional_usd: "20.000000000", asked: "99.500000000", notional_usd: "20.000000000", data: expect.objectContaining({ order_type: "limit", limit_price: "99.5" }) }]);
  });

  test("for a quantity takes up of every limit what it costs at its limit at most", async () => {
    await trader({ max_notional_usd_per_4h: 500 });
    expect((await answered({ qty: "2", limitPrice: "101" })).order).toMatchObject({ qty: "2" });
    await database.ownerPool.query("update trade_orders set status = 'canceled' where firebase_uid = $1", [uid]);
    expect(await answered({ qty: "3", limitPrice: "101" })).toMatchObject({ decision: { code: "max_notional_per_4h_exceeded", limits: { notional_usd: "303", used_usd_4h: "202" } } });
  });

  test("for an amount that was named is for that many dollars", async () => {
    const floor = createFloor(database.pool, createScriptedBroker());
    const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, { kind: "numeric", notional: null, ask: { min: "5", max: "50" }, limitPrice: "98" }), 49);
    expect(outcome).toMatchObject({ result: { order: { qty: "0.5", limit_price: "98" } } });
  });

  test("twice within the window is one wish, whatever it is sized by", async () => {
    await trader({ duplicate_intent_window_seconds: 60 });
    await answered({ qty: "2", limitPrice: "99" });
    await database.ownerPool.query("update trade_orders set status = 'canceled' where firebase_uid = $1", [uid]);
    expect(await codeOf({ qty: "2", limitPrice: "99" })).toBe("duplicate_intent");
    expect(await codeOf({ qty: "2", limitPrice: "98" })).toBe("approved");
  });
});

describe("the collar", () => {
  test("holds a limit to the last trade, in both directions, as wide as the user says", async () => {
    expect(await answered({ limitPrice: "94.99" })).toMatchObject({ order: null, decision: { code: "price_collar_exceeded", limits: { limit_price: "94.99", price_now: "100", distance_bps: "501", price_collar_bps: 500 } } });
    expect(await codeOf({ limitPrice: "105.01" })).toBe("price_collar_exceeded");
    expect(await codeOf({ limitPrice: "95" })).toBe("approved");
    await trader({ price_collar_bps: 50 });
    expect(await codeOf({ limitPrice: "99.49" })).toBe("price_collar_exceeded");
    expect(await codeOf({ limitPrice: "99.5" })).toBe("approved");
  });

  test("goes by the last trade at the answer, not by the one that was shown", async () => {
    await trader({ price_collar_bps: 100 });
    await setPrice(database.ownerPool, ["SPY"], "99.6");
    expect(await codeOf({ limitPrice: "101" })).toBe("price_collar_exceeded");
  });

  const claim = async () => (await claimOrders(database.pool, openDeskFence, { limit: 10, gateIsOpen: true, settings: testRiskSettings })).denied.filter(({ firebaseUid }) => firebaseUid === uid);
  /** As when the time to take it back is over. */
  const due = () => database.ownerPool.query("update trade_orders set next_submit_at = null where firebase_uid = $1", [uid]);

  test("is looked at once more right before the POST, by the template's width or the user's own", async () => {
    await trader({ price_collar_bps: 100 });
    const { order } = await answered({ limitPrice: "99" });
    await setPrice(database.ownerPool, ["SPY"], "100.4");
    await due();
    expect(await claim()).toMatchObject([{ id: order?.id }]);
    const decisions = await database.ownerPool.query("select d.code from risk_decisions d join trade_orders o using (intent_id) where o.id = $1 and d.stage = 'submit'", [order?.id]);
    expect(decisions.rows).toEqual([{ code: "price_collar_exceeded" }]);

    await setPrice(database.ownerPool, ["SPY"], "100");
    await answered({ limitPrice: "99" });
    await database.ownerPool.query(`update user_trading_config set config = '{"guardrails": {"price_collar_bps": 99}}' where firebase_uid = $1`, [uid]);
    await due();
    expect(await claim()).toHaveLength(1);
  });
});

test("a limit that the broker would not take is denied", async () => {
  expect(await codeOf({ limitPrice: "99.505" })).toBe("limit_price_invalid");
});

test("a card that is revised keeps its limit's distance from the price, and says it", async () => {
  const { outcome, order, follow_up_question_id: followUpId } = await answered({ price: "101", limitPrice: "99.99", notional: "20" });
  expect({ outcome, order }).toEqual({ outcome: "superseded", order: null });
  const revised = (await openQuestions(database.pool, uid, 10)).find(({ id }) => id === followUpId);
  expect(revised).toMatchObject({ questionText: "SPY is now $100.00, was $101.00. Buy for $20 at $99 or better all the same? Swipe +10 to approve, -10 to skip.", metadata: { order: { order_type: "limit", limit_price: "99" } } });
});

test("the database keeps no limit order without a limit, and no limit without its order", async () => {
  const { order } = await answered({ limitPrice: "99" });
  for (const change of ["limit_price = null", "order_type = 'market'", "qty = null", "limit_price = 0"]) {
    await expect(database.ownerPool.query(`update trade_orders set ${change} where id = $1`, [order?.id])).rejects.toMatchObject({ code: "23514" });
  }
});
