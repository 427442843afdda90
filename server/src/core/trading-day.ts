/** A calendar date in New York, `2013-10-08`. */
export type NewYorkDate = string;

const newYork = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York", year: "numeric", month: "2-digit", day: "2-digit" });

/** The date in New York at an instant, both changes of the clocks included. */
export const newYorkDate = (instant: Date): NewYorkDate => newYork.format(instant);

/** What the broker's clock says of a market. */
export type BrokerClock = { isOpen: boolean; nextOpen: Date; nextClose: Date; timestamp: Date };

/**
 * The trading day that an instant belongs to. While the market is open it is the date of the close, which the broker
 * names; otherwise the date in New York.
 */
export function tradingDayOf(clock: BrokerClock): NewYorkDate {
  return newYorkDate(clock.isOpen ? clock.nextClose : clock.timestamp);
}

const newYorkWallClock = new Intl.DateTimeFormat("en-US", { timeZone: "America/New_York", hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
const hourMs = 3_600_000;

/**
 * The instant at which New York's clocks show `time` (`09:30`) on a date. A time that the change in spring leaves out is an
 * hour later, one that the change in autumn repeats is the first of the two.
 */
export function newYorkInstant(date: NewYorkDate, time: string): Date {
  const asUtcMs = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(asUtcMs)) throw new RangeError(`not a date and a time of day: "${date}" "${time}"`);
  const inSummer = new Date(asUtcMs + 4 * hourMs);
  return newYorkWallClock.format(inSummer) === time ? inSummer : new Date(asUtcMs + 5 * hourMs);
}

/** The date so many calendar days later, or earlier when negative. */
export const addDays = (date: NewYorkDate, days: number): NewYorkDate => new Date(Date.parse(date) + days * 24 * hourMs).toISOString().slice(0, 10);
