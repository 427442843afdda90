import { invalid } from "../book/refusal.ts";
import { addDays, adjacentWeekday, newYorkTime } from "../time/new-york.ts";
import { calendarDay, type Timeline } from "../time/timeline.ts";

/** One entry of `/v2/calendar`. A session that straddles midnight opens on the eve of its date. */
export type CalendarEntry = { date: string; open: string; close: string; session_open: string; session_close: string; settlement_date: string };

const MAX_DAYS = 1500;

/** Trading days from `start` to `end`, both included (default: a month around today). */
export function calendarDays(timeline: Timeline, start: string | null, end: string | null, today: string, halfDayBehind: (date: string) => boolean): CalendarEntry[] {
  const first = dateOf(start) ?? addDays(today, -30);
  const last = dateOf(end) ?? addDays(today, 30);
  const days: CalendarEntry[] = [];
  for (let date = first, seen = 0; date <= last && seen < MAX_DAYS; date = addDays(date, 1), seen += 1) {
    const day = calendarDay(timeline, date, halfDayBehind);
    if (day === undefined) continue;
    const clock = (ms: number): string => newYorkTime(ms).time.slice(0, 5);
    days.push({
      date,
      open: clock(day.openMs),
      close: clock(day.closeMs),
      session_open: clock(day.preOpenMs).replace(":", ""),
      session_close: clock(day.postCloseMs).replace(":", ""),
      settlement_date: adjacentWeekday(date, 1),
    });
  }
  return days;
}

function dateOf(text: string | null): string | undefined {
  if (text === null || text === "") return undefined;
  const date = text.slice(0, 10);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) throw invalid(`invalid date "${text}"`);
  return date;
}
