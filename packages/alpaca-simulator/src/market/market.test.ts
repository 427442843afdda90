import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newYorkInstant, newYorkTime } from "../time/new-york.ts";
import { buildTimeline, chooseAnchor } from "../time/timeline.ts";
import { parseTimeframe } from "./bars.ts";
import { buildDateMap } from "./date-map.ts";
import { StockMarket, type SyntheticSymbol } from "./market.ts";
import { barSoFar, minutesFromDaily, priceInMinute } from "./price-path.ts";
import { openRecordedData } from "./recorded-data.ts";
import { parseTicks, ticksToDecimal, ticksToJson } from "./ticks.ts";

const data = openRecordedData(fileURLToPath(new URL("../../data", import.meta.url)));

function marketAt(now: string, startAt: string, dates: readonly string[], seed = "market", synthetic: Record<string, SyntheticSymbol> = {}): StockMarket {
  const timeline = buildTimeline(chooseAnchor(dates, [startAt], 1, Date.parse(now)));
  return new StockMarket({ data, timeline, dateMap: buildDateMap(timeline, data.tradingDates), seed, synthetic });
}

const OCTOBER = ["2013-10-07", "2013-10-08", "2013-10-09"];
const NOW = "2026-03-04T15:00:00Z";
const now = Date.parse(NOW);
const minute = parseTimeframe("1Min") ?? { unit: "Min", count: 1 };
const day = parseTimeframe("1Day") ?? { unit: "Day", count: 1 };
const below = (market: StockMarket, symbol: string, atMs: number): number => {
  const [before, today] = market.dailyBars(symbol, atMs).slice(-2);
  return ((today?.c ?? 0) / (before?.c ?? 1) - 1) * 100;
};

describe("prices", () => {
  it("are read, printed and sent as the decimals they were recorded as", () => {
    for (const text of ["167.42", "0.5", "320.7399", "12"]) {
      expect(ticksToDecimal(parseTicks(text))).toBe(text);
      expect(String(ticksToJson(parseTicks(text)))).toBe(text);
    }
    expect(() => parseTicks("1.23456")).toThrow(RangeError);
    expect(() => parseTicks("-1")).toThrow(RangeError);
  });

  it("go from a minute's open over both extremes to its close, and never outside", () => {
    const cents = fc.integer({ min: 100, max: 90_000 });
    fc.assert(
      fc.property(fc.tuple(cents, cents, cents, cents), fc.string(), (prices, seed) => {
        const [o, c] = [prices[0] * 100, prices[1] * 100];
        const bar = { t: 0, o, c, h: Math.max(...prices) * 100, l: Math.min(...prices) * 100, v: 6000 };
        const path = Array.from({ length: 60 }, (_, second) => priceInMinute(bar, second, seed, "X"));
        expect([path[0], path[59], Math.max(...path), Math.min(...path)]).toEqual([o, c, bar.h, bar.l]);
        expect(barSoFar(bar, 58, seed, "X").h).toBe(Math.max(...path.slice(0, 59)));
      }),
    );
  });

  it("are drawn through a daily bar where no minutes were recorded", () => {
    const row = { date: "2013-10-08", o: 4_900_000, h: 4_950_000, l: 4_800_000, c: 4_810_000, v: 390_000 };
    const openMs = newYorkInstant("2013-10-08", "09:30");
    const minutes = minutesFromDaily(row, openMs, openMs + 390 * 60_000, "seed", "AAPL");
    expect(minutes).toHaveLength(390);
    expect([minutes[0]?.o, Math.max(...minutes.map((bar) => bar.h)), Math.min(...minutes.map((bar) => bar.l)), minutes.at(-1)?.c]).toEqual([row.o, row.h, row.l, row.c]);
  });
});

describe("the demo's moment", () => {
  const market = marketAt(NOW, "2013-10-08T14:07", OCTOBER);

  it("has IBM and AIG more than 1.5 % below the previous close, and SPY not yet 1 %", () => {
    expect(below(market, "IBM", now)).toBeCloseTo(-1.58, 2);
    expect(below(market, "AIG", now)).toBeCloseTo(-1.7, 2);
    expect(below(market, "SPY", now)).toBeGreaterThan(-1);
    expect(below(market, "SPY", now)).toBeLessThan(-0.95);
  });

  it("has SPY below −1 % within the second minute", () => {
    const seconds = Array.from({ length: 120 }, (_, second) => below(market, "SPY", now + second * 1000));
    expect(seconds.slice(0, 60).every((percent) => percent > -1)).toBe(true);
    expect(seconds.slice(60).some((percent) => percent < -1)).toBe(true);
  });
});

