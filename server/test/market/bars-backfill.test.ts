import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readBarsChangedSince, beforeAllBars, type BarDelivery, type BarsWatermark, type WantedBars } from "../../src/trading/market/bar-reader.ts";
import { readCoverage } from "../../src/trading/market/coverage-table.ts";
import { recordFacts } from "../../src/trading/market/facts-table.ts";
import { readSuspended } from "../../src/trading/market/splits-table.ts";
import { BrokerUnavailableError } from "../../src/trading/ports.ts";
import type { BarsBackfill } from "../../src/workers/bars-backfill.ts";
import { price } from "../../src/core/decimal.ts";
import { newYorkDate } from "../../src/core/trading-day.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import type { BackfillOrder } from "../support/backfill-child.ts";
import { openRecordedMarket, recordedRows, startBackfill, type RecordedMarket, type RecordedMarketOptions, type RecordedRow } from "../support/recorded-market.ts";
import { until } from "../support/until.ts";

/** Each has a database, a simulator and a history of its own; the slowest machine that runs this has two busy cores. */
vi.setConfig({ testTimeout: 240_000 });

/** A history is hundreds of calls and thousands of rows, and a pass that failed waits before the next. */
const patienceMs = Number(process.env["NOD_TEST_PATIENCE_MS"] ?? 120_000);

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(options: RecordedMarketOptions): Promise<{ market: RecordedMarket; database: TestDatabase }> {
  const database = await createTestDatabase();
  closers.push(() => database.drop());
  const market = await openRecordedMarket(options);
  closers.push(() => market.stop());
  return { market, database };
}

const running = (backfill: BarsBackfill): BarsBackfill => {
  closers.push(() => backfill.stop());
  return backfill;
};
const want = (symbol: string, timeframe: WantedBars["timeframe"], bars: number): WantedBars => ({ feed: "iex", assetClass: "us_equity", symbol, timeframe, bars });
const complete = (database: TestDatabase, stretches: number, atLeastTo?: Date) =>
  until("all history is there", async () => {
    const rows = await readCoverage(database.pool);
    return rows.length === stretches && rows.every((row) => row.filling === null && (row.timeframe === "1Day" || atLeastTo === undefined || (row.covered?.to ?? new Date(0)) >= atLeastTo));
  }, patienceMs);
const of = (deliveries: readonly BarDelivery[], timeframe: string, symbol?: string): BarDelivery => {
  const found = deliveries.find((delivery) => delivery.timeframe === timeframe && (symbol === undefined || delivery.symbol === symbol));
  if (found === undefined) throw new Error(`no bars of ${timeframe} were delivered`);
  return found;
};
const shown = (bar: { startsAt: Date; open: string; high: string; low: string; close: string; volume: string }) => ({
  at: bar.startsAt.toISOString().replace(".000", ""), open: Number(bar.open), high: Number(bar.high), low: Number(bar.low), close: Number(bar.close), volume: Number(bar.volume),
});

/** What the recording's minutes come to, worked out apart from the code under test. */
function mergedBy(rows: readonly RecordedRow[], minutes: number, openAt: string): RecordedRow[] {
  const buckets = Map.groupBy(rows, (row) => Math.floor((Date.parse(row.at) - Date.parse(openAt)) / (minutes * 60_000)));
  return [...buckets].map(([n, inside]) => ({
    at: new Date(Date.parse(openAt) + n * minutes * 60_000).toISOString().replace(".000", ""),
    open: inside[0]?.open ?? 0,
    high: Math.max(...inside.map((row) => row.high)),
    low: Math.min(...inside.map((row) => row.low)),
    close: inside.at(-1)?.close ?? 0,
    volume: inside.reduce((sum, row) => sum + row.volume, 0),
  }));
}
const regular = (rows: readonly RecordedRow[], from: string, to: string): RecordedRow[] => rows.filter((row) => row.at >= from && row.at < to);

