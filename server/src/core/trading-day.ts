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
