/** The table `market_sessions`: what the broker's clock said last. */
import type { AssetClass } from "@nod/contract/primitives";
import { tradingDayOf, type BrokerClock, type NewYorkDate } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";

/** The broker's word is good for this long; after that the session is unknown until it is asked again. */
export const maxSessionAgeSeconds = 300;

export type MarketSession = {
  /** Unknown: never heard, heard too long ago, or its open or close has passed since. Nothing that needs a market fires then. */
  state: "open" | "closed" | "unknown";
  /** Null exactly while unknown. */
  tradingDay: NewYorkDate | null;
  nextOpen: Date | null;
  nextClose: Date | null;
};

/** `now` and `newYorkDate` are of the database's clock. */
export type MarketSessions = { now: Date; newYorkDate: NewYorkDate } & Record<AssetClass, MarketSession>;

/** Stores what the broker's clock said of the stock market, unless something newer is known. */
export async function recordSession(db: Db, clock: BrokerClock): Promise<void> {
  await db.query(
    `insert into market_sessions as known (market, is_open, trading_day, next_open, next_close, as_of)
     values ('us_equity', $1::boolean, $2::date, $3::timestamptz, $4::timestamptz, clock_timestamp())
     on conflict (market) do update
        set is_open = excluded.is_open, trading_day = excluded.trading_day, next_open = excluded.next_open,
            next_close = excluded.next_close, as_of = excluded.as_of
      where known.as_of <= excluded.as_of`,
    [clock.isOpen, tradingDayOf(clock), clock.nextOpen, clock.nextClose],
  );
}

/**
 * The sessions of both markets as of now, by the database's clock. Crypto trades always; its day is New York's, as that is
 * how its daily bars are told apart.
 */
export async function readSessions(db: Db): Promise<MarketSessions> {
  const { rows } = await db.query<{ now: Date; new_york_date: string; is_open: boolean | null; trading_day: string | null; next_open: Date | null; next_close: Date | null }>({
    name: "read-sessions",
    text: `
      select clock_timestamp() as now, (clock_timestamp() at time zone 'America/New_York')::date as new_york_date,
             s.is_open, s.trading_day, s.next_open, s.next_close
        from (select) one
        left join market_sessions s
          on s.market = 'us_equity'
         and s.as_of > clock_timestamp() - $1::int4 * interval '1 second'
         and clock_timestamp() < case when s.is_open then s.next_close else s.next_open end`,
    values: [maxSessionAgeSeconds],
  });
  const row = rows[0];
  if (row === undefined) throw new Error("a select without a condition returned no row");
  return {
    now: row.now,
    newYorkDate: row.new_york_date,
    us_equity: {
      state: row.is_open === null ? "unknown" : row.is_open ? "open" : "closed",
      tradingDay: row.trading_day,
      nextOpen: row.next_open,
      nextClose: row.next_close,
    },
    crypto: { state: "open", tradingDay: row.new_york_date, nextOpen: null, nextClose: null },
  };
}
