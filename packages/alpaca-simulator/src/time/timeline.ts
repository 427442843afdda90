import { recordedDay, type RecordedDay } from "./exchange-hours.ts";
import { adjacentWeekday, isWeekend, newYorkDate, newYorkInstant } from "./new-york.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A recorded trading day, moved to where it happens now. */
export type Session = {
  recorded: RecordedDay;
  /** The New York date of `closeMs`: the trading date that every answer of the simulator uses. */
  date: string;
  preOpenMs: number;
  openMs: number;
  closeMs: number;
  postCloseMs: number;
};

/** Where and how fast the recording is played; this is what the journal keeps across restarts. */
export type Anchor = {
  /** Recorded trading dates, in order. */
  dates: readonly string[];
  /** The recorded instant (ms) that happens at `wallMs`. */
  recordedMs: number;
  /** A whole minute of real time, so that recorded minutes stay whole minutes. */
  wallMs: number;
  /** Recorded seconds that pass in one real second within a session. */
  speed: number;
};

export type Timeline = {
  anchor: Anchor;
  sessions: readonly Session[];
  /** The session in which the anchor lies. */
  anchored: Session;
};

/** A recorded New York instant `YYYY-MM-DDTHH:MM`, in milliseconds. */
export function parseRecordedInstant(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new RangeError(`startAt must look like 2013-10-08T14:07 (New York time), got "${text}"`);
  }
  return newYorkInstant(match[1], match[2]);
}

/**
 * Anchors the recording to now. `startAt` lists recorded instants by preference: the first
 * whose session then closes before New York's midnight is taken, else the first of all (its
 * session then straddles midnight and belongs to the date on which it closes).
 */
export function chooseAnchor(dates: readonly string[], startAt: readonly string[], speed: number, nowMs: number): Anchor {
  const wallMs = Math.floor(nowMs / 60_000) * 60_000;
  const anchors = startAt.map((text): Anchor => ({ dates, recordedMs: parseRecordedInstant(text), wallMs, speed }));
  const first = anchors[0];
  if (first === undefined) throw new RangeError("startAt names no instant");
  const today = newYorkDate(wallMs);
  return anchors.find((anchor) => buildTimeline(anchor).anchored.date === today) ?? first;
}

/**
 * Lays the recorded days out around the anchor: each opens 24 hours after the one before.
 * A shorter day (a half day) or a clock change could make two sessions close on the same
 * New York date; the later one is then moved on by whole hours until it has its own date.
 */
export function buildTimeline(anchor: Anchor): Timeline {
  const days = anchor.dates.map(recordedDay);
  const index = days.findIndex((day) => anchor.recordedMs >= day.preOpenMs && anchor.recordedMs < day.postCloseMs);
  const day = days[index];
  if (day === undefined) {
    throw new RangeError(`startAt ${new Date(anchor.recordedMs).toISOString()} lies in none of the recorded days ${anchor.dates.join(", ")}`);
  }
  const anchored = place(day, anchor.wallMs - (anchor.recordedMs - day.openMs) / anchor.speed, anchor.speed);
  const sessions = [anchored];
  let latest = anchored;
  for (const later of days.slice(index + 1)) sessions.push((latest = beside(later, latest, 1, anchor.speed)));
  let earliest = anchored;
  for (const earlier of days.slice(0, index).reverse()) sessions.unshift((earliest = beside(earlier, earliest, -1, anchor.speed)));
  return { anchor, sessions, anchored };
}

function place(recorded: RecordedDay, openMs: number, speed: number): Session {
  const at = (recordedMs: number): number => openMs + Math.round((recordedMs - recorded.openMs) / speed);
  const closeMs = at(recorded.closeMs);
  return { recorded, date: newYorkDate(closeMs), preOpenMs: at(recorded.preOpenMs), openMs, closeMs, postCloseMs: at(recorded.postCloseMs) };
}

function beside(day: RecordedDay, neighbour: Session, step: 1 | -1, speed: number): Session {
  let openMs = neighbour.openMs + step * DAY_MS;
  let session = place(day, openMs, speed);
  while (step * session.date.localeCompare(neighbour.date) <= 0) {
    openMs += step * HOUR_MS;
    session = place(day, openMs, speed);
  }
  return session;
}

/** The last session whose pre-market has begun at `nowMs`. */
export function currentSession(timeline: Timeline, nowMs: number): Session | undefined {
  return timeline.sessions.findLast((session) => session.preOpenMs <= nowMs);
}

/** The session in regular hours at `nowMs`. */
export function openSession(timeline: Timeline, nowMs: number): Session | undefined {
  return timeline.sessions.find((session) => session.openMs <= nowMs && nowMs < session.closeMs);
}

/** The recorded instant that has been reached within `session`; stands still after its after-hours. */
export function recordedAt(timeline: Timeline, session: Session, nowMs: number): number {
  const elapsed = Math.floor((nowMs - session.openMs) * timeline.anchor.speed);
  return Math.min(session.recorded.openMs + elapsed, session.recorded.postCloseMs - 1);
}

/** When a recorded instant of `session` happens. */
export function presentedAt(timeline: Timeline, session: Session, recordedMs: number): number {
  return session.openMs + Math.floor((recordedMs - session.recorded.openMs) / timeline.anchor.speed);
}

export type CalendarDay = { date: string; openMs: number; closeMs: number; preOpenMs: number; postCloseMs: number };

/**
 * The trading day on `date`, if it is one: the replayed sessions, and around them plain
 * weekdays with regular hours (half days where the recorded day behind them was one).
 */
export function calendarDay(timeline: Timeline, date: string, halfDayBehind: (date: string) => boolean): CalendarDay | undefined {
  const session = timeline.sessions.find((candidate) => candidate.date === date);
  if (session !== undefined) return session;
  const first = timeline.sessions[0];
  const last = timeline.sessions.at(-1);
  if (first === undefined || last === undefined || isWeekend(date)) return undefined;
  if (date > first.date && date < last.date) return undefined;
  return {
    date,
    preOpenMs: newYorkInstant(date, "04:00"),
    openMs: newYorkInstant(date, "09:30"),
    closeMs: newYorkInstant(date, halfDayBehind(date) ? "13:00" : "16:00"),
    postCloseMs: newYorkInstant(date, "20:00"),
  };
}

/** The next moment at which regular trading opens. After the recording: a weekday's 09:30. */
export function nextOpenMs(timeline: Timeline, nowMs: number): number {
  const session = timeline.sessions.find((candidate) => candidate.openMs > nowMs);
  if (session !== undefined) return session.openMs;
  const last = timeline.sessions.at(-1);
  let date = newYorkDate(nowMs);
  if (isWeekend(date) || date <= (last?.date ?? "") || newYorkInstant(date, "09:30") <= nowMs) date = adjacentWeekday(date, 1);
  while (date <= (last?.date ?? "")) date = adjacentWeekday(date, 1);
  return newYorkInstant(date, "09:30");
}

/** The next moment at which regular trading closes. */
export function nextCloseMs(timeline: Timeline, nowMs: number): number {
  const session = timeline.sessions.find((candidate) => candidate.closeMs > nowMs);
  return session?.closeMs ?? nextOpenMs(timeline, nowMs) + 6.5 * HOUR_MS;
}
