import type pg from "pg";
import { beforeEach, describe, expect, test } from "vitest";
import { price, quantity } from "../../src/core/decimal.ts";
import { beforeAllFacts, readFactsChangedSince, readLatestFacts, recordFacts, recordManyFacts, toSnapshot } from "../../src/trading/market/facts-table.ts";
import { maxSessionAgeSeconds, readSessions, recordSession } from "../../src/trading/market/session-table.ts";
import type { Fact } from "../../src/trading/ports.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
const trade = (symbol: string, at: string, asOf: Date, more: Partial<Fact> = {}): Fact => ({
  feed: "iex", assetClass: "us_equity", symbol, metric: "last_trade", price: price(at), volume: quantity("100"), asOf, tradingDay: null, ...more,
});
const history = async (symbol: string): Promise<string[]> => {
  const { rows } = await database.pool.query<{ price: string }>("select price::float8::text as price from market_data_snapshots where symbol = $1 order by id", [symbol]);
  return rows.map((row) => row.price);
};
const latestPrice = async (symbol: string): Promise<string[]> => (await readLatestFacts(database.pool, symbol)).map((fact) => fact.price);

describe("recording facts", () => {
  test("what is new is added to the history and becomes the latest", async () => {
    expect(await recordFacts(database.pool, [trade("SPY", "410.25", minutesAgo(2)), trade("IBM", "120", minutesAgo(2))])).toBe(2);
    expect(await recordFacts(database.pool, [trade("SPY", "411", minutesAgo(1))])).toBe(1);
    expect(await history("SPY")).toEqual(["410.25", "411"]);
    expect(await latestPrice("SPY")).toEqual(["411"]);
  });

  test("the same fact again adds nothing", async () => {
    const fact = trade("AAPL", "99.5", minutesAgo(1));
    await recordFacts(database.pool, [fact]);
    expect(await recordFacts(database.pool, [fact, fact])).toBe(0);
    expect(await history("AAPL")).toEqual(["99.5"]);
  });

  test("an older fact that comes late does not replace a newer one", async () => {
    await recordFacts(database.pool, [trade("MSFT", "300", minutesAgo(1))]);
    expect(await recordFacts(database.pool, [trade("MSFT", "290", minutesAgo(5))])).toBe(0);
    expect(await latestPrice("MSFT")).toEqual(["300"]);
  });

  test("a fact from the future is not believed: it would never be stale", async () => {
    expect(await recordFacts(database.pool, [trade("FUT", "1", minutesAgo(-60))])).toBe(0);
    expect(await latestPrice("FUT")).toEqual([]);
  });

  test("feeds and metrics are kept apart", async () => {
    const at = minutesAgo(1);
    await recordFacts(database.pool, [trade("BAC", "30", at), trade("BAC", "30.5", at, { feed: "sip" }), trade("BAC", "31", at, { metric: "prev_close", tradingDay: "2026-03-02" })]);
    const facts = await readLatestFacts(database.pool, "BAC");
    expect(facts.map(({ feed, metric, price: at_, tradingDay }) => [feed, metric, at_, tradingDay])).toEqual([
      ["iex", "last_trade", "30", null],
      ["iex", "prev_close", "31", "2026-03-02"],
      ["sip", "last_trade", "30.5", null],
    ]);
    expect(facts.map(toSnapshot)[0]).toEqual({ symbol: "BAC", asset_class: "us_equity", feed: "iex", metric: "last_trade", price: "30", volume: "100", as_of: at.toISOString() });
  });

  test("two processes that record the same facts in opposite order do not block each other", async () => {
    const facts = Array.from({ length: 200 }, (_, index) => trade(`Z${index}`, "5", minutesAgo(1)));
    const rounds = Array.from({ length: 10 }, (_, round) => facts.map((fact) => ({ ...fact, price: price(`${round + 1}`) })));
    await Promise.all(rounds.map((round, index) => recordFacts(database.pool, index % 2 === 0 ? round : round.toReversed())));
    const { rows } = await database.pool.query("select count(*)::int4 as count from market_data_latest where symbol ~ '^Z[0-9]+$'");
    expect(rows).toEqual([{ count: 200 }]);
  });

  describe("thousands at once", () => {
    const many = (name: string, count: number, at: string): Fact[] => Array.from({ length: count }, (_, index) => trade(`${name}${index}`, at, minutesAgo(1)));
    const countOf = async (table: string, name: string): Promise<unknown> =>
      (await database.pool.query(`select count(*)::int4 as rows, count(distinct symbol)::int4 as symbols from ${table} where symbol ~ $1`, [`^${name}[0-9]+$`])).rows[0];

    test("each once, in two statements side by side; of several with one name the last", async () => {
      const statements: number[] = [];
      let atOnce = 0;
      const query = async (statement: pg.QueryConfig<unknown[]>): Promise<unknown> => {
        statements.push((atOnce += 1));
        return database.pool.query(statement).finally(() => (atOnce -= 1));
      };
      const pool = new Proxy(database.pool, { get: (target, property) => (property === "query" ? query : Reflect.get(target, property, target)) });
      expect(await recordManyFacts(pool, [...many("M", 900, "5"), ...many("M", 700, "6"), ...many("M", 601, "7")])).toBe(900);
      expect(statements).toEqual([1, 2]);
      expect([await latestPrice("M600"), await latestPrice("M601"), await latestPrice("M899")]).toEqual([["7"], ["6"], ["5"]]);
      expect(await countOf("market_data_latest", "M")).toEqual({ rows: 900, symbols: 900 });
      expect(await countOf("market_data_snapshots", "M")).toEqual({ rows: 900, symbols: 900 });
      expect(await recordManyFacts(pool, many("M", 500, "8"))).toBe(500);
      expect(statements).toEqual([1, 2, 1]);
      expect(await recordManyFacts(pool, [])).toBe(0);
    });

    test("what could be recorded is there when it fails, nothing is under way any more, and it is known when it comes again", async () => {
      const facts = many("N", 1_000, "5");
      const noMetric = facts.map((fact, index) => (index === 999 ? { ...fact, metric: "none" as "bid" } : fact));
      await expect(recordManyFacts(database.pool, noMetric)).rejects.toThrow("market_data_snapshots_metric_check");
      expect(await countOf("market_data_snapshots", "N")).toEqual({ rows: 500, symbols: 500 });
      expect(await recordManyFacts(database.pool, facts)).toBe(500);
      expect(await countOf("market_data_snapshots", "N")).toEqual({ rows: 1_000, symbols: 1_000 });
    });
  });

  test("a reader is given what changed since it looked, and nothing else", async () => {
    let watermark = beforeAllFacts;
    const read = async (): Promise<string[]> => {
      const { watermark: next, facts } = await readFactsChangedSince(database.pool, watermark);
      watermark = next;
      return facts.map((fact) => `${fact.symbol} ${fact.price}`);
    };
    await recordFacts(database.pool, [trade("SPY", "412", minutesAgo(0))]);
    expect(await read()).toContain("SPY 412");
    // A transaction of anyone on the server holds the watermark back until it ends.
    await expect.poll(read, { timeout: 60_000 }).toEqual([]);
    await recordFacts(database.pool, [trade("SPY", "413", minutesAgo(0))]);
    expect(await read()).toEqual(["SPY 413"]);
  });
});

