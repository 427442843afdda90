import { describe, expect, test } from "vitest";
import { newYorkDate, tradingDayOf } from "./trading-day.ts";

describe("New York's date", () => {
  test.each([
    ["2024-03-10T04:59:59Z", "2024-03-09"],
    ["2024-03-10T05:00:00Z", "2024-03-10"],
    ["2024-03-11T03:59:59Z", "2024-03-10"],
    ["2024-03-11T04:00:00Z", "2024-03-11"],
    ["2024-11-03T03:59:59Z", "2024-11-02"],
    ["2024-11-04T04:59:59Z", "2024-11-03"],
    ["2024-11-04T05:00:00Z", "2024-11-04"],
  ])("at %s is %s, across both changes of the clocks", (instant, date) => {
    expect(newYorkDate(new Date(instant))).toBe(date);
  });
});

test("an open market belongs to the day of its close", () => {
  const clock = { timestamp: new Date("2024-07-03T15:00:00Z"), nextOpen: new Date("2024-07-05T13:30:00Z"), nextClose: new Date("2024-07-03T17:00:00Z") };
  expect(tradingDayOf({ ...clock, isOpen: true })).toBe("2024-07-03");
  expect(tradingDayOf({ ...clock, isOpen: true, timestamp: new Date("2024-07-03T03:30:00Z") })).toBe("2024-07-03");
});

test("a closed market belongs to New York's date", () => {
  const clock = { timestamp: new Date("2024-07-06T03:00:00Z"), nextOpen: new Date("2024-07-08T13:30:00Z"), nextClose: new Date("2024-07-08T20:00:00Z") };
  expect(tradingDayOf({ ...clock, isOpen: false })).toBe("2024-07-05");
});
