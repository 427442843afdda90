import { describe, expect, it } from "vitest";
import { addDays, newYorkDate, newYorkInstant } from "./new-york.ts";
import { buildTimeline, chooseAnchor, nextCloseMs, nextOpenMs, openSession, parseRecordedInstant, presentedAt, recordedAt, type Timeline } from "./timeline.ts";

const OCTOBER = ["2013-10-07", "2013-10-08", "2013-10-09"];
const startAt = ["2013-10-08T14:07", "2013-10-08T15:10", "2013-10-08T15:46"];

function timelineAt(now: string, dates: readonly string[] = OCTOBER, from: readonly string[] = startAt, speed = 1): Timeline {
  return buildTimeline(chooseAnchor(dates, from, speed, Date.parse(now)));
}

describe("a replay anchored to now", () => {
  it("plays the recorded moment now, and the days around it a day apart", () => {
    const timeline = timelineAt("2026-03-04T15:00:42Z");
    const now = Date.parse("2026-03-04T15:00:00Z");
    expect(recordedAt(timeline, timeline.anchored, now)).toBe(parseRecordedInstant("2013-10-08T14:07"));
    expect(presentedAt(timeline, timeline.anchored, parseRecordedInstant("2013-10-08T14:07"))).toBe(now);
    expect(timeline.sessions.map((session) => session.date)).toEqual(["2026-03-03", "2026-03-04", "2026-03-05"]);
    expect(timeline.sessions.map((session) => session.openMs - timeline.anchored.openMs)).toEqual([-86_400_000, 0, 86_400_000]);
  });

  it("also plays on a Saturday", () => {
    const timeline = timelineAt("2026-11-21T15:00:00Z");
    expect(openSession(timeline, Date.parse("2026-11-21T15:00:00Z"))?.date).toBe("2026-11-21");
  });

  it.each([
    ["2026-03-05T02:30:00Z", "2013-10-08T14:07", "2026-03-04"],
    ["2026-03-05T03:30:00Z", "2013-10-08T15:10", "2026-03-04"],
    ["2026-03-05T04:30:00Z", "2013-10-08T15:46", "2026-03-04"],
    ["2026-03-05T04:55:00Z", "2013-10-08T14:07", "2026-03-05"],
  ])("keeps its close before New York's midnight when one of the moments allows it (%s)", (now, moment, date) => {
    const timeline = timelineAt(now);
    expect(timeline.anchor.recordedMs).toBe(parseRecordedInstant(moment));
    expect(timeline.anchored.date).toBe(date);
    expect(newYorkDate(timeline.anchored.closeMs)).toBe(date);
  });

  it("gives every session a date of its own, also after a half day and when the clocks change", () => {
    const days = ["2013-11-27", "2013-11-29", "2013-12-02"];
    for (const now of ["2026-03-05T04:55:00Z", "2026-03-07T05:10:00Z", "2026-11-01T04:30:00Z", "2026-10-31T05:30:00Z"]) {
      const timeline = timelineAt(now, days, ["2013-11-27T14:00"]);
      const dates = timeline.sessions.map((session) => session.date);
      expect(dates).toEqual([...new Set(dates)].sort());
      expect(timeline.sessions.every((session) => session.date === newYorkDate(session.closeMs))).toBe(true);
    }
  });

  it("runs faster within a session, and still opens a day later", () => {
    const timeline = timelineAt("2026-03-04T15:00:00Z", OCTOBER, startAt, 60);
    expect(timeline.anchored.closeMs - timeline.anchored.openMs).toBe(390_000);
    expect((timeline.sessions[2]?.openMs ?? 0) - timeline.anchored.openMs).toBe(86_400_000);
  });

  it("refuses a moment outside of every recorded day", () => {
    expect(() => timelineAt("2026-03-04T15:00:00Z", OCTOBER, ["2013-10-12T10:00"])).toThrow(RangeError);
    expect(() => timelineAt("2026-03-04T15:00:00Z", OCTOBER, ["noon"])).toThrow(RangeError);
  });
});

describe("the market's hours around the replay", () => {
  const timeline = timelineAt("2026-03-04T15:00:00Z");
  it("closes with the session and opens with the next", () => {
    const during = Date.parse("2026-03-04T15:00:00Z");
    expect(nextCloseMs(timeline, during)).toBe(timeline.anchored.closeMs);
    expect(nextOpenMs(timeline, during)).toBe(timeline.anchored.openMs + 86_400_000);
    expect(openSession(timeline, timeline.anchored.closeMs)).toBeUndefined();
  });

  it("stays closed after the last recorded day, and promises the next weekday", () => {
    const last = timeline.sessions.at(-1);
    const after = (last?.closeMs ?? 0) + 1000;
    expect(openSession(timeline, after)).toBeUndefined();
    expect(nextOpenMs(timeline, after)).toBe(newYorkInstant(addDays("2026-03-05", 1), "09:30"));
    expect(nextCloseMs(timeline, after)).toBe(newYorkInstant("2026-03-06", "16:00"));
    expect(nextOpenMs(timeline, newYorkInstant("2026-03-06", "10:00"))).toBe(newYorkInstant("2026-03-09", "09:30"));
  });
});
