import { describe, expect, test } from "vitest";
import { addDays, newYorkInstant } from "../../core/trading-day.ts";
import { barsJobs, calendarStart, historyWishes, tradingDayAt } from "./bar-plan.ts";
import type { RegularSession } from "./bar-ports.ts";
import type { WantedBars } from "./bar-reader.ts";
import type { Coverage } from "./coverage-table.ts";

const halfDays = new Set(["2013-11-29"]);
const holidays = new Set(["2013-11-28"]);
/** New York's sessions of late 2013, across the end of summer time, Thanksgiving and the half day after it. */
const sessions: RegularSession[] = Array.from({ length: 60 }, (_, n) => addDays("2013-10-07", n))
  .filter((day) => ![0, 6].includes(new Date(day).getUTCDay()) && !holidays.has(day))
  .map((day) => ({ tradingDay: day, opensAt: newYorkInstant(day, "09:30"), closesAt: newYorkInstant(day, halfDays.has(day) ? "13:00" : "16:00") }));

const want = (timeframe: WantedBars["timeframe"], bars: number, symbol = "SPY"): WantedBars => ({ feed: "iex", assetClass: "us_equity", symbol, timeframe, bars });
const startOf = (wanted: WantedBars[], timeframe: "1Min" | "1Day", now: string): string | undefined =>
  historyWishes(wanted, sessions, new Date(now)).find((wish) => wish.timeframe === timeframe)?.from.toISOString();

describe("how much history is wanted", () => {
  test("a month of days for whatever is followed, and more where a rule needs more", () => {
    expect(startOf([want("1Day", 1)], "1Day", "2013-11-29T15:00:00Z")).toBe("2013-10-30T04:00:00.000Z");
    expect(startOf([want("1Day", 50), want("1Day", 1)], "1Day", "2013-11-29T15:00:00Z")).toBe("2013-09-10T04:00:00.000Z");
    expect(startOf([want("1Day", 1)], "1Min", "2013-11-29T15:00:00Z")).toBeUndefined();
  });

  test("the sessions in which there are enough bars, a half day counting for what it is", () => {
    // On Monday morning: 14 quarters of an hour on the half day, 26 on the Wednesday before Thanksgiving.
    const monday = "2013-12-02T14:31:00Z";
    expect(startOf([want("15Min", 13)], "1Min", monday)).toBe("2013-11-29T14:30:00.000Z");
    expect(startOf([want("15Min", 14)], "1Min", monday)).toBe("2013-11-27T14:30:00.000Z");
    expect(startOf([want("15Min", 40)], "1Min", monday)).toBe("2013-11-26T14:30:00.000Z");
    expect(startOf([want("1Min", 1), want("15Min", 14)], "1Min", monday)).toBe("2013-11-27T14:30:00.000Z");
  });

  test("the calendar reaches back as far as any of it", () => {
    const now = new Date("2013-12-02T14:31:00Z");
    for (const bars of [1, 14, 100, 1_000]) {
      const from = startOf([want("1Hour", bars)], "1Min", now.toISOString()) ?? "";
      expect(calendarStart([want("1Hour", bars)], now) <= from.slice(0, 10)).toBe(true);
    }
  });
});

const row = (changes: Partial<Coverage>): Coverage => ({ feed: "iex", assetClass: "us_equity", symbol: "SPY", timeframe: "1Min", covered: null, filling: null, adjustedAsOf: "2013-11-29", generation: 3, ...changes });
const at = (text: string): Date => new Date(text);
const jobsAt = (now: string, ...rows: Coverage[]) =>
  barsJobs(rows, sessions, at(now)).map(({ kind, request, until }) => `${kind} ${request.symbols.join(",")} ${request.timeframe} ${request.from.toISOString().slice(0, 16)}..${until.toISOString().slice(0, 16)}`);

