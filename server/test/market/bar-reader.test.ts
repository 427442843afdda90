import { beforeEach, describe, expect, test } from "vitest";
import { price, quantity } from "../../src/core/decimal.ts";
import { newYorkInstant } from "../../src/core/trading-day.ts";
import { beforeAllBars, forgetBars, readBarsChangedSince, type BarDelivery, type BarsWatermark, type WantedBars } from "../../src/trading/market/bar-reader.ts";
import { saveBars, type BarGroup } from "../../src/trading/market/bars-table.ts";
import { replaceCalendar } from "../../src/trading/market/calendar-table.ts";
import { completeHistory, continueCoverage, fetchAnew, readCoverage, recordFilled, wantHistory, type Coverage } from "../../src/trading/market/coverage-table.ts";
import type { Bar } from "../../src/trading/ports.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const minutes: BarGroup = { feed: "iex", assetClass: "us_equity", timeframe: "1Min", adjustment: "split" };
const days: BarGroup = { ...minutes, timeframe: "1Day" };
const want = (symbol: string, timeframe: WantedBars["timeframe"], bars: number): WantedBars => ({ feed: "iex", assetClass: "us_equity", symbol, timeframe, bars });
const bar = (symbol: string, startsAt: Date, at: string): Bar => ({ symbol, startsAt, open: price(at), high: price(at), low: price(at), close: price(at), volume: quantity("10") });
/** Each minute from one New York time of a day to another. */
const minutesOf = (symbol: string, day: string, from: string, to: string, at = "100"): Bar[] => {
  const [start, end] = [newYorkInstant(day, from).getTime(), newYorkInstant(day, to).getTime()];
  return Array.from({ length: (end - start) / 60_000 }, (_, n) => bar(symbol, new Date(start + n * 60_000), at));
};
const session = (tradingDay: string, close = "16:00") => ({ tradingDay, opensAt: newYorkInstant(tradingDay, "09:30"), closesAt: newYorkInstant(tradingDay, close) });

async function cover(group: BarGroup, symbol: string, from: Date, to: Date): Promise<void> {
  await wantHistory(database.pool, [{ ...group, symbol, from }], "2013-11-04");
  const row = await rowOf(symbol, group);
  await completeHistory(database.pool, [{ ...row, to }]);
}
async function rowOf(symbol: string, group: Pick<BarGroup, "timeframe"> = minutes): Promise<Coverage> {
  const row = (await readCoverage(database.pool)).find((each) => each.symbol === symbol && each.timeframe === group.timeframe);
  if (row === undefined) throw new Error(`nothing of ${symbol} is covered`);
  return row;
}
const shown = (deliveries: readonly BarDelivery[]): string[] =>
  deliveries.map(({ symbol, timeframe, restarted, bars }) => `${symbol} ${timeframe}${restarted ? " anew" : ""}: ${bars.map(({ startsAt, endsAt }) => `${startsAt.toISOString().slice(5, 16)}-${endsAt.toISOString().slice(11, 16)}`).join(" ")}`);

beforeEach(async () => {
  await database.ownerPool.query("truncate market_bars, market_bar_coverage, market_calendar");
});

