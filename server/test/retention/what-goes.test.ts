import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { makePartitions } from "../../src/db/partitions-table.ts";
import { prepareDatabase } from "../../src/prepare-database.ts";
import { verifyArchives } from "../../src/trading/audit/verify-archives.ts";
import { verifyChains } from "../../src/trading/audit/verify-chains.ts";
import { readCoverage, rememberWishes } from "../../src/trading/market/coverage-table.ts";
import { dropOldMinutes, symbolsWithMinutes } from "../../src/trading/market/old-minutes-table.ts";
import { listChores } from "../../src/workers/chores-list.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { recordLongAgo, shadowLogClock } from "../support/past-events.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await prepareDatabase(database.ownerUrl, () => undefined);
});
afterAll(() => database.drop());

describe("minutes that nobody looks at", () => {
  const key = { feed: "iex", assetClass: "us_equity", timeframe: "1Min" } as const;
  const midnight = (days: number): Promise<Date> => database.ownerPool.query<{ at: Date }>("select date_trunc('day', now() - $1::int4 * interval '1 day', 'America/New_York') as at", [days]).then(({ rows }) => rows[0]?.at ?? new Date(NaN));

  beforeEach(() => database.ownerPool.query("truncate market_bars, market_bar_coverage, market_data_latest"));

  /** A minute at noon of every tenth day, back to 200 days ago, all of it covered. */
  async function cover(symbol: string, coveredTo = "now()"): Promise<void> {
    await database.ownerPool.query(
      `insert into market_bars (feed, asset_class, symbol, timeframe, starts_at, open, high, low, close, volume)
       select 'iex', 'us_equity', $1, timeframe, date_trunc('day', now() - n * interval '10 days', 'America/New_York') + interval '12 hours', 1, 1, 1, 1, 1
         from generate_series(0, 20) n cross join unnest(array['1Min', '1Day']) as timeframe`,
      [symbol],
    );
    await database.ownerPool.query(
      `insert into market_bar_coverage (feed, asset_class, symbol, timeframe, covered_from, covered_to, generation)
       select 'iex', 'us_equity', $1, timeframe, now() - interval '200 days', ${coveredTo}, 3 from unnest(array['1Min', '1Day']) as timeframe`,
      [symbol],
    );
  }
  const left = async (symbol: string): Promise<{ minutes: number; days: number }> => {
    const { rows } = await database.ownerPool.query<{ minutes: number; days: number }>("select count(*) filter (where timeframe = '1Min')::int4 as minutes, count(*) filter (where timeframe = '1Day')::int4 as days from market_bars where symbol = $1", [symbol]);
    return rows[0] ?? { minutes: -1, days: -1 };
  };
  const minutesOf = async (symbol: string): Promise<unknown> => {
    const row = (await readCoverage(database.pool)).find((each) => each.symbol === symbol && each.timeframe === "1Min");
    return { from: row?.covered?.from, generation: row?.generation };
  };

  test("go, with what is said to be covered; days stay", async () => {
    await cover("SPY");
    expect(await symbolsWithMinutes(database.pool)).toEqual(["SPY"]);
    expect(await dropOldMinutes(database.pool, ["SPY"], 90)).toBe(11);
    expect(await left("SPY")).toEqual({ minutes: 10, days: 21 });
    expect(await minutesOf("SPY")).toEqual({ from: await midnight(90), generation: 3 });
    expect(await dropOldMinutes(database.pool, ["SPY"], 90)).toBe(0);
  });

  test("stay as far as a rule wants them, while it says so", async () => {
    await cover("SPY");
    await cover("QQQ");
    const from = await midnight(150);
    await rememberWishes(database.pool, [{ ...key, symbol: "SPY", from }, { ...key, symbol: "QQQ", from }]);
    await database.ownerPool.query("update market_bar_coverage set wanted_at = now() - interval '8 days' where symbol = 'QQQ'");
    await dropOldMinutes(database.pool, ["SPY", "QQQ"], 90);
    expect(await left("SPY")).toEqual({ minutes: 16, days: 21 });
    expect(await minutesOf("SPY")).toEqual({ from, generation: 3 });
    expect(await left("QQQ")).toEqual({ minutes: 10, days: 21 });
  });

  test("stay while they are being fetched", async () => {
    await cover("SPY");
    await database.ownerPool.query("update market_bar_coverage set filling_from = now() - interval '300 days', filling_to = now() - interval '250 days' where timeframe = '1Min'");
    expect(await dropOldMinutes(database.pool, ["SPY"], 90)).toBe(0);
    expect(await left("SPY")).toEqual({ minutes: 21, days: 21 });
  });

  test("of a symbol that is followed no more go in the end, and nothing is said to be covered then", async () => {
    await cover("OLD", "now() - interval '100 days'");
    await dropOldMinutes(database.pool, ["OLD"], 90);
    expect(await minutesOf("OLD")).toEqual({ from: undefined, generation: 4 });
  });

  test("of a symbol that only charts show go too", async () => {
    await cover("SPY");
    await database.ownerPool.query("delete from market_bar_coverage; insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of) values ('iex', 'us_equity', 'SPY', 'last_trade', 1, now())");
    expect(await symbolsWithMinutes(database.pool)).toEqual(["SPY"]);
    expect(await dropOldMinutes(database.pool, ["SPY"], 90)).toBe(11);
  });
});

