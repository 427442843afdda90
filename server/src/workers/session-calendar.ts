import type { Db } from "../db/pool.ts";
import { addDays, newYorkDate, type NewYorkDate } from "../core/trading-day.ts";
import type { CalendarPort, RegularSession } from "../trading/market/bar-ports.ts";
import { readCalendar, replaceCalendar } from "../trading/market/calendar-table.ts";
import { BrokerUnavailableError } from "../trading/ports.ts";

/** Known ahead, so that a morning on which the broker cannot be reached begins with a calendar. */
const daysAhead = 10;

export type SessionCalendar = {
  /** The sessions from a date on. @throws BrokerUnavailableError when neither the broker nor the table knows them up to `now` */
  sessionsSince(from: NewYorkDate, now: Date, signal: AbortSignal): Promise<readonly RegularSession[]>;
};

/** Asks the broker once a day, and again when more of the past is needed. */
export function createSessionCalendar(db: Db, broker: CalendarPort): SessionCalendar {
  let known: { from: NewYorkDate; day: NewYorkDate; sessions: readonly RegularSession[] } | null = null;
  return {
    async sessionsSince(from, now, signal) {
      const day = newYorkDate(now);
      if (known?.day === day && known.from <= from) return known.sessions;
      const start = known !== null && known.from < from ? known.from : from;
      try {
        const to = addDays(day, daysAhead);
        const sessions = (await broker.fetchCalendar({ from: start, to }, signal)).toSorted((a, b) => a.opensAt.getTime() - b.opensAt.getTime());
        await replaceCalendar(db, { from: start, to }, sessions);
        known = { from: start, day, sessions };
        return sessions;
      } catch (error) {
        if (!(error instanceof BrokerUnavailableError)) throw error;
        const stored = await readCalendar(db, from);
        const first = stored[0];
        // A week without a session there is not.
        if (first === undefined || first.tradingDay > addDays(from, 7) || !stored.some(({ closesAt }) => closesAt > now)) throw error;
        return stored;
      }
    },
  };
}
