/** How often, and when, a user wants to be asked at all. */
import { restraintDefaults, type TradingConfig } from "@nod/contract/trading-config";

/** Minutes since midnight in the time zone; `from` after `to` goes over midnight. */
export type QuietHours = { fromMinute: number; toMinute: number; timeZone: string };

/** Null: no limit. `pauseAfterSkips` 0: never asked. */
export type CompiledRestraint = { perHour: number | null; perDay: number | null; onePerSymbol: boolean; pauseAfterSkips: number; quietHours: QuietHours | null };

export function compileRestraint({ restraint = {} }: Pick<TradingConfig, "restraint">): CompiledRestraint {
  const { quiet_hours: quiet } = restraint;
  return {
    perHour: restraint.max_cards_per_hour ?? null,
    perDay: restraint.max_cards_per_day ?? null,
    onePerSymbol: restraint.one_card_per_symbol ?? restraintDefaults.oneCardPerSymbol,
    pauseAfterSkips: restraint.pause_after_skips ?? restraintDefaults.pauseAfterSkips,
    quietHours: quiet === undefined ? null : { fromMinute: minuteOf(quiet.from), toMinute: minuteOf(quiet.to), timeZone: quiet.time_zone },
  };
}

const minutesPerHour = 60;
const minutesPerDay = 1_440;
const minuteMs = 60_000;

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * minutesPerHour + minutes;
}

/** Whether it is quiet at an instant, by the clock on the wall there. Equal ends are a whole day. Pure. */
export function isQuiet({ fromMinute, toMinute, timeZone }: QuietHours, at: Date): boolean {
  const minute = minuteOf(wallClockOf(timeZone).format(at));
  if (fromMinute < toMinute) return fromMinute <= minute && minute < toMinute;
  return minute >= fromMinute || minute < toMinute;
}

/**
 * When a quiet time that it is now ends, to the minute by the clock on the wall there; undefined when it is not quiet, null when
 * it always is. A change of the clocks within it moves the end with it. Pure.
 */
export function quietUntil(hours: QuietHours, at: Date): Date | null | undefined {
  if (!isQuiet(hours, at)) return undefined;
  if (hours.fromMinute === hours.toMinute) return null;
  const minute = minuteOf(wallClockOf(hours.timeZone).format(at));
  const leftMinutes = (hours.toMinute - minute + minutesPerDay) % minutesPerDay;
  const end = new Date(Math.floor(at.getTime() / minuteMs) * minuteMs + leftMinutes * minuteMs);
  const shownMinute = minuteOf(wallClockOf(hours.timeZone).format(end));
  const offMinutes = ((hours.toMinute - shownMinute + minutesPerDay + minutesPerDay / 2) % minutesPerDay) - minutesPerDay / 2;
  return new Date(end.getTime() + offMinutes * minuteMs);
}

/** What may be asked at this instant, in the order that it came; who shares a config is looked at once. */
export function outsideQuietHours<Fired extends { rule: { config: { restraint: CompiledRestraint } } }>(firings: readonly Fired[], at: Date): readonly Fired[] {
  const quiet = new Map<CompiledRestraint, boolean>();
  return firings.filter(({ rule: { config } }) => {
    const { restraint } = config;
    if (restraint.quietHours === null) return true;
    const known = quiet.get(restraint) ?? isQuiet(restraint.quietHours, at);
    quiet.set(restraint, known);
    return !known;
  });
}

const wallClocks = new Map<string, Intl.DateTimeFormat>();

/** Building one takes longer than a thousand uses of it. There are some four hundred time zones. */
function wallClockOf(timeZone: string): Intl.DateTimeFormat {
  const known = wallClocks.get(timeZone) ?? new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  wallClocks.set(timeZone, known);
  return known;
}
