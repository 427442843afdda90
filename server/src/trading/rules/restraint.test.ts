import { describe, expect, test } from "vitest";
import { compileRestraint, isQuiet, type QuietHours } from "./restraint.ts";

const quiet = (from: string, to: string, time_zone: string): QuietHours => {
  const { quietHours } = compileRestraint({ restraint: { quiet_hours: { from, to, time_zone } } });
  if (quietHours === null) throw new Error("quiet hours were lost");
  return quietHours;
};

test("a config that says nothing wants one card of a symbol at a time, and to be asked whether to pause after five skips", () => {
  expect(compileRestraint({})).toEqual({ perHour: null, perDay: null, onePerSymbol: true, pauseAfterSkips: 5, quietHours: null });
});

describe("quiet hours", () => {
  const night = quiet("22:00", "07:00", "Europe/Berlin");
  test.each([
    ["2026-07-14T19:59:59Z", false],
    ["2026-07-14T20:00:00Z", true],
    ["2026-07-15T00:30:00Z", true],
    ["2026-07-15T04:59:59Z", true],
    ["2026-07-15T05:00:00Z", false],
    // Winter: an hour later by the universal clock.
    ["2026-12-14T20:30:00Z", false],
    ["2026-12-14T21:00:00Z", true],
  ])("over midnight, by the wall clock there: %s", (at, expected) => {
    expect(isQuiet(night, new Date(at))).toBe(expected);
  });

  test("within a day begin with their first minute and end before their last", () => {
    const noon = quiet("12:00", "13:30", "America/New_York");
    expect(["2026-07-14T15:59:59Z", "2026-07-14T16:00:00Z", "2026-07-14T17:29:59Z", "2026-07-14T17:30:00Z"].map((at) => isQuiet(noon, new Date(at)))).toEqual([false, true, true, false]);
  });

  test("with equal ends are the whole day", () => {
    expect(isQuiet(quiet("00:00", "00:00", "UTC"), new Date("2026-07-14T15:59:59Z"))).toBe(true);
  });
});
