import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { price } from "../../src/core/decimal.ts";
import { dropOldestFacts, makePartitions } from "../../src/db/partitions-table.ts";
import { createPool } from "../../src/db/pool.ts";
import { readLatestFacts, recordFacts } from "../../src/trading/market/facts-table.ts";
import { readPriceLine } from "../../src/trading/market/price-line-table.ts";
import { readRecordedFacts } from "../../src/trading/market/recorded-facts-table.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.ownerPool.query("truncate market_data_snapshots, market_data_latest"));

/** A fact that was written at an instant, as SQL. */
const recordedAt = (instant: string, symbol = "SPY", at = "100"): Promise<unknown> =>
  database.ownerPool.query(`insert into market_data_snapshots (symbol, asset_class, feed, metric, price, as_of, recorded_at) select $1, 'us_equity', 'iex', 'last_trade', $2::numeric, t, t from (select ${instant} as t) as given`, [symbol, at]);
const daysAgo = (days: number): string => `partition_after('market_data_snapshots', partition_start('market_data_snapshots', now()), ${-days}) + interval '12 hours'`;
const rowsIn = async (): Promise<unknown[]> =>
  (await database.ownerPool.query("select tableoid::regclass::text as part, count(*)::int4 as rows from market_data_snapshots group by 1 order by 1")).rows.map((row) => [row["part"], row["rows"]]);
const nameOf = async (days: number): Promise<string> =>
  (await database.ownerPool.query<{ name: string }>(`select to_char((${daysAgo(days)}) at time zone 'America/New_York', '"market_data_snapshots_"YYYY_MM_DD') as name`)).rows[0]?.name ?? "";

describe("a day of facts", () => {
  test("begins at New York's midnight and not at that of UTC, in winter and in summer", async () => {
    for (const instant of ["2026-01-14 04:59:59.999999Z", "2026-01-14 05:00Z", "2026-01-15 04:59:59.999999Z", "2026-07-01 03:59:59.999999Z", "2026-07-01 04:00Z"]) await recordedAt(`timestamptz '${instant}'`);
    await makePartitions(database.pool, "market_data_snapshots", 1);
    expect(await rowsIn()).toEqual([
      ["market_data_snapshots_2026_01_13", 1],
      ["market_data_snapshots_2026_01_14", 2],
      ["market_data_snapshots_2026_06_30", 1],
      ["market_data_snapshots_2026_07_01", 1],
    ]);
  });

  test("has 23 hours when the clocks go forward, and 25 when they go back", async () => {
    for (const day of ["2026-03-08 12:00Z", "2026-11-01 12:00Z"]) await recordedAt(`timestamptz '${day}'`);
    await makePartitions(database.pool, "market_data_snapshots", 1);
    const { rows } = await database.ownerPool.query("select extract(epoch from ends_at - starts_at)::int4 / 3600 as hours from partitions_of('market_data_snapshots') where name in ('market_data_snapshots_2026_03_08', 'market_data_snapshots_2026_11_01') order by name");
    expect(rows).toEqual([{ hours: 23 }, { hours: 25 }]);
  });

  test("that nobody made a partition for is kept in the default one, and moves when it is made, each row with its number", async () => {
    await recordedAt(daysAgo(80), "SPY");
    await recordedAt(daysAgo(80), "QQQ");
    const numbers = await database.ownerPool.query("select id, symbol from market_data_snapshots order by id");
    expect(await rowsIn()).toEqual([["market_data_snapshots_default", 2]]);
    expect(await makePartitions(database.pool, "market_data_snapshots", 1)).toBe(1);
    expect(await rowsIn()).toEqual([[await nameOf(80), 2]]);
    expect((await database.ownerPool.query("select id, symbol from market_data_snapshots order by id")).rows).toEqual(numbers.rows);
  });

  test("is there ahead of its time, also when two make it at once", async () => {
    // New York's midnight may have passed since the migration made seven.
    await makePartitions(database.pool, "market_data_snapshots", 7);
    const made = await Promise.all([makePartitions(database.pool, "market_data_snapshots", 9), makePartitions(database.pool, "market_data_snapshots", 9)]);
    expect(made.toSorted((a, b) => a - b)).toEqual([0, 2]);
    await recordedAt(daysAgo(-9));
    expect(await rowsIn()).toEqual([[await nameOf(-9), 1]]);
    await expect(makePartitions(database.pool, "market_data_snapshots", 0)).rejects.toThrow("1 to 62 ahead");
  });
});

