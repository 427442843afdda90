import { addDays, newYorkInstant, weekday } from "./new-york.ts";

/** One recorded trading day: its date and the instants of its regular open and close. */
export type RecordedDay = {
  date: string;
  openMs: number;
  closeMs: number;
  /** 04:00 New York, the start of pre-market. */
  preOpenMs: number;
  /** 20:00 New York (17:00 on a half day), the end of after-hours. */
  postCloseMs: number;
};

/**
 * Whether NYSE closed at 13:00 on this (trading) date: the day after Thanksgiving,
 * 3 July when the 4th is a weekday, and Christmas Eve. Source: NYSE's yearly
 * "Holidays and Trading Hours"; the rule has held unchanged since 1993.
 */
export function isHalfDay(date: string): boolean {
  const year = date.slice(0, 4);
  if (date === `${year}-07-03` || date === `${year}-12-24`) {
    const day = weekday(date);
    return day >= 1 && day <= 4;
  }
  return date === addDays(thanksgiving(year), 1);
}

function thanksgiving(year: string): string {
  const first = `${year}-11-01`;
  const firstThursday = (4 - weekday(first) + 7) % 7;
  return addDays(first, firstThursday + 21);
}

/** New York's regular and extended hours of a recorded trading date. */
export function recordedDay(date: string): RecordedDay {
  const half = isHalfDay(date);
  return {
    date,
    preOpenMs: newYorkInstant(date, "04:00"),
    openMs: newYorkInstant(date, "09:30"),
    closeMs: newYorkInstant(date, half ? "13:00" : "16:00"),
    postCloseMs: newYorkInstant(date, half ? "17:00" : "20:00"),
  };
}