describe("the backfill of a symbol that is new", () => {
  test("brings the days and the regular minutes as they were recorded, before a rule sees any of them", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "11:02" });
    running(startBackfill(database.pool, market, [want("SPY", "5Min", 30), want("SPY", "1Hour", 2), want("SPY", "1Day", 10)]));
    await complete(database, 2);
    const { deliveries } = await readBarsChangedSince(database.pool, beforeAllBars, [want("SPY", "5Min", 90), want("SPY", "1Hour", 2), want("SPY", "1Day", 10)]);
    expect(deliveries.every((delivery) => delivery.restarted)).toBe(true);

    const daily = recordedRows("daily/SPY.csv").filter((row) => row.at < "2013-10-08").slice(-10);
    expect(of(deliveries, "1Day").bars.map((bar) => Number(bar.close))).toEqual(daily.map((row) => row.close));
    expect(of(deliveries, "1Day").bars.at(-1)).toMatchObject({ tradingDay: "2013-10-07", startsAt: new Date("2013-10-07T04:00:00Z"), endsAt: new Date("2013-10-08T04:00:00Z") });

    const monday = mergedBy(regular(recordedRows("minute/SPY/2013-10-07.csv"), "2013-10-07T13:30", "2013-10-07T20:00"), 5, "2013-10-07T13:30:00Z");
    const tuesday = mergedBy(regular(recordedRows("minute/SPY/2013-10-08.csv"), "2013-10-08T13:30", "2013-10-08T15:00"), 5, "2013-10-08T13:30:00Z");
    expect(of(deliveries, "5Min").bars.map(shown)).toEqual([...monday, ...tuesday].slice(-of(deliveries, "5Min").bars.length));
    expect(of(deliveries, "5Min").bars.length).toBeGreaterThanOrEqual(90);
    expect(of(deliveries, "1Hour").bars.at(-1)).toMatchObject({ startsAt: new Date("2013-10-08T13:30:00Z"), endsAt: new Date("2013-10-08T14:30:00Z"), tradingDay: "2013-10-08" });
  });

  test("goes on minute by minute: each bar comes once, in order, and in the end as if everything had been read at once", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "14:07" });
    const wanted = [want("SPY", "1Min", 5), want("IBM", "15Min", 20), want("AIG", "1Min", 5), want("IBM", "5Min", 20)];
    let woken = 0;
    running(startBackfill(database.pool, market, wanted, { onBars: () => (woken += 1) }));
    await complete(database, 6);
    let watermark: BarsWatermark = beforeAllBars;
    const seen = new Map<string, string[]>();
    const read = async (): Promise<void> => {
      const next = await readBarsChangedSince(database.pool, watermark, wanted);
      watermark = next.watermark;
      for (const { symbol, timeframe, restarted, bars } of next.deliveries) {
        const name = `${symbol} ${timeframe}`;
        expect(restarted).toBe(!seen.has(name));
        seen.set(name, [...(seen.get(name) ?? []), ...bars.map((bar) => JSON.stringify(shown(bar)))]);
      }
    };
    await read();
    const wokenBefore = woken;
    for (const minutes of [1, 1, 3, 11, 1, 14]) {
      market.advance(minutes);
      const settled = new Date(Math.floor((market.clock.now().getTime() - 5_000) / 60_000) * 60_000);
      await complete(database, 6, settled);
      await read();
      await read();
    }
    expect(woken).toBeGreaterThan(wokenBefore);
    const { deliveries } = await readBarsChangedSince(database.pool, beforeAllBars, wanted.map((each) => ({ ...each, bars: 100 })));
    for (const { symbol, timeframe, bars } of deliveries) {
      const once = seen.get(`${symbol} ${timeframe}`) ?? [];
      expect(once.length).toBeGreaterThan(2);
      expect(new Set(once).size).toBe(once.length);
      expect(bars.map((bar) => JSON.stringify(shown(bar))).slice(-once.length)).toEqual(once);
    }
  });

  test("what is corrected, or comes late, after its minute was delivered is not delivered again", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "10:00" });
    const wanted = [want("SPY", "5Min", 3), want("SPY", "1Min", 3)];
    running(startBackfill(database.pool, market, wanted));
    await complete(database, 2);
    const first = await readBarsChangedSince(database.pool, beforeAllBars, wanted);
    await database.pool.query("update market_bars set close = close + 1 where timeframe = '1Min' and starts_at >= '2013-10-08T13:30:00Z'");
    expect((await readBarsChangedSince(database.pool, first.watermark, wanted)).deliveries).toEqual([]);
  });

  test("more history than before is fetched, and begins the series anew", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "10:00" });
    let wanted = [want("SPY", "15Min", 1)];
    running(startBackfill(database.pool, market, [], { wanted: () => wanted }));
    await complete(database, 2);
    const first = await readBarsChangedSince(database.pool, beforeAllBars, wanted);
    wanted = [want("SPY", "15Min", 20)];
    await until("older minutes are there", async () => (await readCoverage(database.pool)).some((row) => row.timeframe === "1Min" && row.covered?.from.toISOString() === "2013-10-07T13:30:00.000Z"), patienceMs);
    const { deliveries } = await readBarsChangedSince(database.pool, first.watermark, wanted);
    expect(of(deliveries, "15Min")).toMatchObject({ restarted: true });
    expect(of(deliveries, "15Min").bars.length).toBeGreaterThanOrEqual(20);
  });

  test("is done by the process that ticks only", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "10:00" });
    let leading = false;
    let looked = 0;
    running(startBackfill(database.pool, market, [want("SPY", "1Day", 1)], { isLeader: () => (looked += 1) > 0 && leading }));
    await until("it looked a few times", async () => looked > 3);
    expect(await readCoverage(database.pool)).toEqual([]);
    leading = true;
    await complete(database, 1);
  });
});

