import type { ConditionRule, TradingConfig } from "@nod/contract/trading-config";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { startTick, type TickSettings, type TickWorker } from "../../src/workers/tick.ts";
import type { TickReport } from "../../src/workers/tick-observer.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createFakeMarket, type FakeMarket } from "../support/fake-market.ts";
import { createCountingPool } from "../support/counting-pool.ts";
import { addUsers, configWith } from "../support/trading-users.ts";

const aDay = 86_400_000;
let database: TestDatabase;
let market: FakeMarket;
const workers: TickWorker[] = [];
let reports: TickReport[] = [];
let errors: unknown[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  market = createFakeMarket();
  reports = [];
  errors = [];
  // A session of today in New York, whatever the hour of the test: it began at midnight there.
  await database.ownerPool.query(
    `insert into market_sessions (market, is_open, trading_day, next_open, next_close, as_of)
     values ('us_equity', true, (now() at time zone 'America/New_York')::date, now() + interval '1 day', now() + interval '1 hour', now())`,
  );
  await database.ownerPool.query(
    `insert into market_calendar (trading_day, opens_at, closes_at) select trading_day, trading_day::timestamp at time zone 'America/New_York', next_close from market_sessions`,
  );
});
afterEach(async () => {
  await stopAll();
  await database.drop();
});

const stopAll = async (): Promise<void> => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
};
function start(changes: Partial<TickSettings> = {}): TickWorker {
  const worker = startTick({
    pool: database.pool, market, owner: `process-${newUuid()}`, intervalMs: aDay, ingestEnabled: true, evaluationEnabled: true, patienceMs: 120_000, fetchTimeoutMs: 120_000,
    observer: { tickFinished: (report) => reports.push(report), tickFailed: (error) => errors.push(error) }, ...changes,
  });
  workers.push(worker);
  return worker;
}

const rule = (changes: Partial<ConditionRule> = {}): ConditionRule => ({
  id: "watch", type: "condition", symbol: "SPY", when: { op: "<=", left: "last", right: 98 }, question_template: "{{symbol}} is at {{price}}. Buy?",
  on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
  cooldown_seconds: 0, expires_in_seconds: 300, max_staleness_seconds: 180, max_drift_bps: 50, ...changes,
});
const config = (rules: ConditionRule[], changes: Partial<TradingConfig> = {}): TradingConfig => {
  const made = configWith(rules, changes);
  // Nothing is polled while a test runs: a tick that a poll began could end in the place of the one that saw the new price.
  return { ...made, data_inputs: made.data_inputs.map((input) => ({ ...input, poll_interval_seconds: 86_400 })) };
};
const addUser = (of: TradingConfig, uid = "alice"): Promise<void> => addUsers(database.ownerPool, `t_${uid}`, of, [uid]);

/** The price as it is polled next: the fact is put where ingest puts it, and the tick is woken. */
async function priceIs(worker: TickWorker, last: string): Promise<void> {
  market.set("SPY", last);
  await database.ownerPool.query("update market_data_latest set price = $1, as_of = clock_timestamp(), changed_xid = pg_current_xact_id() where symbol = 'SPY' and metric = 'last_trade'", [last]);
  const before = reports.length;
  worker.wake();
  await expect.poll(() => reports.length).toBeGreaterThan(before);
}
async function running(last: string): Promise<TickWorker> {
  market.set("SPY", last);
  const before = reports.length;
  const worker = start();
  await expect.poll(() => reports.length).toBeGreaterThan(before);
  return worker;
}
type Asked = { source_tag: string; pipeline_key: string; question_text: string; metadata: { order?: Record<string, unknown>; facts?: Record<string, string>; group?: string; auto?: boolean } };
const asked = async (): Promise<Asked[]> => (await database.ownerPool.query<Asked>("select source_tag, pipeline_key, question_text, metadata from questions order by created_at, source_tag")).rows;
const closeAll = () =>
  database.ownerPool.query("with q as (update questions set status = 'rejected', closed_at = now() where status = 'open') update user_pipeline_state set phase = 'done', cooldown_until = now()");
