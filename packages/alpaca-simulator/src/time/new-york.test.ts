import { describe, expect, it } from "vitest";
import { isHalfDay, recordedDay } from "./exchange-hours.ts";
import { adjacentWeekday, newYorkDate, newYorkInstant, newYorkIso } from "./new-york.ts";

describe("New York's clock", () => {
  it("is four hours behind UTC in summer and five in winter", () => {
    expect(newYorkInstant("2026-07-01", "09:30")).toBe(Date.parse("2026-07-01T13:30:00Z"));
    expect(newYorkInstant("2026-12-01", "09:30")).toBe(Date.parse("2026-12-01T14:30:00Z"));
  });

  it.each([
    ["2026-03-08", "00:00", "2026-03-08T05:00:00Z"],
    ["2026-03-08", "09:30", "2026-03-08T13:30:00Z"],
    ["2026-11-01", "00:00", "2026-11-01T04:00:00Z"],
    ["2026-11-01", "09:30", "2026-11-01T14:30:00Z"],
  ])("finds %s %s on the days when the clocks change", (date, time, instant) => {
    expect(newYorkInstant(date, time)).toBe(Date.parse(instant));
  });

  it("names the date and offset of an instant", () => {
    expect(newYorkDate(Date.parse("2026-11-21T03:59:59Z"))).toBe("2026-11-20");
    expect(newYorkIso(Date.parse("2026-11-20T14:30:00Z"))).toBe("2026-11-20T09:30:00-05:00");
    expect(newYorkIso(Date.parse("2026-06-01T13:30:00Z"))).toBe("2026-06-01T09:30:00-04:00");
  });

  it("steps over weekends", () => {
    expect(adjacentWeekday("2026-11-20", 1)).toBe("2026-11-23");
    expect(adjacentWeekday("2026-11-23", -1)).toBe("2026-11-20");
  });
});

describe("the exchange's hours", () => {
  it.each(["2013-07-03", "2013-11-29", "2013-12-24", "2012-11-23", "2014-07-03", "2020-11-27"])("ends %s at one o'clock", (date) => {
    expect(recordedDay(date).closeMs).toBe(newYorkInstant(date, "13:00"));
  });

  it.each(["2013-10-08", "2015-07-02", "2021-07-02", "2013-11-28", "2014-12-26", "2020-07-02"])("ends %s at four", (date) => {
    expect(isHalfDay(date)).toBe(false);
    expect(recordedDay(date).closeMs).toBe(newYorkInstant(date, "16:00"));
  });
});