test("every chore does what it is for, as the role of the workers", async () => {
  const archiveFolder = join(inject("scratchFolder"), `chores-${newUuid()}`);
  await shadowLogClock(database);
  await recordLongAgo(database, { months: 8 }, [{ firebaseUid: "alice", kind: "config_changed" }]);
  await database.ownerPool.query(`
    insert into users (firebase_uid) values ('alice');
    insert into market_data_snapshots (symbol, asset_class, feed, metric, price, as_of, recorded_at) select 'SPY', 'us_equity', 'iex', 'bid', 1, t, t from unnest(array[now() - interval '50 days', now()]) as t;
    insert into user_outbox_heads (firebase_uid, last_seq, acked_seq) values ('alice', 3, 2);
    insert into user_outbox (firebase_uid, seq, kind, ref_id, created_at) select 'alice', n, 'trade_update', gen_random_uuid(), now() - interval '10 days' from generate_series(1, 3) n;
    insert into devices (firebase_uid, id, label, last_seen_at) values ('alice', '${randomUUID()}', 'lost', now() - interval '200 days'), ('alice', '${randomUUID()}', 'here', now());
    select graphile_worker.add_job('given up', max_attempts => 1), graphile_worker.add_job('waits');
    update graphile_worker._private_jobs set attempts = 1, updated_at = now() - interval '31 days' where max_attempts = 1`);
  const chores = listChores(database.pool, { marketDataDays: 30, eventsMonths: 6, barsDays: 90, outboxDays: 3, devicesDays: 180, archiveFolder });
  for (const { run } of chores) await run(new AbortController().signal);

  const one = async (sql: string): Promise<unknown> => Object.values((await database.ownerPool.query(sql)).rows[0] ?? {})[0];
  expect(await one("select count(*)::int4 from partitions_of('market_data_snapshots') where ends_at > now() + interval '6 days'")).toBeGreaterThan(0);
  expect(await one("select count(*)::int4 from market_data_snapshots")).toBe(1);
  expect(await readdir(archiveFolder)).toHaveLength(1);
  expect(await verifyChains(database.pool)).toMatchObject({ events: 0, archived: 1, breaks: [] });
  expect(await verifyArchives(database.pool, archiveFolder)).toMatchObject({ archives: 1, breaks: [] });
  expect(await one("select array_agg(seq::int4) from user_outbox")).toEqual([3]);
  expect(await one("select array_agg(label) from devices")).toEqual(["here"]);
  expect(await one("select array_agg(task_identifier) from graphile_worker.jobs")).toEqual(["waits"]);
  expect(await makePartitions(database.pool, "events", 2)).toBe(0);
});

test("without a number of months nothing of the log is ever archived", () => {
  const names = (eventsMonths: number | null): string[] => listChores(database.pool, { marketDataDays: 30, eventsMonths, barsDays: 90, outboxDays: 3, devicesDays: 180, archiveFolder: "" }).map(({ name }) => name);
  expect(names(12)).toContain("archive_events");
  expect(names(null)).not.toContain("archive_events");
});
