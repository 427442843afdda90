import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DataInput, TradingConfig } from "@nod/contract/trading-config";
import { saveOwnConfig } from "../../src/trading/config/user-config.ts";
import { startTick, type TickSettings, type TickWorker } from "../../src/workers/tick.ts";
import type { TickReport } from "../../src/workers/tick-observer.ts";
import { createCountingPool } from "../support/counting-pool.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createFakeMarket, type FakeMarket } from "../support/fake-market.ts";
import { addUsers, configWith, dipRule } from "../support/trading-users.ts";

const aDay = 86_400_000;
/** What a tick gives the market where the market's time is not what the test is about. */
const longMs = 120_000;
let database: TestDatabase;
let market: FakeMarket;
let workers: TickWorker[] = [];
let reports: TickReport[] = [];
let errors: unknown[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  market = createFakeMarket();
  reports = [];
  errors = [];
  await openMarket(true);
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
  await database.drop();
});

function start(changes: Partial<TickSettings> = {}): TickWorker {
  const worker = startTick({
    pool: database.pool, market, owner: `process-${workers.length}`, intervalMs: aDay, ingestEnabled: true, evaluationEnabled: true, patienceMs: longMs, fetchTimeoutMs: longMs,
    observer: { tickFinished: (report) => reports.push(report), tickFailed: (error) => errors.push(error) }, ...changes,
  });
  workers.push(worker);
  return worker;
}
/** Of today in New York, whatever the hour of the test. */
const openMarket = (isOpen: boolean): Promise<unknown> =>
  database.pool.query(
    `insert into market_sessions (market, is_open, trading_day, next_open, next_close, as_of)
     values ('us_equity', $1, (now() at time zone 'America/New_York')::date, now() + interval '1 day', now() + interval '1 hour', now())
     on conflict (market) do update set is_open = excluded.is_open`,
    [isOpen],
  );
const questions = async (): Promise<string[]> => {
  const { rows } = await database.pool.query<{ asked: string }>("select firebase_uid || ' ' || source_tag as asked from questions order by 1");
  return rows.map((row) => row.asked.replace("trading:rule:", ""));
};
const addUser = (config: TradingConfig, ...uids: string[]): Promise<void> => addUsers(database.ownerPool, `t_${uids[0] ?? ""}`, config, uids);
const fastInput = (changes: Partial<DataInput>): DataInput => ({
  id: "fast", source: "alpaca", asset_class: "us_equity", symbols: ["SPY"], feed: "iex", poll_interval_seconds: 5, metrics: ["last_trade", "prev_close"], ...changes,
});
const ticked = (n: number): Promise<void> => expect.poll(() => reports.length).toBeGreaterThanOrEqual(n);

