/** New York's wall clock: the market's day, whatever the time zone of the machine. */

const parts = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

export type NewYorkTime = {
  /** `YYYY-MM-DD` */
  date: string;
  /** `HH:MM:SS` */
  time: string;
  /** Minutes to add to UTC: −240 in summer, −300 in winter. */
  offsetMinutes: number;
};

/** What New York's calendar and clock show at an instant (milliseconds since the epoch). */
export function newYorkTime(epochMs: number): NewYorkTime {
  const field: Record<string, string> = {};
  for (const part of parts.formatToParts(epochMs)) field[part.type] = part.value;
  const date = `${field["year"] ?? ""}-${field["month"] ?? ""}-${field["day"] ?? ""}`;
  const time = `${field["hour"] ?? ""}:${field["minute"] ?? ""}:${field["second"] ?? ""}`;
  const shownAsUtc = Date.parse(`${date}T${time}Z`);
  const wholeSecond = Math.floor(epochMs / 1000) * 1000;
  return { date, time, offsetMinutes: Math.round((shownAsUtc - wholeSecond) / 60_000) };
}

/** The New York date (`YYYY-MM-DD`) of an instant. */
export function newYorkDate(epochMs: number): string {
  return newYorkTime(epochMs).date;
}

/**
 * The instant at which New York's clock shows `time` (`HH:MM`) on `date`.
 * A time that the spring change skips is read as one hour later.
 */
export function newYorkInstant(date: string, time: string): number {
  const asUtc = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(asUtc)) throw new RangeError(`not a New York date and time: "${date}" "${time}"`);
  const summer = asUtc + 4 * 3_600_000;
  return newYorkTime(summer).offsetMinutes === -240 ? summer : asUtc + 5 * 3_600_000;
}

/** An ISO timestamp with New York's offset, as `/v2/clock` writes it: `2026-11-20T09:30:00-05:00`. */
export function newYorkIso(epochMs: number): string {
  const { date, time, offsetMinutes } = newYorkTime(epochMs);
  return `${date}T${time}-${String(-offsetMinutes / 60).padStart(2, "0")}:00`;
}

/** The date `days` calendar days after (or, negative, before) `date`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** 0 Sunday … 6 Saturday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

export function isWeekend(date: string): boolean {
  return weekday(date) === 0 || weekday(date) === 6;
}

/** The nearest weekday after (`step` 1) or before (`step` −1) `date`. */
export function adjacentWeekday(date: string, step: 1 | -1): string {
  let next = addDays(date, step);
  while (isWeekend(next)) next = addDays(next, step);
  return next;
}
