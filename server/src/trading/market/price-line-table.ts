/** Reads the history in `market_data_snapshots` and the minutes in `market_bars` as one day's price line. */
import { maxPricePoints, type PriceLine } from "@nod/contract/price-line";
import type { AssetClass, Feed } from "@nod/contract/primitives";
import { price } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";

/** Finer than any price line is drawn. */
const smallestIntervalSeconds = 5;

type LineRow = {
  feed: Feed;
  asset_class: AssetClass;
  day: string;
  prev_close: string | null;
  interval_seconds: number;
  /** Null when the history of the day is empty. */
  as_of: Date | null;
  price: string | null;
};

/**
 * The last trades and the minutes of the newest day (in New York) that has one, thinned so that at most `maxPricePoints` are left.
 * One feed's trades only, since feeds are never mixed: `feed`, or the one whose last trade is the newest.
 */
export async function readPriceLine(db: Db, symbol: string, feed: Feed | null): Promise<Omit<PriceLine, "server_time">> {
  const { rows } = await db.query<LineRow>({
    name: "read-price-line",
    text: `
      with newest as materialized (
        select feed, asset_class, (as_of at time zone 'America/New_York')::date as day
          from market_data_latest
         where symbol = $1::text and metric = 'last_trade' and ($2::text is null or feed = $2::text)
         order by as_of desc
         limit 1
      ), trade as materialized (
        -- Compared with values and not joined, so that the partitions of other days are not looked at: nothing is recorded long
        -- before it happens.
        select s.as_of, s.price
          from market_data_snapshots s
         where s.symbol = $1::text and s.metric = 'last_trade'
           and s.feed = (select feed from newest) and s.asset_class = (select asset_class from newest)
           and s.as_of >= (select day::timestamp at time zone 'America/New_York' from newest)
           and s.as_of < (select (day + 1)::timestamp at time zone 'America/New_York' from newest)
           and s.recorded_at >= (select day::timestamp at time zone 'America/New_York' - interval '1 hour' from newest)
        union all
        -- What happened before Nod looked; a bar's close is known when its minute is over.
        select b.starts_at + interval '1 minute', b.close
          from newest n
          join market_bars b
            on b.symbol = $1::text and b.timeframe = '1Min' and b.feed = n.feed and b.asset_class = n.asset_class
           and b.starts_at >= n.day::timestamp at time zone 'America/New_York'
           and b.starts_at < (n.day + 1)::timestamp at time zone 'America/New_York' - interval '1 minute'
           and b.starts_at <= now() - interval '1 minute'
      ), scale as (
        select greatest($3::int4, coalesce(ceil(extract(epoch from max(as_of) - min(as_of)) / ($4::int4 - 1)), 0))::int4 as seconds,
               min(as_of) as start
          from trade
      ), point as (
        select distinct on (date_bin(scale.seconds * interval '1 second', trade.as_of, scale.start)) trade.as_of, trade.price
          from trade cross join scale
         order by date_bin(scale.seconds * interval '1 second', trade.as_of, scale.start), trade.as_of desc
      )
      select n.feed, n.asset_class, n.day, scale.seconds as interval_seconds, point.as_of, point.price,
             (select l.price from market_data_latest l
               where l.symbol = $1::text and l.metric = 'prev_close' and l.feed = n.feed and l.asset_class = n.asset_class) as prev_close
        from newest n cross join scale left join point on true
       order by point.as_of`,
    values: [symbol, feed, smallestIntervalSeconds, maxPricePoints],
  });
  const first = rows[0];
  if (first === undefined) return { symbol, asset_class: null, feed: null, day: null, prev_close: null, interval_seconds: smallestIntervalSeconds, points: [] };
  return {
    symbol,
    asset_class: first.asset_class,
    feed: first.feed,
    day: first.day,
    prev_close: first.prev_close === null ? null : price(first.prev_close),
    interval_seconds: first.interval_seconds,
    points: rows.flatMap((row) => (row.as_of === null || row.price === null ? [] : [{ as_of: row.as_of.toISOString(), price: price(row.price) }])),
  };
}