describe("a tick", () => {
  test("asks everyone whose rule holds, and nobody else, from one call to the market", async () => {
    await addUser(configWith([dipRule(), dipRule({ id: "deep", threshold_pct: -5 })]), "alice", "bob");
    await addUser(configWith([dipRule({ symbol: "IBM" })]), "carol");
    market.set("SPY", "98");
    market.set("IBM", "99");
    start();
    await ticked(1);
    expect(await questions()).toEqual(["alice dip_confirm", "bob dip_confirm"]);
    expect(market.requests.map(({ feed, symbols }) => [feed, symbols.toSorted()])).toEqual([["iex", ["IBM", "SPY"]]]);
    expect(reports[0]).toMatchObject({ changedUsers: 3, changedMarkets: 2, fired: 2, asked: 2 });
  });

  test("takes as many statements for five hundred users as for one, both when it asks and when it does not", async () => {
    const config = configWith([dipRule(), dipRule({ id: "also" })], { data_inputs: [fastInput({})] });
    const count = async (expected: number): Promise<number[]> => {
      market.set("SPY", "99.9");
      const pool = createCountingPool(database.pool);
      const counts: number[] = [];
      const seen = reports.length;
      const worker = start({ pool, observer: { tickFinished: (report) => { reports.push(report); counts.push(pool.statements); } } });
      await ticked(seen + 1);
      market.set("SPY", "98");
      await ticked(seen + 2);
      await worker.stop();
      expect(reports.slice(seen).map((report) => report.asked)).toEqual([0, expected]);
      const [first = 0, second = 0] = counts;
      return [first, second - first];
    };
    await addUser(config, "alone");
    const [loading, asking] = await count(2);
    await database.pool.query("update user_trading_config set enabled = false");
    await addUser(config, ...Array.from({ length: 500 }, (_, index) => `many${index}`));
    const counts = await count(1_000);
    expect(counts[0]).toBe(loading);
    expect(counts[1]).toBe(asking);
  });

  test("stamps when users were read for and evaluated", async () => {
    await addUser(configWith([dipRule()]), "alice", "bob");
    market.set("SPY", "99.9");
    start();
    await ticked(1);
    const { rows } = await database.pool.query("select firebase_uid, last_ingest_at is not null as ingested, last_eval_at is not null as evaluated from user_trading_state order by 1");
    expect(rows).toEqual([{ firebase_uid: "alice", ingested: true, evaluated: true }, { firebase_uid: "bob", ingested: true, evaluated: true }]);
  });

  test("asks nothing while the market is closed, and at once when it opens, though no price has changed", async () => {
    await addUser(configWith([dipRule()]), "alice");
    await openMarket(false);
    market.set("SPY", "98");
    const worker = start();
    await ticked(1);
    expect(await questions()).toEqual([]);
    await openMarket(true);
    worker.wake();
    await expect.poll(questions).toEqual(["alice dip_confirm"]);
    expect(market.requests).toHaveLength(1);
  });

  test("looks only at what changed: a second tick on the same facts evaluates nothing", async () => {
    await addUser(configWith([dipRule({ cooldown_seconds: 0 })]), "alice");
    market.set("SPY", "98");
    const worker = start();
    await ticked(1);
    worker.wake();
    await ticked(2);
    expect(reports[1]).toMatchObject({ changedUsers: 0, changedMarkets: 0, fired: 0 });
  });

  test("a rule that was asked about is not even sent to the database again within its cooldown", async () => {
    await addUser(configWith([dipRule()], { data_inputs: [fastInput({})] }), "alice");
    market.set("SPY", "98");
    start();
    await ticked(2);
    expect(reports[1]).toMatchObject({ changedMarkets: 1, fired: 0, quiet: 1 });
    expect(await questions()).toEqual(["alice dip_confirm"]);
  });

  test("a cooldown survives a restart", async () => {
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "98");
    const first = start();
    await ticked(1);
    await database.pool.query("with q as (update questions set status = 'rejected', closed_at = now()) update user_pipeline_state set phase = 'done'");
    await first.stop();
    start();
    await ticked(2);
    expect(reports[1]).toMatchObject({ fired: 1, asked: 0 });
    expect(await questions()).toEqual(["alice dip_confirm"]);
  });
});

describe("a config that changes", () => {
  test("a new user whose rule holds already is asked on the stored facts, without another fetch", async () => {
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "98");
    const worker = start();
    await ticked(1);
    await addUser(configWith([dipRule()]), "bob");
    worker.wake();
    await expect.poll(questions).toEqual(["alice dip_confirm", "bob dip_confirm"]);
    expect(market.requests).toHaveLength(1);
  });

  test("a rule that now holds fires, one that was switched off does not", async () => {
    await addUser(configWith([dipRule({ threshold_pct: -3 }), dipRule({ id: "other", threshold_pct: -4 })]), "alice");
    market.set("SPY", "98");
    const worker = start();
    await ticked(1);
    await saveOwnConfig(database.pool, "alice", { rules: [{ id: "dip_confirm", threshold_pct: -1 }, { id: "other", threshold_pct: -1, enabled: false }] }, null);
    worker.wake();
    await expect.poll(questions).toEqual(["alice dip_confirm"]);
  });

  test("a new symbol is fetched at once, and only it", async () => {
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "99.9");
    market.set("IBM", "98");
    const worker = start();
    await ticked(1);
    await addUser(configWith([dipRule({ symbol: "IBM" })]), "bob");
    worker.wake();
    await expect.poll(questions).toEqual(["bob dip_confirm"]);
    expect(market.requests.map((request) => request.symbols)).toEqual([["SPY"], ["IBM"]]);
  });

  test("a document in the database that is broken harms its user only, and is reported", async () => {
    await addUser(configWith([dipRule()]), "alice", "broken");
    await database.pool.query("update user_trading_config set config = '{\"guardrails\": 7}' where firebase_uid = 'broken'");
    market.set("SPY", "98");
    const problems: string[] = [];
    start({ observer: { tickFinished: (report) => reports.push(report), configProblem: ({ subject }) => problems.push(subject) } });
    await ticked(1);
    expect(await questions()).toEqual(["alice dip_confirm"]);
    expect(problems).toEqual(["user broken"]);
  });
});