describe("bars on the timeline", () => {
  const market = marketAt(NOW, "2013-10-08T14:07", OCTOBER);

  it("ends yesterday with the recorded raw close and stamps days at New York's midnight", () => {
    const [before, today] = market.dailyBars("SPY", now).slice(-2);
    expect([before?.c, today?.o]).toEqual([parseTicks("167.42"), parseTicks("167.45")]);
    expect([before?.t, today?.t]).toEqual([Date.parse("2026-03-03T05:00:00Z"), Date.parse("2026-03-04T05:00:00Z")]);
  });

  it("goes back over consecutive weekdays with the recorded closes, none left out", () => {
    const bars = market.bars("SPY", day, 0, now, now, "raw").slice(-30);
    const recorded = data.daily("SPY").filter((row) => row.date <= "2013-10-07").slice(-29);
    expect(bars.slice(0, -1).map((bar) => bar.c)).toEqual(recorded.map((row) => row.c));
    expect(bars.every((bar) => ![0, 6].includes(new Date(bar.t).getUTCDay()))).toBe(true);
    expect(bars.every((bar) => newYorkTime(bar.t).time === "00:00:00")).toBe(true);
  });

  it("serves the recorded minutes, shifted, and only those that are over", () => {
    const bars = market.bars("SPY", minute, now - 3 * 60_000, now, now, "raw");
    const recorded = data.minutes("SPY", "2013-10-08").filter((bar) => bar.t >= newYorkInstant("2013-10-08", "14:04") && bar.t < newYorkInstant("2013-10-08", "14:07"));
    expect(bars.map((bar) => [bar.o, bar.h, bar.l, bar.c, bar.v])).toEqual(recorded.map((bar) => [bar.o, bar.h, bar.l, bar.c, bar.v]));
    expect(bars.map((bar) => bar.t)).toEqual([now - 180_000, now - 120_000, now - 60_000]);
  });

  it("keeps the day before as the daily bar until the open", () => {
    const early = marketAt(NOW, "2013-10-08T09:00", OCTOBER);
    const bars = early.dailyBars("SPY", now).slice(-2);
    expect(bars.map((bar) => bar.recordedDate)).toEqual(["2013-10-04", "2013-10-07"]);
    expect(early.latestTrade("SPY", now)?.atMs).toBeGreaterThan(now - 600_000);
  });

  it("is the recorded day once the day is over", () => {
    const late = marketAt(NOW, "2013-10-08T18:00", OCTOBER);
    expect(late.dailyBars("SPY", now).at(-1)?.c).toBe(parseTicks("165.48"));
  });

  it("is the same for the same seed and another path for another", () => {
    const path = (seed: string): unknown[] => {
      const one = marketAt(NOW, "2013-10-08T14:07", OCTOBER, seed);
      return Array.from({ length: 300 }, (_, second) => one.latestTrade("IBM", now + second * 1000));
    };
    expect(path("a")).toEqual(path("a"));
    expect(path("a")).not.toEqual(path("b"));
  });

  it("moves the price nearly every second", () => {
    const prices = Array.from({ length: 600 }, (_, second) => market.latestTrade("SPY", now + second * 1000));
    expect(new Set(prices.map((trade) => trade?.atMs)).size).toBe(600);
    expect(new Set(prices.map((trade) => trade?.price)).size).toBeGreaterThan(10);
  });
});

describe("a price that a test sets", () => {
  it("holds from then on, shows in today's bars, and lets go again", () => {
    const market = marketAt(NOW, "2013-10-08T14:07", OCTOBER);
    const free = market.latestTrade("SPY", now + 120_000)?.price;
    market.pins.set("SPY", parseTicks("150"), now);
    expect(market.latestTrade("SPY", now + 30_000)).toMatchObject({ price: parseTicks("150"), atMs: now + 30_000 });
    expect(market.dailyBars("SPY", now + 30_000).at(-1)).toMatchObject({ c: parseTicks("150"), l: parseTicks("150") });
    market.pins.release("SPY", now + 60_000);
    expect(market.latestTrade("SPY", now + 120_000)?.price).toBe(free);
    expect(market.dailyBars("SPY", now + 120_000).at(-1)?.l).toBe(parseTicks("150"));
  });

  it("grows old while the stock is halted", () => {
    const market = marketAt(NOW, "2013-10-08T14:07", OCTOBER);
    market.freeze("SPY", now);
    expect(market.latestTrade("SPY", now + 600_000)?.atMs).toBeLessThanOrEqual(now);
    market.unfreeze("SPY");
    expect(market.latestTrade("SPY", now + 600_000)?.atMs).toBe(now + 600_000);
  });

  it("works for a stock that nobody recorded", () => {
    const market = marketAt(NOW, "2013-10-08T14:07", OCTOBER, "market", { ACME: { price: "50", prevClose: "51" } });
    const [before, today] = market.dailyBars("ACME", now).slice(-2);
    expect([before?.c, today?.c]).toEqual([parseTicks("51"), parseTicks("50")]);
  });
});