const holds = (uid: string, qty: string) =>
  database.ownerPool.query(
    `with i as (insert into trade_intents (id, firebase_uid, origin, symbol, asset_class, side, order_type, notional_usd, mode, facts)
       values (gen_random_uuid(), $1, 'rule', 'SPY', 'us_equity', 'buy', 'market', 10, 'paper', '{}') returning id)
     insert into trade_orders (id, firebase_uid, intent_id, client_order_id, symbol, asset_class, side, order_type, qty, reserved_notional_usd, mode, status, filled_qty, filled_avg_price, trading_day, approval_expires_at, filled_at)
     select id, $1, id, 'nod-' || id, 'SPY', 'us_equity', 'buy', 'market', $2::numeric, 10, 'paper', 'filled', $2::numeric, 100, current_date, now(), now() from i`,
    [uid, qty],
  );

describe("a condition", () => {
  test("asks when it turns true, with what it looked at, and not for what held when it was switched on", async () => {
    await addUser(config([rule()]));
    const worker = await running("97");
    expect(await asked()).toEqual([]);
    await priceIs(worker, "99");
    await priceIs(worker, "97.5");
    expect(await asked()).toMatchObject([
      { source_tag: "trading:rule:watch", pipeline_key: "trading", question_text: "SPY is at 97.50. Buy?", metadata: { rule_type: "condition", price: "97.5", facts: { last: "97.5" }, order: { side: "buy", order_type: "market", notional_usd: "10" }, group: expect.any(String) } },
    ]);
    expect(errors).toEqual([]);
  });

  test("asks for what held already when it says so, and once is once: over restarts, and until it is another rule", async () => {
    const once = rule({ fire: { mode: "once", at_start: true } });
    await addUser(config([once]));
    let worker = await running("97");
    expect(await asked()).toHaveLength(1);
    await closeAll();
    await priceIs(worker, "99");
    await priceIs(worker, "97");
    expect(await asked()).toHaveLength(1);
    await stopAll();
    worker = await running("99");
    await priceIs(worker, "96");
    expect(await asked()).toHaveLength(1);
    await database.ownerPool.query("update trading_config_templates set config = jsonb_set(config, '{rules,0,when,right}', '97')");
    await priceIs(worker, "96.5");
    expect(await asked()).toHaveLength(2);
  });

  test("that was held back is asked about as soon as it may be, while it is still true", async () => {
    await addUser(config([rule()], { restraint: { max_cards_per_hour: 1 } }));
    const worker = await running("99");
    await priceIs(worker, "97");
    await closeAll();
    await priceIs(worker, "99");
    await priceIs(worker, "97");
    expect(await asked()).toHaveLength(1);
    await database.ownerPool.query("update questions set created_at = created_at - interval '2 hours'");
    await priceIs(worker, "96.9");
    expect(await asked()).toHaveLength(2);
  });

  test("that fired while the database could not be written asks at the next tick: a crossing comes but once", async () => {
    await addUser(config([rule({ when: { op: "crosses_below", left: "last", right: 98 } })]));
    const worker = await running("99");
    await priceIs(worker, "99.5");
    await database.ownerPool.query("alter table questions rename to questions_away");
    market.set("SPY", "97");
    await database.ownerPool.query("update market_data_latest set price = 97, as_of = clock_timestamp(), changed_xid = pg_current_xact_id() where symbol = 'SPY' and metric = 'last_trade'");
    worker.wake();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    await database.ownerPool.query("alter table questions_away rename to questions");
    worker.wake();
    await expect.poll(async () => (await asked()).length).toBe(1);
  });

  test("that was asked about before the database went away is not asked about again with those that were not", async () => {
    // More than one transaction takes, and the second cannot be written.
    const rules = Array.from({ length: 10 }, (_, n) => rule({ id: `cross_${n}`, when: { op: "crosses_below", left: "last", right: 98 } }));
    const uids = Array.from({ length: 1_050 }, (_, n) => `many_${n}`);
    await addUsers(database.ownerPool, "many", config(rules), uids);
    const worker = await running("99");
    await priceIs(worker, "99.5");
    const countAsked = async (): Promise<number> => (await database.ownerPool.query<{ count: number }>("select count(*)::int4 as count from questions")).rows[0]?.count ?? 0;
    await database.ownerPool.query(`
      create function refuse() returns trigger language plpgsql as $$ begin
        if (select count(*) from questions) > 10000 then raise exception 'no space left'; end if;
        return null;
      end $$;
      create trigger refuse after insert on questions for each statement execute function refuse()`);
    market.set("SPY", "97");
    await database.ownerPool.query("update market_data_latest set price = 97, as_of = clock_timestamp(), changed_xid = pg_current_xact_id() where symbol = 'SPY' and metric = 'last_trade'");
    worker.wake();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(await countAsked()).toBe(10_000);
    await closeAll();
    await database.ownerPool.query("drop trigger refuse on questions");
    const before = reports.length;
    worker.wake();
    await expect.poll(() => reports.length).toBeGreaterThan(before);
    expect(await countAsked()).toBe(10_500);
  });

  test("costs the same number of statements for two hundred users as for one", async () => {
    const counts: number[] = [];
    for (const users of [1, 200]) {
      const uids = Array.from({ length: users }, (_, n) => `many_${users}_${n}`);
      await addUsers(database.ownerPool, `many_${users}`, config([rule({ when: { all: [{ op: "<=", left: "last", right: 98 }, { op: "=", left: { position: "qty" }, right: 0 }] }, fire: { mode: "on_change" } })]), uids);
      market.set("SPY", "99");
      const pool = createCountingPool(database.pool);
      const worker = start({ pool });
      await expect.poll(() => reports.length).toBeGreaterThan(0);
      await priceIs(worker, "99.5");
      const before = pool.statements;
      await priceIs(worker, "97");
      counts.push(pool.statements - before);
      expect(await database.ownerPool.query("select from questions").then(({ rowCount }) => rowCount)).toBe(users);
      await stopAll();
      await database.ownerPool.query("delete from users");
      reports = [];
    }
    expect(counts[1]).toBe(counts[0]);
  });
});

