import { newYorkInstant } from "../core/trading-day.ts";
import type { CalendarPort, RegularSession } from "../trading/market/bar-ports.ts";
import { unavailable } from "./call-failure.ts";
import { callAlpaca, type AlpacaConnection } from "./connection.ts";

const dayMs = 86_400_000;
const dateOf = (date: Date): string => date.toISOString().slice(0, 10);

/** Alpaca's trading calendar, half days included, behind trading's port. */
export function createAlpacaCalendar(alpaca: AlpacaConnection): CalendarPort {
  return {
    async fetchCalendar({ from, to }, signal) {
      try {
        // The SDK reads and writes a calendar date as UTC's midnight.
        const request = { start: new Date(from), end: new Date(to) };
        const days = await callAlpaca(alpaca.trading, "history", signal, (init) => alpaca.calendar.legacyCalendar(request, init));
        return days.map(({ date, open, close }) => sessionOf(dateOf(date), open, close));
      } catch (error) {
        throw unavailable("the calendar", error);
      }
    },
  };
}

/** A session whose open is later in the day than its close has opened on the eve. */
function sessionOf(tradingDay: string, open: string, close: string): RegularSession {
  const closesAt = newYorkInstant(tradingDay, close);
  const opensAt = newYorkInstant(open < close ? tradingDay : dateOf(new Date(Date.parse(tradingDay) - dayMs)), open);
  return { tradingDay, opensAt, closesAt };
}