describe("the market's session", () => {
  const inMinutes = (minutes: number): Date => minutesAgo(-minutes);
  const hear = (isOpen: boolean, opens: Date, closes: Date): Promise<void> => recordSession(database.pool, { isOpen, nextOpen: opens, nextClose: closes, timestamp: new Date() });
  beforeEach(async () => {
    await database.pool.query("delete from market_sessions");
  });
  const stateNow = async (): Promise<string> => (await readSessions(database.pool)).us_equity.state;

  test("is unknown until the broker was heard, and crypto is always open", async () => {
    const sessions = await readSessions(database.pool);
    expect(sessions.us_equity).toEqual({ state: "unknown", tradingDay: null, nextOpen: null, nextClose: null });
    expect(sessions.crypto).toMatchObject({ state: "open", tradingDay: sessions.newYorkDate });
  });

  test("is what the broker said", async () => {
    await hear(true, inMinutes(1_000), inMinutes(60));
    expect(await stateNow()).toBe("open");
    await hear(false, inMinutes(60), inMinutes(500));
    expect(await stateNow()).toBe("closed");
  });

  test("is unknown once the hour that was told has passed, in either direction", async () => {
    await hear(true, inMinutes(1_000), minutesAgo(1));
    expect(await stateNow()).toBe("unknown");
    await hear(false, minutesAgo(1), inMinutes(400));
    expect(await stateNow()).toBe("unknown");
  });

  test("is unknown when the broker has not been heard for too long", async () => {
    await hear(true, inMinutes(1_000), inMinutes(60));
    await database.pool.query("update market_sessions set as_of = as_of - $1::int4 * interval '1 second'", [maxSessionAgeSeconds + 1]);
    expect(await stateNow()).toBe("unknown");
  });
});