describe("what is to be fetched now", () => {
  test("is the history, up to the last minute that is settled", () => {
    const filling = { from: at("2013-11-27T14:30:00Z"), to: at("2013-11-27T14:30:00Z") };
    expect(jobsAt("2013-11-29T15:00:03Z", row({ filling }))).toEqual(["history SPY 1Min 2013-11-27T14:30..2013-11-29T14:59"]);
    expect(jobsAt("2013-11-29T15:00:05Z", row({ filling }))).toEqual(["history SPY 1Min 2013-11-27T14:30..2013-11-29T15:00"]);
  });

  test("goes on where a stretch has come, and stops where what is covered begins", () => {
    const filling = { from: at("2013-11-20T14:30:00Z"), to: at("2013-11-21T16:00:01Z") };
    const covered = { from: at("2013-11-27T14:30:00Z"), to: at("2013-11-29T18:00:00Z") };
    expect(jobsAt("2013-11-29T22:00:00Z", row({ filling, covered }))).toEqual(["history SPY 1Min 2013-11-21T16:00..2013-11-27T14:30"]);
  });

  test("is one call a minute for all symbols while a session is on", () => {
    const covered = { from: at("2013-11-27T14:30:00Z"), to: at("2013-11-29T15:00:00Z") };
    const rows = ["AIG", "SPY", "IBM"].map((symbol) => row({ symbol, covered }));
    expect(jobsAt("2013-11-29T15:01:04Z", ...rows)).toEqual([]);
    expect(jobsAt("2013-11-29T15:01:05Z", ...rows)).toEqual(["continue AIG,SPY,IBM 1Min 2013-11-29T15:00..2013-11-29T15:01"]);
  });

  test("is nothing after the close of a half day, over a weekend and before the open", () => {
    const covered = { from: at("2013-11-27T14:30:00Z"), to: at("2013-11-29T18:00:00Z") };
    for (const now of ["2013-11-29T18:30:00Z", "2013-11-30T15:00:00Z", "2013-12-02T14:30:30Z"]) expect(jobsAt(now, row({ covered }))).toEqual([]);
    expect(jobsAt("2013-12-02T14:31:30Z", row({ covered }))).toEqual(["continue SPY 1Min 2013-12-02T14:30..2013-12-02T14:31"]);
  });

  test("is the days once a trading day, by New York's midnight on both sides of the change of its clocks", () => {
    const days = (to: string): Coverage => row({ timeframe: "1Day", covered: { from: at("2013-10-07T04:00:00Z"), to: at(to) } });
    expect(jobsAt("2013-11-02T03:59:00Z", days("2013-11-01T04:00:00Z"))).toEqual([]);
    expect(jobsAt("2013-11-02T04:00:00Z", days("2013-11-01T04:00:00Z"))).toEqual(["continue SPY 1Day 2013-10-20T04:00..2013-11-02T04:00"]);
    expect(jobsAt("2013-11-05T04:30:00Z", days("2013-11-04T05:00:00Z"))).toEqual([]);
    expect(jobsAt("2013-11-05T05:00:00Z", days("2013-11-04T05:00:00Z"))).toEqual(["continue SPY 1Day 2013-10-23T05:00..2013-11-05T05:00"]);
  });

  test("of crypto goes on through the night, in minutes", () => {
    const covered = { from: at("2013-11-28T00:00:00Z"), to: at("2013-11-30T03:00:00Z") };
    expect(jobsAt("2013-11-30T03:02:10Z", row({ assetClass: "crypto", feed: "crypto_us", symbol: "BTC/USD", covered }))).toEqual(["continue BTC/USD 1Min 2013-11-30T03:00..2013-11-30T03:02"]);
  });

  test("never asks for more symbols than an address holds", () => {
    const filling = { from: at("2013-11-27T14:30:00Z"), to: at("2013-11-27T14:30:00Z") };
    const rows = Array.from({ length: 450 }, (_, n) => row({ symbol: `S${n}`, filling }));
    const jobs = barsJobs(rows, sessions, at("2013-11-29T15:01:05Z"));
    expect(jobs.map((job) => job.request.symbols.length)).toEqual([200, 200, 50]);
    expect(new Set(jobs.flatMap((job) => job.request.symbols)).size).toBe(450);
  });
});

test("the trading day is the session's while one is on, even across midnight, and else New York's date", () => {
  const straddling = { tradingDay: "2013-12-07", opensAt: at("2013-12-07T02:00:00Z"), closesAt: at("2013-12-07T08:30:00Z") };
  expect(tradingDayAt([...sessions, straddling], at("2013-12-07T03:00:00Z"))).toBe("2013-12-07");
  expect(tradingDayAt(sessions, at("2013-12-07T03:00:00Z"))).toBe("2013-12-06");
});