describe("bars, as the tick reads them", () => {
  test("are of regular sessions on both sides of the end of summer time, and days are of New York's length", async () => {
    await replaceCalendar(database.pool, { from: "2013-11-01", to: "2013-11-04" }, [session("2013-11-01"), session("2013-11-04")]);
    for (const day of ["2013-11-01", "2013-11-04"]) await saveBars(database.pool, minutes, minutesOf("SPY", day, "08:00", "17:00"));
    await saveBars(database.pool, days, ["2013-10-31", "2013-11-01", "2013-11-03", "2013-11-04"].map((day) => bar("SPY", newYorkInstant(day, "00:00"), "100")));
    await cover(minutes, "SPY", newYorkInstant("2013-11-01", "08:00"), newYorkInstant("2013-11-04", "11:31"));
    await cover(days, "SPY", newYorkInstant("2013-10-01", "00:00"), newYorkInstant("2013-11-05", "00:00"));
    const { deliveries } = await readBarsChangedSince(database.pool, beforeAllBars, [want("SPY", "1Hour", 20), want("SPY", "1Day", 20)]);
    expect(shown(deliveries)).toEqual([
      "SPY 1Hour anew: 11-01T13:30-14:30 11-01T14:30-15:30 11-01T15:30-16:30 11-01T16:30-17:30 11-01T17:30-18:30 11-01T18:30-19:30 11-01T19:30-20:00 11-04T14:30-15:30 11-04T15:30-16:30",
      "SPY 1Day anew: 10-31T04:00-04:00 11-01T04:00-04:00 11-03T04:00-05:00 11-04T05:00-05:00",
    ]);
    expect(deliveries[0]?.bars.map(({ volume }) => volume)).toEqual(["600", "600", "600", "600", "600", "600", "300", "600", "600"]);
  });

  test("of a feed, a symbol or a stretch that is not complete are not there", async () => {
    await replaceCalendar(database.pool, { from: "2013-11-04", to: "2013-11-04" }, [session("2013-11-04")]);
    await saveBars(database.pool, minutes, ["SPY", "IBM", "AIG"].flatMap((symbol) => minutesOf(symbol, "2013-11-04", "09:30", "10:00")));
    await cover(minutes, "SPY", newYorkInstant("2013-11-04", "09:32"), newYorkInstant("2013-11-04", "09:34"));
    await wantHistory(database.pool, [{ ...minutes, symbol: "IBM", from: newYorkInstant("2013-11-04", "09:30") }], "2013-11-04");
    await recordFilled(database.pool, [{ ...(await rowOf("IBM")), to: newYorkInstant("2013-11-04", "09:50") }]);
    const { deliveries } = await readBarsChangedSince(database.pool, beforeAllBars, [want("SPY", "1Min", 20), want("IBM", "1Min", 20), want("AIG", "1Min", 20), { ...want("SPY", "1Min", 20), feed: "sip" }]);
    expect(shown(deliveries)).toEqual(["SPY 1Min anew: 11-04T14:32-14:33 11-04T14:33-14:34"]);
  });

  test("come in one statement for all symbols, and cost no bar when nothing is new", async () => {
    await replaceCalendar(database.pool, { from: "2013-11-04", to: "2013-11-04" }, [session("2013-11-04")]);
    const symbols = Array.from({ length: 40 }, (_, n) => `S${n}`);
    await saveBars(database.pool, minutes, symbols.flatMap((symbol) => minutesOf(symbol, "2013-11-04", "09:30", "09:42")));
    for (const symbol of symbols) await cover(minutes, symbol, newYorkInstant("2013-11-04", "09:30"), newYorkInstant("2013-11-04", "09:40"));
    const wanted = symbols.flatMap((symbol) => [want(symbol, "1Min", 5), want(symbol, "5Min", 2), want(symbol, "1Day", 1)]);
    let statements = 0;
    const counting = { query: ((...args: Parameters<typeof database.pool.query>) => ((statements += 1), database.pool.query(...args))) as typeof database.pool.query };
    let watermark: BarsWatermark = beforeAllBars;
    const read = async (): Promise<BarDelivery[]> => {
      const next = await readBarsChangedSince(counting, watermark, wanted);
      watermark = next.watermark;
      return next.deliveries;
    };
    expect((await read()).map(({ bars }) => bars.length)).toEqual(symbols.flatMap(() => [10, 2]));
    expect(await read()).toEqual([]);
    await continueCoverage(database.pool, [{ ...(await rowOf("S7")), to: newYorkInstant("2013-11-04", "09:42") }]);
    expect(shown(await read())).toEqual(["S7 1Min: 11-04T14:40-14:41 11-04T14:41-14:42"]);
    expect(statements).toBe(3);
  });

  test("begin anew for a symbol that is asked for anew, or whose prices are in other shares, and go on for the others", async () => {
    await replaceCalendar(database.pool, { from: "2013-11-04", to: "2013-11-04" }, [session("2013-11-04")]);
    const wanted = [want("SPY", "5Min", 2), want("IBM", "5Min", 2)];
    for (const symbol of ["SPY", "IBM"]) {
      await saveBars(database.pool, minutes, minutesOf(symbol, "2013-11-04", "09:30", "09:40", "700"));
      await cover(minutes, symbol, newYorkInstant("2013-11-04", "09:30"), newYorkInstant("2013-11-04", "09:40"));
    }
    const first = await readBarsChangedSince(database.pool, beforeAllBars, wanted);
    const again = await readBarsChangedSince(database.pool, forgetBars(first.watermark, [want("IBM", "5Min", 2)]), wanted);
    expect(shown(again.deliveries)).toEqual(["IBM 5Min anew: 11-04T14:30-14:35 11-04T14:35-14:40"]);

    const old = await rowOf("SPY");
    await fetchAnew(database.pool, "iex", ["SPY"], "2013-11-04");
    const meanwhile = await readBarsChangedSince(database.pool, again.watermark, wanted);
    expect(meanwhile.deliveries).toEqual([]);
    // Whoever still works on the old prices changes nothing.
    await completeHistory(database.pool, [{ ...old, to: newYorkInstant("2013-11-04", "09:40") }]);
    await continueCoverage(database.pool, [{ ...old, to: newYorkInstant("2013-11-04", "09:40") }]);
    expect((await rowOf("SPY")).covered).toBeNull();
    await saveBars(database.pool, minutes, minutesOf("SPY", "2013-11-04", "09:30", "09:40", "100"));
    await completeHistory(database.pool, [{ ...(await rowOf("SPY")), to: newYorkInstant("2013-11-04", "09:40") }]);
    const after = await readBarsChangedSince(database.pool, meanwhile.watermark, wanted);
    expect(shown(after.deliveries)).toEqual(["SPY 5Min anew: 11-04T14:30-14:35 11-04T14:35-14:40"]);
    expect(after.deliveries[0]?.bars.map(({ close }) => close)).toEqual(["100", "100"]);
  });

  test("of crypto come around the clock, and a bucket of which the beginning is missing does not", async () => {
    const group: BarGroup = { feed: "crypto_us", assetClass: "crypto", timeframe: "1Min", adjustment: "raw" };
    const start = Date.parse("2026-03-08T05:50:00Z");
    await saveBars(database.pool, group, Array.from({ length: 30 }, (_, n) => bar("BTC/USD", new Date(start + n * 60_000), "90000.5")));
    await cover(group, "BTC/USD", new Date(start), new Date(start + 26 * 60_000));
    const { deliveries } = await readBarsChangedSince(database.pool, beforeAllBars, [{ ...want("BTC/USD", "15Min", 5), feed: "crypto_us", assetClass: "crypto" }]);
    expect(deliveries[0]?.bars.map(({ startsAt, tradingDay }) => [startsAt.toISOString(), tradingDay])).toEqual([["2026-03-08T06:00:00.000Z", "2026-03-08"]]);
  });
});
