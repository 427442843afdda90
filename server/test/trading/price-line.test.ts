import { maxPricePoints, PriceLine } from "@nod/contract/price-line";
import { compileValidator } from "@nod/contract/validators";
import { beforeEach, describe, expect, test } from "vitest";
import { price } from "../../src/core/decimal.ts";
import { recordFacts } from "../../src/trading/market/facts-table.ts";
import { readPriceLine } from "../../src/trading/market/price-line-table.ts";
import type { Fact } from "../../src/trading/ports.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
beforeEach(() => database.ownerPool.query("truncate market_data_snapshots, market_data_latest"));

const trade = (asOf: string, amount: string, changes: Partial<Fact> = {}): Fact => ({
  feed: "iex", assetClass: "us_equity", symbol: "SPY", metric: "last_trade", price: price(amount), volume: null, asOf: new Date(asOf), tradingDay: null, ...changes,
});
/** One after the other, as they come in. */
async function record(...facts: Fact[]): Promise<void> {
  for (const fact of facts) await recordFacts(database.pool, [fact]);
}
const line = (feed: "iex" | "sip" | null = null): ReturnType<typeof readPriceLine> => readPriceLine(database.pool, "SPY", feed);

describe("the day's price line", () => {
  test("holds the newest day's trades, oldest first, and its previous close", async () => {
    await record(trade("2026-03-02T20:59:00Z", "99"), trade("2026-03-03T14:30:00Z", "100"), trade("2026-03-03T14:31:00Z", "101.5"), trade("2026-03-03T14:31:00Z", "98", { metric: "prev_close" }));
    expect(await line()).toEqual({
      symbol: "SPY", asset_class: "us_equity", feed: "iex", day: "2026-03-03", prev_close: "98", interval_seconds: 5,
      points: [{ as_of: "2026-03-03T14:30:00.000Z", price: "100" }, { as_of: "2026-03-03T14:31:00.000Z", price: "101.5" }],
    });
  });

  test("is cut at New York's midnight, also where the clocks change", async () => {
    // 8 March 2026 has 23 hours there: it ends at 04:00 UTC, having begun at 05:00.
    await record(trade("2026-03-08T04:59:59Z", "1"), trade("2026-03-08T05:00:00Z", "2"), trade("2026-03-09T03:59:59Z", "3"));
    expect(await line()).toMatchObject({ day: "2026-03-08", points: [{ price: "2" }, { price: "3" }] });
  });

  test("is of one feed: the asked one, or the one that is newest", async () => {
    await record(trade("2026-03-03T14:30:00Z", "100"), trade("2026-03-03T14:31:00Z", "101", { feed: "sip" }));
    expect(await line()).toMatchObject({ feed: "sip", points: [{ price: "101" }] });
    expect(await line("iex")).toMatchObject({ feed: "iex", points: [{ price: "100" }] });
  });

  test("keeps its size on a busy day, and its first and last price", async () => {
    const start = Date.parse("2026-03-03T14:30:00Z");
    await database.ownerPool.query(
      `insert into market_data_snapshots (symbol, asset_class, feed, metric, price, as_of)
       select 'SPY', 'us_equity', 'iex', 'last_trade', 100 + n, to_timestamp($1::float8 / 1000) + n * interval '2 seconds' from generate_series(1, 11000) n`,
      [start],
    );
    await record(trade(new Date(start + 23_000_000).toISOString(), "7"));
    const { points, interval_seconds: seconds, ...rest } = await line();
    expect(points.length).toBeGreaterThan(maxPricePoints / 2);
    expect(points.length).toBeLessThanOrEqual(maxPricePoints);
    expect(points.at(-1)).toMatchObject({ price: "7" });
    expect(seconds).toBe(49);
    expect(compileValidator(PriceLine)({ ...rest, points, interval_seconds: seconds, server_time: new Date().toISOString() })).toMatchObject({ ok: true });
  });

  test("of a symbol that nothing is known of is empty", async () => {
    expect(await line()).toEqual({ symbol: "SPY", asset_class: null, feed: null, day: null, prev_close: null, interval_seconds: 5, points: [] });
  });
});