describe("a backfill that is interrupted", () => {
  const barsPerPage = 100;
  const wanted = ["AIG", "BAC", "IBM", "SPY"].map((symbol) => want(symbol, "1Min", 400));
  const barsCalls = (market: RecordedMarket): number => market.simulator.control.book().requests.last.filter((entry) => entry.path.startsWith("/v2/stocks/bars") && entry.status === 200).length;
  const stored = async (database: TestDatabase): Promise<number> => (await database.pool.query<{ count: number }>("select count(*)::int4 as count from market_bars where timeframe = '1Min'")).rows[0]?.count ?? 0;

  test("by a kill goes on where it was, with no bar twice and none missing", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "16:30", barsPerPage });
    // The pages after the thirtieth never come: there the process is killed.
    market.simulator.control.fault({ route: "GET /v2/stocks/bars", skip: 30, times: -1, do: { kind: "hang" } });
    const order: BackfillOrder = { databaseUrl: database.url, settings: market.settings, barsPerPage, now: market.clock.now().toISOString(), wanted };
    const child = spawn(process.execPath, [new URL("../support/backfill-child.ts", import.meta.url).pathname, JSON.stringify(order)], { stdio: "inherit" });
    closers.push(async () => void child.kill("SIGKILL"));
    await until("the thirtieth page is there and the next one hangs", async () => market.simulator.control.faultHits().some(({ hits }) => hits > 0), 120_000);
    child.kill("SIGKILL");
    await once(child, "exit");
    market.simulator.control.clearFaults();
    const before = barsCalls(market);
    const kept = await stored(database);
    expect(before).toBe(30);
    expect(kept).toBeGreaterThan(500);
    expect((await readCoverage(database.pool)).every((row) => row.timeframe === "1Day" || row.covered === null)).toBe(true);

    running(startBackfill(database.pool, market, wanted));
    await complete(database, 8);
    const { deliveries } = await readBarsChangedSince(database.pool, beforeAllBars, wanted.map((each) => ({ ...each, bars: 1_000 })));
    for (const { symbol, bars } of deliveries) {
      const rows = ["2013-10-07", "2013-10-08"].flatMap((day) => regular(recordedRows(`minute/${symbol}/${day}.csv`), `${day}T13:30`, `${day}T20:00`));
      expect(bars.map(shown)).toEqual(rows);
    }
    // What was there is not fetched a second time: all in all it took the pages of one that is left in peace, and a cut page for each symbol.
    const together = barsCalls(market);
    const another = await createTestDatabase();
    closers.push(() => another.drop());
    running(startBackfill(another.pool, market, wanted));
    await complete(another, 8);
    expect(together - (barsCalls(market) - together)).toBeLessThanOrEqual(4);
  });

  test("by the broker's rate limit tries again later, and keeps what it has", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "16:30", barsPerPage });
    market.simulator.control.fault({ route: "GET /v2/stocks/bars", skip: 12, do: { kind: "status", status: 429, body: { message: "too many requests." } } });
    const failures: unknown[] = [];
    running(startBackfill(database.pool, market, wanted, { observer: { failed: (error) => failures.push(error) } }));
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(0), { timeout: 120_000 });
    expect(await stored(database)).toBeGreaterThan(0);
    await complete(database, 8);
    expect(String(failures[0])).toContain("429");
    const recorded = ["AIG", "BAC", "IBM", "SPY"].flatMap((symbol) => ["2013-10-07", "2013-10-08"].flatMap((day) => regular(recordedRows(`minute/${symbol}/${day}.csv`), `${day}T13:30`, `${day}T20:00`)));
    expect(await stored(database)).toBe(recorded.length);
  });

  test("by one call that is refused again and again goes on with the others", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "10:00" });
    const failures: unknown[] = [];
    const history = {
      ...market.history,
      async *fetchBars(...args: Parameters<typeof market.history.fetchBars>) {
        if (args[0].timeframe === "1Day") throw new BrokerUnavailableError("no days today");
        yield* market.history.fetchBars(...args);
      },
    };
    running(startBackfill(database.pool, { ...market, history }, [want("SPY", "5Min", 5)], { observer: { failed: (error) => failures.push(error) } }));
    await until("the minutes are there all the same", async () => (await readCoverage(database.pool)).some((row) => row.timeframe === "1Min" && row.covered !== null), patienceMs);
    await until("the failure is told", async () => failures.length > 0);
    expect((await readCoverage(database.pool)).filter((row) => row.covered === null).map((row) => row.timeframe)).toEqual(["1Day"]);
    expect(String(failures[0])).toContain("no days today");
  });

  test("asks for the calendar and the splits once a day and not with every page", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "16:30", barsPerPage });
    running(startBackfill(database.pool, market, wanted));
    await complete(database, 8);
    const paths = market.simulator.control.book().requests.last.map((entry) => entry.path);
    expect(paths.filter((path) => path.startsWith("/v2/calendar"))).toHaveLength(1);
    expect(paths.filter((path) => path.startsWith("/v1/corporate-actions"))).toHaveLength(1);
  });
});

