import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Guardrails } from "@nod/contract/trading-config";
import { newUuid } from "../../src/core/ids.ts";
import { createAnswerService, type AnswerOutcome } from "../../src/pipeline/answer.ts";
import { createTradingBranch } from "../../src/pipeline/trading-branch.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import { readAnswerContext } from "../../src/trading/risk/risk-context-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, testRiskSettings, type QuestionChanges } from "../support/trading-floor.ts";
import { configWith, dipRule } from "../support/trading-users.ts";

/** What an answer is judged by, where two things of the same kind could be taken for each other. */
const database = useTestDatabase();
const configs = configSourceOf({ get: () => undefined });
let uid = "";

beforeEach(() => openTheMarket(database.ownerPool));
afterEach(() => database.ownerPool.query("delete from market_data_latest where metric = 'prev_close'"));

const trader = async (limits: Partial<Guardrails> = {}): Promise<string> => {
  uid = `w_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid], { max_orders_per_day: 100, max_notional_usd_per_4h: 100_000, ...limits });
  return uid;
};
const resultOf = (outcome: AnswerOutcome) => {
  if (outcome.kind !== "answered") throw new Error(`the answer was ${outcome.kind}`);
  return outcome.result;
};
const answered = async (question: QuestionChanges = {}) => resultOf(await createFloor(database.pool, createScriptedBroker()).answer(uid, await ask(database.ownerPool, uid, question), 10));
const codeOf = async (question: QuestionChanges = {}) => (await answered(question)).decision?.code ?? "approved";
const ordered = async (question: QuestionChanges, then = "status = 'filled', filled_qty = 0.1, filled_avg_price = 100, filled_at = now()") => {
  const { order } = await answered(question);
  if (order === null) throw new Error("no order was made");
  await database.ownerPool.query(`update trade_orders set ${then} where id = $1`, [order.id]);
};

test("an older config in memory gives way to the one that is in force", async () => {
  await trader();
  const older = configWith([dipRule()]);
  const branch = createTradingBranch({ configs: { ...configs, held: () => ({ revision: "0.0", config: older }) }, settings: testRiskSettings, orderPlaced: () => undefined });
  const answers = createAnswerService({ pool: database.pool, branches: [branch] });
  await database.ownerPool.query(`update user_trading_config set config = '{"guardrails": {"symbols_blocklist": ["SPY"]}}' where firebase_uid = $1`, [uid]);
  const result = resultOf(await answers.answer(uid, await ask(database.ownerPool, uid), 10, { via: "http", requestId: null }));
  expect(result.decision?.code).toBe("symbol_blocked");
});

describe("at an answer", () => {
  test("what is on its way is money that is spent already", async () => {
    await trader();
    await database.ownerPool.query("update broker_accounts set buying_power = 15");
    expect(await codeOf({ symbol: "SPY" })).toBe("approved");
    expect(await codeOf({ symbol: "AAPL", notional: "5.01" })).toBe("insufficient_buying_power");
    expect(await codeOf({ symbol: "AAPL", notional: "5" })).toBe("approved");
  });

  test("what is being sold cannot be sold again", async () => {
    await trader();
    await ordered({ symbol: "SPY" });
    await ordered({ symbol: "SPY", side: "sell", notional: "4" }, "status = 'accepted'");
    const context = await readAnswerContext(database.pool, configs, { firebaseUid: uid, questionId: await ask(database.ownerPool, uid, { side: "sell" }) });
    expect(context).toMatchObject({ position: "0.1", openSellQty: "0.04", openOrdersOfSymbol: 1 });
  });

  test("what another user holds is not the user's to sell", async () => {
    await trader();
    await ordered({ symbol: "MSFT" });
    await trader();
    expect(await codeOf({ symbol: "MSFT", side: "sell" })).toBe("short_sale_blocked");
  });

  test("orders of another user do not count", async () => {
    await trader({ max_orders_per_day: 1 });
    await ordered({ symbol: "SPY" });
    await trader({ max_orders_per_day: 1 });
    expect(await codeOf({ symbol: "SPY" })).toBe("approved");
  });

  test("orders of another trading day do not count for this one", async () => {
    await trader({ max_orders_per_day: 1 });
    await ordered({ symbol: "SPY" }, "status = 'canceled', trading_day = trading_day - 1, created_at = created_at - interval '2 hours'");
    expect(await codeOf({ symbol: "AAPL" })).toBe("approved");
    expect(await codeOf({ symbol: "MSFT" })).toBe("max_orders_per_day_reached");
  });

  test("a day without the close of its own day before is not known", async () => {
    await trader({ max_daily_loss_usd: 2 });
    await ordered({ symbol: "SPY" }, "status = 'filled', filled_qty = 0.1, filled_avg_price = 100, trading_day = trading_day - 3, created_at = created_at - interval '3 days'");
    const closeOf = (daysBefore: number) =>
      database.ownerPool.query(
        `insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of, trading_day)
         values ('iex', 'us_equity', 'SPY', 'prev_close', 100, now(), (now() at time zone 'America/New_York')::date - $1::int4)
         on conflict (symbol, metric, feed, asset_class) do update set trading_day = excluded.trading_day`,
        [daysBefore],
      );
    await closeOf(1);
    expect(await codeOf({ symbol: "AAPL" })).toBe("daily_result_unknown");
    await closeOf(0);
    expect(await codeOf({ symbol: "AAPL" })).toBe("approved");
  });
});
