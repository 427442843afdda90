import { adjacentWeekday, newYorkDate, newYorkInstant, weekday, addDays } from "../time/new-york.ts";
import type { Timeline } from "../time/timeline.ts";
import type { Timeframe } from "./bars.ts";

/** How far after the last session announced corporate actions are placed, in trading days. */
const FUTURE_DAYS = 10;

/**
 * Where recorded trading dates lie now: the sessions on their own dates, the recorded days
 * before them on consecutive weekdays going back, the days after them on weekdays ahead.
 */
export type DateMap = {
  presented: (recordedDate: string) => string | undefined;
  recorded: (presentedDate: string) => string | undefined;
  /** The recorded trading date before one (or the weekday before it when nothing earlier was recorded). */
  recordedBefore: (recordedDate: string) => string;
  /** The New York midnight that starts the day, week (Monday) or month of a daily bar. */
  bucketStart: (t: number, timeframe: Timeframe) => number;
};

export function buildDateMap(timeline: Timeline, tradingDates: readonly string[]): DateMap {
  const toPresented = new Map<string, string>();
  const toRecorded = new Map<string, string>();
  const link = (recorded: string, presented: string): void => {
    toPresented.set(recorded, presented);
    toRecorded.set(presented, recorded);
  };
  for (const session of timeline.sessions) link(session.recorded.date, session.date);

  const first = timeline.sessions[0];
  const last = timeline.sessions.at(-1);
  const before = (date: string): string => tradingDates.findLast((candidate) => candidate < date) ?? adjacentWeekday(date, -1);
  if (first !== undefined && last !== undefined) {
    let presented = first.date;
    const earlier = tradingDates.filter((date) => date < first.recorded.date);
    for (const date of (earlier.length > 0 ? earlier : [before(first.recorded.date)]).reverse()) {
      presented = adjacentWeekday(presented, -1);
      link(date, presented);
    }
    presented = last.date;
    for (const date of tradingDates.filter((candidate) => candidate > last.recorded.date).slice(0, FUTURE_DAYS)) {
      presented = adjacentWeekday(presented, 1);
      link(date, presented);
    }
  }
  return {
    presented: (date) => toPresented.get(date),
    recorded: (date) => toRecorded.get(date),
    recordedBefore: before,
    bucketStart: (t, { unit, count }) => {
      const date = newYorkDate(t);
      if (unit === "Week") return newYorkInstant(addDays(date, -((weekday(date) + 6) % 7)), "00:00");
      if (unit !== "Month") return t;
      const month = Number(date.slice(5, 7)) - 1;
      const start = String(month - (month % count) + 1).padStart(2, "0");
      return newYorkInstant(`${date.slice(0, 4)}-${start}-01`, "00:00");
    },
  };
}
