import { beforeEach, describe, expect, test } from "vitest";
import type { Guardrails } from "@nod/contract/trading-config";
import { newUuid } from "../../src/core/ids.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, type QuestionChanges } from "../support/trading-floor.ts";

/** The guardrails over the statement that reads what they go by: what counts, of whom, and of when. */
const database = useTestDatabase();
let uid = "";

beforeEach(() => openTheMarket(database.ownerPool));

const trader = async (limits: Partial<Guardrails>): Promise<void> => {
  uid = `g_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid], { max_orders_per_day: 100, max_notional_usd_per_4h: 100_000, ...limits });
};

const floor = () => createFloor(database.pool, createScriptedBroker());

const answered = async (question: QuestionChanges = {}) => {
  const outcome = await floor().answer(uid, await ask(database.ownerPool, uid, question), 10);
  if (outcome.kind !== "answered") throw new Error(`the answer was ${outcome.kind}`);
  return outcome.result;
};
const codeOf = async (question: QuestionChanges = {}) => (await answered(question)).decision?.code ?? "approved";

/** An approved order whose life then goes on as told. */
const ordered = async (question: QuestionChanges, then = "status = 'filled', filled_qty = 0.1, filled_avg_price = 100, filled_at = now()") => {
  const { order } = await answered(question);
  if (order === null) throw new Error("no order was made");
  await database.ownerPool.query(`update trade_orders set ${then} where id = $1`, [order.id]);
};

describe("what is held counts", () => {
  test("against the position of its symbol, and not of another", async () => {
    await trader({ max_position_usd: 19 });
    await ordered({ symbol: "SPY" });
    expect(await codeOf({ symbol: "SPY" })).toBe("position_limit_exceeded");
    expect(await codeOf({ symbol: "AAPL" })).toBe("approved");
  });

  test("against the exposure of all symbols, at today's price, and so does what is being bought", async () => {
    await trader({ max_gross_exposure_usd: 41 });
    await ordered({ symbol: "SPY" });
    await setPrice(database.ownerPool, ["SPY"], "200");
    await ordered({ symbol: "AAPL" }, "status = 'accepted'");
    expect(await codeOf({ symbol: "MSFT", notional: "11.01" })).toBe("gross_exposure_exceeded");
    expect(await codeOf({ symbol: "MSFT", notional: "11" })).toBe("approved");
  });

  test("of another user it does not", async () => {
    await trader({ max_gross_exposure_usd: 19 });
    await ordered({ symbol: "SPY" });
    await trader({ max_gross_exposure_usd: 19 });
    expect(await codeOf({ symbol: "AAPL" })).toBe("approved");
  });

  test("without a price it is not known, and what is not known passes nothing", async () => {
    await trader({ max_gross_exposure_usd: 1_000 });
    await ordered({ symbol: "SPY" });
    await database.ownerPool.query("update market_data_latest set as_of = now() - interval '5 days' where symbol = 'SPY'");
    expect(await codeOf({ symbol: "AAPL" })).toBe("exposure_unknown");
  });
});

describe("the day's loss", () => {
  test("is that of what was bought today, realised or not", async () => {
    await trader({ max_daily_loss_usd: 2 });
    await ordered({ symbol: "SPY" });
    await setPrice(database.ownerPool, ["SPY"], "80.1");
    expect(await codeOf({ symbol: "AAPL" })).toBe("approved");
    await setPrice(database.ownerPool, ["SPY"], "80");
    expect(await codeOf({ symbol: "MSFT" })).toBe("daily_loss_limit_reached");
    // What is held can be sold all the same, and the loss stays the day's.
    expect(await codeOf({ symbol: "SPY", side: "sell", price: "80" })).toBe("approved");
  });

  test("of what was held before is counted from the previous close, and is not known without it", async () => {
    await trader({ max_daily_loss_usd: 2 });
    await ordered({ symbol: "SPY" }, "status = 'filled', filled_qty = 0.1, filled_avg_price = 300, trading_day = trading_day - 3, created_at = created_at - interval '3 days'");
    expect(await codeOf({ symbol: "AAPL" })).toBe("daily_result_unknown");
    const close = (price: string) =>
      database.ownerPool.query(
        `insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of, trading_day)
         values ('iex', 'us_equity', 'SPY', 'prev_close', $1::numeric, now(), (now() at time zone 'America/New_York')::date)
         on conflict (symbol, metric, feed, asset_class) do update set price = excluded.price`,
        [price],
      );
    await close("120");
    expect(await codeOf({ symbol: "AAPL" })).toBe("daily_loss_limit_reached");
    await close("119.9");
    expect(await codeOf({ symbol: "AAPL" })).toBe("approved");
    await database.ownerPool.query("delete from market_data_latest where metric = 'prev_close'");
  });
});

describe("how many and how fast", () => {
  test("orders that are open count, and those that have ended do not", async () => {
    await trader({ max_open_orders: 2 });
    await ordered({ symbol: "SPY" });
    await ordered({ symbol: "AAPL" }, "status = 'unknown', unknown_since = now()");
    await ordered({ symbol: "MSFT" }, "status = 'accepted'");
    expect(await codeOf({ symbol: "SPY" })).toBe("max_open_orders_reached");
  });

  test("orders of the last minute count, whatever became of them, but for those that never were at the broker", async () => {
    await trader({ max_orders_per_minute: 2 });
    await ordered({ symbol: "SPY" });
    await ordered({ symbol: "AAPL" }, "status = 'denied'");
    await ordered({ symbol: "AAPL" });
    expect(await codeOf({ symbol: "MSFT" })).toBe("order_rate_exceeded");
    await database.ownerPool.query("update trade_orders set created_at = created_at - interval '1 minute' where firebase_uid = $1", [uid]);
    expect(await codeOf({ symbol: "MSFT" })).toBe("approved");
  });

  test("a symbol rests after an order of it", async () => {
    await trader({ symbol_cooldown_seconds: 60 });
    await ordered({ symbol: "SPY" });
    expect(await codeOf({ symbol: "SPY" })).toBe("symbol_cooldown_active");
    expect(await codeOf({ symbol: "AAPL" })).toBe("approved");
    expect(await codeOf({ symbol: "SPY", side: "sell" })).toBe("approved");
  });

  test("the same amount of the same symbol within the window is one wish", async () => {
    await trader({ duplicate_intent_window_seconds: 60 });
    await ordered({ symbol: "SPY" });
    expect(await codeOf({ symbol: "SPY" })).toBe("duplicate_intent");
    expect(await codeOf({ symbol: "SPY", notional: "11" })).toBe("approved");
  });
});

test("nothing is sold short, however many want to", async () => {
  await trader({});
  expect(await codeOf({ symbol: "SPY", side: "sell" })).toBe("short_sale_blocked");
  await ordered({ symbol: "SPY" });
  const { order } = await answered({ symbol: "SPY", side: "sell", notional: "1000" });
  expect(order).toMatchObject({ side: "sell", qty: "0.1" });
});

test("what is held is sold although every limit is used up and the symbol is no longer wanted", async () => {
  await trader({ max_orders_per_day: 1, max_notional_usd_per_4h: 10, max_open_orders: 1, max_orders_per_minute: 1, max_position_usd: 1_000, symbol_cooldown_seconds: 600 });
  await ordered({ symbol: "SPY" });
  await database.ownerPool.query(`update user_trading_config set config = '{"guardrails": {"symbols_blocklist": ["SPY"]}}' where firebase_uid = $1`, [uid]);
  expect(await codeOf({ symbol: "SPY" })).toBe("symbol_blocked");
  expect(await codeOf({ symbol: "SPY", side: "sell" })).toBe("approved");
});