describe("dropping old facts", () => {
  test("takes whole days that are over long enough, one at a time; the latest facts and today's rows stay as they are", async () => {
    // Of a symbol that has not traded for months the latest fact is old, and its history goes.
    for (const days of [40, 31, 30, 7, 0]) await recordedAt(daysAgo(days));
    const recorded = await recordFacts(database.pool, [
      { feed: "iex", assetClass: "us_equity", symbol: "OLD", metric: "last_trade", price: price("7"), volume: null, asOf: new Date(Date.now() - 60 * 86_400_000), tradingDay: null },
      { feed: "iex", assetClass: "us_equity", symbol: "SPY", metric: "last_trade", price: price("101"), volume: null, asOf: new Date(), tradingDay: null },
    ]);
    expect(recorded).toBe(2);
    await database.ownerPool.query(`update market_data_latest set recorded_at = ${daysAgo(60)} where symbol = 'OLD'`);
    await makePartitions(database.pool, "market_data_snapshots", 1);
    const latest = await database.ownerPool.query("select * from market_data_latest order by symbol");
    const today = await database.ownerPool.query("select * from market_data_snapshots where recorded_at >= partition_start('market_data_snapshots', now()) order by id");

    const dropped: string[] = [];
    for (let name = await dropOldestFacts(database.pool, 30); name !== null; name = await dropOldestFacts(database.pool, 30)) dropped.push(name);
    expect(dropped).toContain(await nameOf(40));
    expect(dropped).toContain(await nameOf(31));
    expect(dropped).toEqual(dropped.toSorted());
    expect(dropped).not.toContain(await nameOf(30));
    expect((await rowsIn()).map((row) => Object(row)[0])).toEqual([await nameOf(30), await nameOf(7), await nameOf(0)]);
    expect((await database.ownerPool.query("select * from market_data_latest order by symbol")).rows).toEqual(latest.rows);
    expect((await database.ownerPool.query("select * from market_data_snapshots where recorded_at >= partition_start('market_data_snapshots', now()) order by id")).rows).toEqual(today.rows);
    expect(today.rows.length).toBe(3);
    expect((await readLatestFacts(database.pool, "OLD")).map((fact) => Number(fact.price))).toEqual([7]);
  });

  test("leaves seven days whatever it is told", async () => {
    await recordedAt(daysAgo(1));
    await expect(dropOldestFacts(database.pool, 6)).rejects.toThrow("seven days of facts are kept at least");
    expect((await rowsIn()).length).toBe(1);
  });
});

test("the application can neither change nor remove a fact, nor touch a partition, and people's role cannot even ask for it", async () => {
  await recordedAt(daysAgo(0));
  const part = await nameOf(0);
  for (const statement of [
    "update market_data_snapshots set price = 1", "delete from market_data_snapshots", "truncate market_data_snapshots", `drop table ${part}`,
    `select from ${part}`, `insert into ${part} overriding system value select * from market_data_snapshots`, `update ${part} set price = 1`, `delete from ${part}`, `truncate ${part}`,
    `alter table market_data_snapshots detach partition ${part}`, "select add_partition('market_data_snapshots', now())", "select move_into_partitions('market_data_snapshots', 'fills')",
  ]) {
    await expect(database.pool.query(statement)).rejects.toMatchObject({ code: "42501" });
  }
  for (const statement of ["select make_partitions('market_data_snapshots', 3)", "select drop_market_data(30)"]) await expect(database.webPool.query(statement)).rejects.toMatchObject({ code: "42501" });
});

describe("who reads a stretch of time", () => {
  const partitionIn = (line: string): string | undefined => / on (market_data_snapshots_\d{4}_\d\d_\d\d)\b(?!_)/.exec(line)?.[1];

  /** The plan as it ran, of a statement that the connection has prepared under its name. */
  async function scannedBy(name: string, parameters: string, prepare: (one: ReturnType<typeof createPool>) => Promise<unknown>): Promise<string[]> {
    const one = createPool({ url: database.url, applicationName: "one-connection", maxConnections: 1, connectTimeoutMs: 60_000 });
    try {
      await prepare(one);
      const { rows } = await one.query<{ "QUERY PLAN": string }>(`explain (analyze, costs off, timing off, summary off, buffers off) execute "${name}"(${parameters})`);
      return rows.flatMap((row) => {
        const scan = partitionIn(row["QUERY PLAN"]);
        return scan === undefined || row["QUERY PLAN"].includes("never executed") ? [] : [scan];
      });
    } finally {
      await one.end();
    }
  }

  test("of the day's price line looks into no partition of another day", async () => {
    for (const days of [3, 2, 1, 0]) await recordedAt(daysAgo(days));
    await recordFacts(database.pool, [{ feed: "iex", assetClass: "us_equity", symbol: "SPY", metric: "last_trade", price: price("101"), volume: null, asOf: new Date(), tradingDay: null }]);
    await makePartitions(database.pool, "market_data_snapshots", 1);
    const scanned = await scannedBy("read-price-line", "'SPY', 'iex', 5, 400", (one) => readPriceLine(one, "SPY", "iex"));
    expect(scanned).toContain(await nameOf(0));
    for (const days of [3, 2]) expect(scanned).not.toContain(await nameOf(days));
  });

  test("of what was recorded on a day gets that day and nothing else, in the order of recording", async () => {
    for (const days of [3, 2, 1]) await recordedAt(daysAgo(days), "SPY", String(100 + days));
    await makePartitions(database.pool, "market_data_snapshots", 1);
    const { rows } = await database.ownerPool.query<{ from: Date; to: Date }>(`select partition_start('market_data_snapshots', ${daysAgo(2)}) as from, partition_start('market_data_snapshots', ${daysAgo(1)}) as to`);
    const day = rows[0];
    if (day === undefined) throw new Error("no day");
    const facts = await readRecordedFacts(database.pool, { symbols: ["SPY"], ...day, afterId: "0" });
    expect(facts.map((fact) => Number(fact.price))).toEqual([102]);
    const plan = await database.pool.query<{ "QUERY PLAN": string }>(`explain (costs off) select from market_data_snapshots where symbol = 'SPY' and recorded_at >= '${day.from.toISOString()}' and recorded_at < '${day.to.toISOString()}'`);
    expect(plan.rows.flatMap((row) => partitionIn(row["QUERY PLAN"]) ?? [])).toEqual([await nameOf(2)]);
  });
});
