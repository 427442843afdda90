import { startSimulator, type Simulator } from "@nod/alpaca-simulator";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { createAlpacaMarketData } from "../../src/alpaca/market-data.ts";
import { createAlpacaMinuteBars } from "../../src/alpaca/minute-bars.ts";
import { price, quantity } from "../../src/core/decimal.ts";
import { newYorkDate } from "../../src/core/trading-day.ts";
import { recordFacts } from "../../src/trading/market/facts-table.ts";
import { readMissingBars, saveMinuteBars } from "../../src/trading/market/minute-bars-table.ts";
import { readPriceLine } from "../../src/trading/market/price-line-table.ts";
import { BrokerUnavailableError, type MinuteBar, type MinuteBarsPort } from "../../src/trading/ports.ts";
import { startDayBars } from "../../src/workers/day-bars.ts";
import { useTestDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
const group = { feed: "iex" as const, assetClass: "us_equity" as const };
let simulator: Simulator;

function connected() {
  const [key] = simulator.keys;
  return connectToAlpaca({
    keyId: key?.keyId ?? "",
    secretKey: key?.secretKey ?? "",
    tradingBaseUrl: simulator.url,
    dataBaseUrl: simulator.url,
    tradingStreamUrl: simulator.tradingStreamUrl,
    requestsPerMinute: 1_000,
    requestTimeoutMs: 60_000,
  });
}

const bar = (startsAt: string, close: string, changes: Partial<MinuteBar> = {}): MinuteBar => ({
  symbol: "SPY", startsAt: new Date(startsAt), open: price("1"), high: price("1000"), low: price("1"), close: price(close), volume: quantity("10"), ...changes,
});
const tradeOf = (symbol: string, asOf: Date, amount = "100") =>
  recordFacts(database.pool, [{ ...group, symbol, metric: "last_trade", price: price(amount), volume: null, asOf, tradingDay: null }]);

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());

describe("the minutes of today", () => {
  test("are there soon after a symbol is first seen, so that its chart begins with the day and not with this process", async () => {
    const alpaca = connected();
    const tradingDay = newYorkDate(new Date());
    const signal = AbortSignal.timeout(120_000);
    await recordFacts(database.pool, await createAlpacaMarketData(alpaca).fetchFacts({ ...group, symbols: ["IBM", "AIG"], tradingDay }, signal));
    expect((await readPriceLine(database.pool, "IBM", null)).points).toHaveLength(1);
    const errors: unknown[] = [];
    const worker = startDayBars({ db: database.pool, bars: createAlpacaMinuteBars(alpaca), isLeader: () => true, onError: (error) => errors.push(error), lookEveryMs: 50, fetchTimeoutMs: 60_000 });
    try {
      // The recorded session began hours ago; shortly after New York's midnight less of it belongs to today.
      const { rows } = await database.pool.query<{ minutes: number }>("select floor(extract(epoch from now() at time zone 'America/New_York' - date_trunc('day', now() at time zone 'America/New_York')) / 60)::int4 as minutes");
      const expected = Math.min(100, Math.max(1, (rows[0]?.minutes ?? 0) - 3));
      for (const symbol of ["IBM", "AIG"]) {
        await vi.waitFor(async () => expect((await readPriceLine(database.pool, symbol, null)).points.length).toBeGreaterThanOrEqual(expected), { timeout: 60_000 });
      }
    } finally {
      await worker.stop();
    }
    expect(errors).toEqual([]);
  });

  test("are fetched by the process that ticks only, and again after the market data could not be reached", async () => {
    await tradeOf("SPY", new Date());
    const asked: string[][] = [];
    let leading = false;
    let looked = 0;
    const down: MinuteBarsPort = {
      fetchMinuteBars: ({ symbols }) => {
        asked.push([...symbols]);
        return Promise.reject(new BrokerUnavailableError("down"));
      },
    };
    const errors: unknown[] = [];
    const worker = startDayBars({ db: database.pool, bars: down, isLeader: () => (looked += 1) > 0 && leading, onError: (error) => errors.push(error), lookEveryMs: 20 });
    try {
      await until("it looked a few times", () => Promise.resolve(looked > 3));
      expect(asked).toEqual([]);
      leading = true;
      await until("it could not reach the market data", () => Promise.resolve(errors.length > 0));
      expect(asked[0]).toContain("SPY");
    } finally {
      await worker.stop();
    }
    expect((await readMissingBars(database.pool, 60)).map(({ symbol }) => symbol)).toContain("SPY");
  });

  test("join the price line by their close, once their minute is over, in their own feed and on their own day", async () => {
    await database.ownerPool.query("truncate market_data_snapshots, market_data_latest, market_bars");
    await tradeOf("SPY", new Date("2026-03-03T14:40:00Z"), "103");
    await saveMinuteBars(database.pool, group, [bar("2026-03-03T14:30:00Z", "100"), bar("2026-03-03T14:31:00Z", "101"), bar("2026-03-02T20:00:00Z", "9")]);
    await saveMinuteBars(database.pool, { ...group, feed: "sip" }, [bar("2026-03-03T14:35:00Z", "7")]);
    // The last bar had been read before its minute was over.
    await saveMinuteBars(database.pool, group, [bar("2026-03-03T14:31:00Z", "102")]);
    expect((await readPriceLine(database.pool, "SPY", null)).points).toEqual([
      { as_of: "2026-03-03T14:31:00.000Z", price: "100" },
      { as_of: "2026-03-03T14:32:00.000Z", price: "102" },
      { as_of: "2026-03-03T14:40:00.000Z", price: "103" },
    ]);
  });
});