describe("days that are unlike others", () => {
  test("a half day ends at one o'clock: nothing after it is a bar, and nothing is asked for until the next open", async () => {
    const { market, database } = await open({ dates: ["2013-11-27", "2013-11-29"], time: "12:50" });
    const wanted = [want("SPY", "1Hour", 6), want("SPY", "15Min", 6)];
    running(startBackfill(database.pool, market, wanted));
    await complete(database, 2);
    market.advance(90);
    await complete(database, 2, new Date("2013-11-29T18:00:00Z"));
    const { deliveries } = await readBarsChangedSince(database.pool, beforeAllBars, wanted);
    expect(of(deliveries, "1Hour").bars.at(-1)).toMatchObject({ tradingDay: "2013-11-29", startsAt: new Date("2013-11-29T17:30:00Z"), endsAt: new Date("2013-11-29T18:00:00Z") });
    expect(of(deliveries, "15Min").bars.at(-1)).toMatchObject({ startsAt: new Date("2013-11-29T17:45:00Z"), endsAt: new Date("2013-11-29T18:00:00Z") });
    expect((await readCoverage(database.pool)).find((row) => row.timeframe === "1Min")?.covered?.to).toEqual(new Date("2013-11-29T18:00:00Z"));
  });

  test("crypto has no session: its bars go on through the night, without splits and without a calendar of their own", async () => {
    const { market, database } = await open({ dates: ["2013-10-07", "2013-10-08"], time: "16:30" });
    const wanted: WantedBars[] = [{ feed: "crypto_us", assetClass: "crypto", symbol: "BTC/USD", timeframe: "15Min", bars: 10 }];
    running(startBackfill(database.pool, market, wanted));
    await complete(database, 2, new Date("2013-10-08T20:29:00Z"));
    const first = await readBarsChangedSince(database.pool, beforeAllBars, wanted);
    expect(of(first.deliveries, "15Min").bars.at(-1)?.endsAt).toEqual(new Date("2013-10-08T20:15:00Z"));
    expect(of(first.deliveries, "15Min").bars.length).toBeGreaterThanOrEqual(10);
    market.advance(8 * 60);
    await complete(database, 2, new Date("2013-10-09T04:29:00Z"));
    const { deliveries } = await readBarsChangedSince(database.pool, first.watermark, wanted);
    expect(of(deliveries, "15Min").restarted).toBe(false);
    expect(of(deliveries, "15Min").bars.map(({ startsAt }) => startsAt.getTime())).toEqual(Array.from({ length: 32 }, (_, n) => Date.parse("2013-10-08T20:15:00Z") + n * 900_000));
    expect(market.simulator.control.book().requests.last.some((entry) => entry.path.startsWith("/v1/corporate-actions"))).toBe(false);
  });

  test("a split suspends its symbol from New York's midnight until the history and the previous close are in new shares", async () => {
    const { market, database } = await open({ dates: ["2014-06-05", "2014-06-06", "2014-06-09"], date: "2014-06-06", time: "15:00" });
    const wanted = [want("AAPL", "1Day", 20), want("AAPL", "5Min", 100)];
    const seen: string[] = [];
    running(startBackfill(database.pool, market, wanted, { observer: { splitPending: ({ symbol }) => seen.push(`pending ${symbol}`), fetchingAnew: (symbol, why) => seen.push(`anew ${symbol} ${why}`) } }));
    await complete(database, 2);
    const before = await readBarsChangedSince(database.pool, beforeAllBars, wanted);
    expect(of(before.deliveries, "1Day").bars.at(-1)).toMatchObject({ close: "647.35" });
    expect(await readSuspended(database.pool, newYorkDate(market.clock.now()))).toEqual([]);

    // The ex-date has begun; until four in the morning the broker's own history is in old shares.
    market.advance(9 * 60 + 30);
    const exDate = newYorkDate(market.clock.now());
    const suspended = [{ assetClass: "us_equity", symbol: "AAPL", reason: "split" }];
    await until("the split is known", async () => seen.includes("pending AAPL"), patienceMs);
    expect(await readSuspended(database.pool, exDate)).toEqual(suspended);
    expect(seen).toEqual(["pending AAPL"]);

    market.advance(4 * 60);
    // A pass that was under way already may find the closes changed before it looks at the split itself.
    await until("the history was fetched anew", async () => seen.some((each) => each.startsWith("anew AAPL")), patienceMs);
    await complete(database, 2);
    const after = await readBarsChangedSince(database.pool, before.watermark, wanted);
    expect(of(after.deliveries, "1Day")).toMatchObject({ restarted: true });
    expect(of(after.deliveries, "1Day").bars.map((bar) => Number(bar.close)).slice(-2)).toEqual([92.4786, 92.2243]);
    expect(of(after.deliveries, "5Min").bars.every((bar) => Number(bar.high) < 95)).toBe(true);
    expect(of(after.deliveries, "5Min").bars.length).toBeGreaterThanOrEqual(100);

    // A previous close in old shares would be a fall of 85 %.
    const previousClose = (close: string, asOf: Date) =>
      recordFacts(database.pool, [{ feed: "iex", assetClass: "us_equity", symbol: "AAPL", metric: "prev_close", price: price(close), volume: null, asOf, tradingDay: exDate }]);
    await previousClose("645.57", market.clock.now());
    expect(await readSuspended(database.pool, exDate)).toEqual(suspended);
    await previousClose("92.2243", market.clock.now());
    expect(await readSuspended(database.pool, exDate)).toEqual([]);
    expect(seen.filter((each) => each.startsWith("anew"))).toHaveLength(1);
  });
});