describe("a market that misbehaves", () => {
  const coins = configWith([dipRule({ symbol: "BTC/USD" })], { data_inputs: [fastInput({ asset_class: "crypto", feed: "crypto_us", symbols: ["BTC/USD"] })] });

  test.each(["hang", "fail", "nonsense"] as const)("one feed that does %s does not keep the others from being asked", async (how) => {
    await addUser(coins, "miner");
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "98");
    market.set("BTC/USD", "90");
    market.set("NEVER", "1");
    market.behave("crypto_us", how);
    const worker = start({ patienceMs: 200, fetchTimeoutMs: 400 });
    await expect.poll(questions).toEqual(["alice dip_confirm"]);
    const { rows } = await database.pool.query("select distinct feed || ' ' || symbol as stored from market_data_latest");
    expect(rows).toEqual([{ stored: "iex SPY" }]);
    if (how !== "nonsense") {
      await expect.poll(() => worker.health().feeds.filter((feed) => feed.failingSince !== null).map((feed) => feed.group.feed)).toEqual(["crypto_us"]);
    }
    market.behave("crypto_us", "well");
    await expect.poll(questions).toEqual(["alice dip_confirm", "miner dip_confirm"]);
    expect(worker.health().feeds.every((feed) => feed.failingSince === null)).toBe(true);
  });

  test("what comes after the tick has gone on is evaluated when it is there", async () => {
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "98");
    const gate = Promise.withResolvers<void>();
    start({ patienceMs: 1, market: { fetchFacts: async (request, signal) => (await gate.promise, market.fetchFacts(request, signal)) } });
    await ticked(1);
    expect(reports[0]).toMatchObject({ changedMarkets: 1, unknown: 1, fired: 0 });
    gate.resolve();
    await expect.poll(questions).toEqual(["alice dip_confirm"]);
  });

  test("facts that another process recorded are evaluated without fetching any", async () => {
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "98");
    const fetching = start({ evaluationEnabled: false });
    await ticked(1);
    await fetching.stop();
    expect(await questions()).toEqual([]);
    start({ ingestEnabled: false });
    await expect.poll(questions).toEqual(["alice dip_confirm"]);
    expect(market.requests).toHaveLength(1);
  });
});

describe("a database that misbehaves", () => {
  test("what a failed tick would have asked is asked by the next", async () => {
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "98");
    await database.ownerPool.query("alter table questions rename to questions_away");
    const worker = start();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(worker.health().failingSince).not.toBeNull();
    await database.ownerPool.query("alter table questions_away rename to questions");
    await expect.poll(questions).toEqual(["alice dip_confirm"]);
    await expect.poll(() => worker.health().failingSince).toBeNull();
  });
});

describe("several processes", () => {
  test("one ticks, the other stands by and takes over when it stops", async () => {
    await addUser(configWith([dipRule({ cooldown_seconds: 0 })]), "alice");
    market.set("SPY", "99");
    const first = start();
    await expect.poll(() => first.health().isLeader).toBe(true);
    const second = start();
    await ticked(1);
    expect([first.health().isLeader, second.health().isLeader]).toEqual([true, false]);
    await first.stop();
    market.set("SPY", "98");
    await expect.poll(() => second.health().isLeader).toBe(true);
    await expect.poll(questions).toEqual(["alice dip_confirm"]);
  });

  test("one whose lease has passed on while it was paused asks nobody", async () => {
    await addUser(configWith([dipRule()]), "alice");
    market.set("SPY", "98");
    const gate = Promise.withResolvers<void>();
    start({ market: { fetchFacts: async (request, signal) => (await gate.promise, market.fetchFacts(request, signal)) } });
    await expect.poll(async () => (await database.pool.query("select from leases where name = 'tick'")).rowCount).toBe(1);
    await database.pool.query("update leases set owner = 'somebody else', fencing = fencing + 1, expires_at = now() + interval '1 hour' where name = 'tick'");
    gate.resolve();
    await ticked(1);
    expect(reports[0]).toMatchObject({ fired: 1, asked: 0 });
    expect(await questions()).toEqual([]);
  });
});
