import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Alpaca } from "@alpacahq/alpaca-trade-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSimulator, type Simulator } from "../src/simulator.ts";
import { manualClock, type ManualClock } from "../src/time/clock.ts";
import { newYorkDate, newYorkInstant } from "../src/time/new-york.ts";
import { sdk } from "./sdk.ts";

const packaged = fileURLToPath(new URL("../data", import.meta.url));

describe("market data, through the SDK", () => {
  let sim: Simulator;
  let alpaca: Alpaca;
  let clock: ManualClock;
  beforeAll(async () => {
    clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
    sim = await startSimulator({ clock });
    alpaca = sdk(sim);
  });
  afterAll(() => sim.stop());

  it("answers one snapshots call for many symbols and leaves out what it does not know", async () => {
    const snapshots = await alpaca.marketData.stocks.stockSnapshots({ symbols: "SPY,IBM,AAPL,UNKNOWN", feed: "iex" });
    expect(Object.keys(snapshots).sort()).toEqual(["AAPL", "IBM", "SPY"]);
    expect(snapshots["SPY"]).toMatchObject({ dailyBar: { o: 167.45 }, prevDailyBar: { c: 167.42 } });
    expect(snapshots["SPY"]?.prevDailyBar?.t).toEqual(new Date("2026-03-03T05:00:00Z"));
    expect(snapshots["SPY"]?.latestTrade?.t.getTime()).toBe(clock.now());
    expect(snapshots["SPY"]?.minuteBar?.t.getTime()).toBe(clock.now() - 60_000);
  });

  it("pages bars across symbols by the limit, without losing or repeating one", async () => {
    const request = { symbols: "SPY,IBM,AIG", timeframe: "1Min", start: new Date(clock.now() - 30 * 60_000), feed: "iex" as const };
    const whole = await alpaca.marketData.stocks.stockBars({ ...request, limit: 10_000 });
    expect(whole.nextPageToken).toBeNull();
    for (const limit of [1, 7, 30, 31, 89]) {
      const collected: Record<string, unknown[]> = {};
      let pageToken: string | undefined;
      do {
        const page = await alpaca.marketData.stocks.stockBars({ ...request, limit, ...(pageToken === undefined ? {} : { pageToken }) });
        const count = Object.values(page.bars).reduce((sum, bars) => sum + bars.length, 0);
        expect(count).toBeLessThanOrEqual(limit);
        for (const [symbol, bars] of Object.entries(page.bars)) (collected[symbol] ??= []).push(...bars);
        pageToken = page.nextPageToken ?? undefined;
      } while (pageToken !== undefined);
      expect(collected).toEqual(whole.bars);
    }
  });

  it("aggregates minutes and days into wider bars", async () => {
    const start = new Date(clock.now() - 60 * 60_000);
    const one = (await alpaca.marketData.stocks.stockBars({ symbols: "IBM", timeframe: "1Min", start })).bars["IBM"] ?? [];
    const five = (await alpaca.marketData.stocks.stockBars({ symbols: "IBM", timeframe: "5Min", start })).bars["IBM"] ?? [];
    const firstFive = one.slice(0, 5);
    expect(five[0]).toMatchObject({ o: firstFive[0]?.o, c: firstFive[4]?.c, h: Math.max(...firstFive.map((bar) => bar.h)), v: firstFive.reduce((sum, bar) => sum + bar.v, 0) });
    const weeks = (await alpaca.marketData.stocks.stockBars({ symbols: "IBM", timeframe: "1Week", start: new Date("2026-01-01") })).bars["IBM"] ?? [];
    expect(weeks.map((bar) => new Date(String(bar.t)).getUTCDay())).toEqual(weeks.map(() => 1));
  });

  it("refuses the paid feed as the free plan does", async () => {
    await expect(alpaca.marketData.stocks.stockSnapshots({ symbols: "SPY", feed: "sip" })).rejects.toMatchObject({ status: 403 });
    await expect(alpaca.marketData.stocks.stockSnapshots({ symbols: "SPY;DROP" })).rejects.toMatchObject({ status: 400, message: "invalid symbol: SPY;DROP" });
  });

  it("wraps crypto snapshots and serves crypto bars", async () => {
    const { snapshots } = await alpaca.marketData.crypto.cryptoSnapshots({ loc: "us", symbols: "BTC/USD" });
    expect(snapshots["BTC/USD"]?.latestTrade?.p).toBeGreaterThan(50_000);
    const { bars } = await alpaca.marketData.crypto.cryptoBars({ loc: "us", symbols: "BTC/USD", timeframe: "1Hour", start: new Date(clock.now() - 5 * 3_600_000) });
    expect(bars["BTC/USD"]).toHaveLength(6);
  });

  it("has a clock and a calendar that agree on the trading date", async () => {
    const market = await alpaca.trading.clock.legacyClock();
    expect(market.isOpen).toBe(true);
    const today = newYorkDate(market.nextClose.getTime());
    const days = await alpaca.trading.calendar.legacyCalendar({ start: new Date("2026-02-27"), end: new Date("2026-03-10") });
    const dates = days.map((entry) => entry.date.toISOString().slice(0, 10));
    expect(dates).toEqual(["2026-02-27", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"]);
    const entry = days.find((candidate) => candidate.date.toISOString().startsWith(today));
    expect(newYorkInstant(today, entry?.close ?? "")).toBe(market.nextClose.getTime());
  });
});

describe("a trading day from open to close", () => {
  it("fills what was queued at the open, expires day orders at the close, and starts the next day", async () => {
    const clock = manualClock(Date.parse("2026-03-04T12:00:00Z"));
    const sim = await startSimulator({ clock, replay: { startAt: ["2013-10-08T09:28"] } });
    const alpaca = sdk(sim);
    const statusOf = async (clientOrderId: string): Promise<unknown> => (await alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId })).status;
    try {
      expect((await alpaca.trading.clock.legacyClock()).isOpen).toBe(false);
      const early = await alpaca.trading.orders.market({ symbol: "SPY", qty: "10", side: "buy", clientOrderId: "before-open" });
      expect(early.status).toBe("accepted");
      const premarket = await alpaca.trading.orders.limit({ symbol: "SPY", qty: "1", side: "buy", limitPrice: "200", extendedHours: true, clientOrderId: "premarket" });
      expect(premarket.status).toBe("pending_new");
      clock.advance(1000);
      expect(await statusOf("premarket")).toBe("filled");
      expect(await statusOf("before-open")).toBe("accepted");
      clock.advance(120_000);
      expect(await statusOf("before-open")).toBe("filled");

      await alpaca.trading.orders.limit({ symbol: "SPY", qty: "1", side: "buy", limitPrice: "1", clientOrderId: "too-low" });
      await alpaca.trading.orders.limit({ symbol: "SPY", qty: "1", side: "buy", limitPrice: "1", timeInForce: "gtc", clientOrderId: "patient" });
      clock.advance(6.5 * 3_600_000);
      expect(await statusOf("too-low")).toBe("expired");
      expect(await statusOf("patient")).toBe("new");
      expect((await alpaca.trading.clock.legacyClock()).isOpen).toBe(false);
      const evening = await alpaca.trading.orders.market({ symbol: "SPY", qty: "1", side: "buy", clientOrderId: "after-close" });
      expect(evening.status).toBe("accepted");

      clock.advance(17.6 * 3_600_000);
      expect((await alpaca.trading.clock.legacyClock()).isOpen).toBe(true);
      expect(await statusOf("after-close")).toBe("filled");
      const snapshots = await alpaca.marketData.stocks.stockSnapshots({ symbols: "SPY" });
      expect(snapshots["SPY"]?.prevDailyBar?.c).toBe(165.48);
      const account = await alpaca.trading.account.getAccount();
      const held = 11 * 165.48;
      expect(Number(account.lastEquity)).toBeCloseTo(Number(sim.control.book().accounts[0]?.cash) + held + Number((await alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId: "after-close" })).filledAvgPrice), 4);
    } finally {
      await sim.stop();
    }
  });

  it("follows a half day's hours", async () => {
    const folder = dataFolder({ "2013-11-27": 181_000, "2013-11-29": 181_500, "2013-12-02": 181_200 });
    const clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
    const sim = await startSimulator({ clock, dataDir: folder, replay: { startAt: ["2013-11-29T12:59"] } });
    try {
      const alpaca = sdk(sim);
      const market = await alpaca.trading.clock.legacyClock();
      expect(market).toMatchObject({ isOpen: true, nextClose: new Date("2026-03-04T15:01:00Z") });
      clock.advance(60_000);
      expect((await alpaca.trading.clock.legacyClock()).isOpen).toBe(false);
      const [entry] = await alpaca.trading.calendar.legacyCalendar({ start: new Date("2026-03-04"), end: new Date("2026-03-04") });
      expect(entry).toMatchObject({ open: "06:31", close: "10:01" });
    } finally {
      await sim.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a split, seven for one", () => {
  it("divides older prices in adjusted bars, leaves raw ones, names the split, and multiplies positions", async () => {
    const folder = dataFolder({});
    for (const date of ["2014-06-05", "2014-06-06"]) {
      mkdirSync(join(folder, "minute/AAPL"), { recursive: true });
      copyFileSync(join(packaged, `minute/AAPL/${date}.csv`), join(folder, `minute/AAPL/${date}.csv`));
    }
    const opening = newYorkInstant("2014-06-09", "09:30");
    writeFileSync(join(folder, "minute/AAPL/2014-06-09.csv"), minutesAround(opening, 92.7));
    const clock = manualClock(Date.parse("2026-03-04T12:00:00Z"));
    const sim = await startSimulator({ clock, dataDir: folder, replay: { startAt: ["2014-06-06T15:50"] } });
    try {
      const alpaca = sdk(sim);
      const daily = async (adjustment: string): Promise<unknown[]> =>
        ((await alpaca.marketData.stocks.stockBars({ symbols: "AAPL", timeframe: "1Day", adjustment, start: new Date("2026-02-20") })).bars["AAPL"] ?? []).map((bar) => bar.c);
      await alpaca.trading.orders.market({ symbol: "AAPL", qty: "2", side: "buy" });
      clock.advance(1000);
      expect(await daily("split")).toEqual(await daily("raw"));

      clock.advance(24 * 3_600_000);
      const raw = await daily("raw");
      const adjusted = await daily("split");
      expect(raw.at(-2)).toBe(645.57);
      expect(adjusted.at(-2)).toBe(92.2243);
      expect(adjusted.at(-1)).toBe(raw.at(-1));
      const { corporateActions } = await alpaca.marketData.corporateActions.corporateActions({ symbols: "AAPL", types: "forward_split", start: new Date("2026-03-01"), end: new Date("2026-03-31") });
      expect(corporateActions.forwardSplits).toMatchObject([{ symbol: "AAPL", newRate: 7, oldRate: 1, exDate: new Date("2026-03-05") }]);
      const position = await alpaca.trading.positions.getOpenPosition({ symbolOrAssetId: "AAPL" });
      expect(position.qty).toBe("14");
      expect(Number(position.avgEntryPrice)).toBeCloseTo(92.2, 0);
    } finally {
      await sim.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a seed", () => {
  it("decides everything: two runs of the same requests end in the same book", async () => {
    const run = async (seed: string): Promise<string> => {
      const clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
      const sim = await startSimulator({ clock, seed });
      const alpaca = sdk(sim);
      try {
        for (let count = 0; count < 5; count += 1) {
          await alpaca.trading.orders.market({ symbol: "SPY", notional: "25", side: "buy", clientOrderId: `order-${count}` });
          clock.advance(7777);
        }
        const { posts, accounts } = sim.control.book();
        return JSON.stringify({ posts, accounts });
      } finally {
        await sim.stop();
      }
    };
    const first = await run("one");
    expect(await run("one")).toBe(first);
    expect(await run("two")).not.toBe(first);
  });
});

/** A data folder with the packaged daily files and splits, and flat SPY minutes (cents) on some dates. */
function dataFolder(spy: Record<string, number>): string {
  const folder = mkdtempSync(join(tmpdir(), "alpaca-simulator-data-"));
  mkdirSync(join(folder, "daily"));
  for (const symbol of ["SPY", "AAPL"]) copyFileSync(join(packaged, `daily/${symbol}.csv`), join(folder, `daily/${symbol}.csv`));
  writeFileSync(join(folder, "corporate-actions.csv"), readFileSync(join(packaged, "corporate-actions.csv")));
  for (const [date, cents] of Object.entries(spy)) {
    mkdirSync(join(folder, "minute/SPY"), { recursive: true });
    writeFileSync(join(folder, `minute/SPY/${date}.csv`), minutesAround(newYorkInstant(date, "09:30"), cents / 1000));
  }
  return folder;
}

function minutesAround(fromMs: number, price: number): string {
  const rows = Array.from({ length: 200 }, (_, minute) => `${new Date(fromMs + minute * 60_000).toISOString().slice(0, 19)}Z,${[0, 0.05, -0.05, 0.02].map((step) => (price + step).toFixed(2)).join(",")},1000`);
  return ["t,open,high,low,close,volume", ...rows, ""].join("\n");
}