describe("what it proposes", () => {
  const proposing = async (action: ConditionRule["on_answer_match"], prepare: () => Promise<unknown> = () => Promise.resolve()): Promise<Asked[]> => {
    await addUser(config([rule({ on_answer_match: action, fire: { mode: "once_per_day", at_start: true } })]));
    await prepare();
    await running("97");
    return asked();
  };

  test("a notice wants no order", async () => {
    expect(await proposing({ action: "notify" })).toMatchObject([{ pipeline_key: "notice", metadata: { rule_id: "watch" } }]);
    expect((await asked())[0]?.metadata.order).toBeUndefined();
  });

  test("an exit is of what the user holds, or of a part of it", async () => {
    expect(await proposing({ action: "propose_exit", portion_pct: 50 }, () => holds("alice", "3"))).toMatchObject([{ metadata: { order: { side: "sell", order_type: "market", notional_usd: null, qty: "1.5" } } }]);
  });

  test("who holds nothing is not asked to exit, and is as soon as he does", async () => {
    expect(await proposing({ action: "propose_exit" })).toEqual([]);
    await holds("alice", "2");
    const [worker] = workers;
    if (worker === undefined) throw new Error("no worker runs");
    await priceIs(worker, "96");
    expect(await asked()).toMatchObject([{ metadata: { order: { side: "sell", qty: "2" } } }]);
  });

  test("a limit order lies so many basis points from the last trade, on the tick", async () => {
    expect(await proposing({ action: "propose_order", side: "buy", qty: 2, order_type: "limit", limit_offset_bps: -30, exits: { stop_loss_pct: 5 } })).toMatchObject([
      { metadata: { order: { side: "buy", order_type: "limit", qty: "2", notional_usd: null, limit_price: "96.7", exits: { stop_loss_pct: 5 } } } },
    ]);
  });

  test("a part of the equity is in dollars, rounded down to the cent; unknown, nobody is asked", async () => {
    expect(await proposing({ action: "propose_order", side: "buy", equity_pct: 0.33 })).toEqual([]);
    await database.ownerPool.query("insert into broker_accounts (id, buying_power, cash, equity, as_of) values ('alpaca', 1, 1, 10001, now())");
    const [worker] = workers;
    if (worker === undefined) throw new Error("no worker runs");
    await priceIs(worker, "96");
    expect(await asked()).toMatchObject([{ metadata: { order: { notional_usd: "33" } } }]);
  });

  test("one that fires for two symbols' rules at once is one group", async () => {
    await addUser(config([rule({ id: "one", fire: { mode: "once_per_day", at_start: true } }), rule({ id: "two", fire: { mode: "once_per_day", at_start: true }, on_answer_match: { action: "notify" } })]));
    await running("97");
    const groups = (await asked()).map(({ metadata }) => metadata.group);
    expect(groups).toHaveLength(2);
    expect(new Set(groups).size).toBe(1);
  });
});
