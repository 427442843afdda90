const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", hourCycle: "h23" });
const preciseFormat = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const zoneFormat = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short", hour: "numeric" });
const dayMs = 86_400_000;

/** `11:42` on the reader's own clock, with the day when it is another one. */
export function clockTime(atMs: number, nowMs: number): string {
  const time = clockFormat.format(atMs);
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
  if (atMs >= midnight && atMs < midnight + dayMs) return time;
  if (atMs < midnight && atMs >= midnight - dayMs) return `yesterday ${time}`;
  if (atMs >= midnight + dayMs && atMs < midnight + 2 * dayMs) return `tomorrow ${time}`;
  return `${dayFormat.format(atMs)} ${time}`;
}

/** `2 Mar`, on the reader's own calendar. */
export function dayOf(atMs: number): string {
  return dayFormat.format(atMs);
}

/** `11:42:07.120`, for a trace. */
export function preciseTime(atMs: number): string {
  return preciseFormat.format(atMs);
}

/** The reader's zone, e.g. `GMT+1`. */
export function zoneName(): string {
  return zoneFormat.formatToParts(0).find(({ type }) => type === "timeZoneName")?.value ?? "local time";
}

/** `4 s`, `2 min`, `3 h`: one unit, rounded down. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}\u00a0s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}\u00a0min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}\u00a0h`;
  return `${Math.floor(seconds / 86_400)}\u00a0days`;
}

/** `3 min 34 s`, for a screen reader and a tooltip. */
export function exactSpan(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
