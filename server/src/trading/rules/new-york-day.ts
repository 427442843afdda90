import { newYorkDate, type NewYorkDate } from "../../core/trading-day.ts";

/** A calendar day in New York as instants; `endsAtMs` may be an hour early on a day that has 25. */
export type NewYorkDay = { date: NewYorkDate; startsAtMs: number; endsAtMs: number };

const hourMs = 3_600_000;

/**
 * Finds the day of an instant. The time zone is asked only when the instant is not of the day found last: that call takes
 * microseconds, and bars come by the hundred for one day.
 */
export function createDayFinder(): (atMs: number) => NewYorkDay {
  let day: NewYorkDay = { date: "", startsAtMs: Number.POSITIVE_INFINITY, endsAtMs: Number.NEGATIVE_INFINITY };
  return (atMs) => {
    if (atMs < day.startsAtMs || atMs >= day.endsAtMs) day = dayOf(atMs);
    return day;
  };
}

function dayOf(atMs: number): NewYorkDay {
  const date = newYorkDate(new Date(atMs));
  // New York is 4 or 5 hours behind; its midnight is the one of the two whose date is this one while an hour earlier it is not.
  const utcMidnightMs = Date.parse(`${date}T00:00:00Z`);
  const summerMs = utcMidnightMs + 4 * hourMs;
  const startsAtMs = newYorkDate(new Date(summerMs)) === date ? summerMs : utcMidnightMs + 5 * hourMs;
  // The shortest day has 23 hours; what comes after is asked for anew.
  const endsAtMs = newYorkDate(new Date(startsAtMs + 24 * hourMs - 1)) === date ? startsAtMs + 24 * hourMs : startsAtMs + 23 * hourMs;
  return { date, startsAtMs, endsAtMs };
}
