/** The table `market_calendar`: the regular sessions of the stock market, past ones and those to come. */
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";
import type { RegularSession } from "./bar-ports.ts";

/** Takes the broker's word for a range of dates, both ends included: what it does not name is no session. */
export async function replaceCalendar(db: Db, range: { from: NewYorkDate; to: NewYorkDate }, sessions: readonly RegularSession[]): Promise<void> {
  await db.query(
    `with told as (
       select * from unnest($3::date[], $4::timestamptz[], $5::timestamptz[]) as t(trading_day, opens_at, closes_at)
     ), gone as (
       delete from market_calendar where trading_day between $1::date and $2::date and trading_day not in (select trading_day from told)
     )
     insert into market_calendar as known (trading_day, opens_at, closes_at)
     select trading_day, opens_at, closes_at from told
     on conflict (trading_day) do update set opens_at = excluded.opens_at, closes_at = excluded.closes_at
      where (known.opens_at, known.closes_at) is distinct from (excluded.opens_at, excluded.closes_at)`,
    [range.from, range.to, sessions.map((session) => session.tradingDay), sessions.map((session) => session.opensAt), sessions.map((session) => session.closesAt)],
  );
}

/** The sessions from a date on, in the order of time. */
export async function readCalendar(db: Db, from: NewYorkDate): Promise<RegularSession[]> {
  const { rows } = await db.query<{ trading_day: string; opens_at: Date; closes_at: Date }>({
    name: "read-calendar",
    text: "select trading_day, opens_at, closes_at from market_calendar where trading_day >= $1::date order by trading_day",
    values: [from],
  });
  return rows.map((row) => ({ tradingDay: row.trading_day, opensAt: row.opens_at, closesAt: row.closes_at }));
}
