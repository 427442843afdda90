/** The table `market_bars`, as far as the day's minutes are concerned. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Db } from "../../db/pool.ts";
import type { MinuteBar } from "../ports.ts";

/** `since`: from when on bars are missing; the start of New York's day, or the last bar that is stored. */
export type MissingBars = { feed: Feed; assetClass: AssetClass; symbol: string; since: Date };

/**
 * What is followed today and has no bar of the last `settledSeconds`: everything with a trade of New York's day. One
 * statement for any number of symbols.
 */
export async function readMissingBars(db: Db, settledSeconds: number): Promise<MissingBars[]> {
  const { rows } = await db.query<{ feed: Feed; asset_class: AssetClass; symbol: string; since: Date }>({
    name: "read-missing-bars",
    text: `
      with today as (select date_trunc('day', now() at time zone 'America/New_York') at time zone 'America/New_York' as start)
      select l.feed, l.asset_class, l.symbol, coalesce(b.starts_at, today.start) as since
        from today
        join market_data_latest l on l.metric = 'last_trade' and l.as_of >= today.start
        left join lateral (
          select b.starts_at from market_bars b
           where b.symbol = l.symbol and b.timeframe = '1Min' and b.feed = l.feed and b.asset_class = l.asset_class and b.starts_at >= today.start
           order by b.starts_at desc limit 1
        ) b on true
       where b.starts_at is null or b.starts_at < now() - $1::int4 * interval '1 second'
       order by l.symbol`,
    values: [settledSeconds],
  });
  return rows.map(({ feed, asset_class, symbol, since }) => ({ feed, assetClass: asset_class, symbol, since }));
}

/** Adds bars, and corrects those that are known: the last one read may have been of a minute that was not over. */
export async function saveMinuteBars(db: Db, group: { feed: Feed; assetClass: AssetClass }, bars: readonly MinuteBar[]): Promise<void> {
  const distinct = [...new Map(bars.map((bar) => [`${bar.symbol} ${bar.startsAt.getTime()}`, bar])).values()];
  if (distinct.length === 0) return;
  await db.query({
    name: "save-minute-bars",
    text: `
      insert into market_bars (feed, asset_class, symbol, timeframe, starts_at, open, high, low, close, volume, adjustment)
      select $1::text, $2::text, symbol, '1Min', starts_at, open, high, low, close, volume, 'raw'
        from unnest($3::text[], $4::timestamptz[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[])
          as b(symbol, starts_at, open, high, low, close, volume)
       order by symbol, starts_at
      on conflict (symbol, timeframe, starts_at, feed, asset_class) do update
        set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume, adjustment = excluded.adjustment`,
    values: [
      group.feed,
      group.assetClass,
      distinct.map((bar) => bar.symbol),
      distinct.map((bar) => bar.startsAt),
      distinct.map((bar) => bar.open),
      distinct.map((bar) => bar.high),
      distinct.map((bar) => bar.low),
      distinct.map((bar) => bar.close),
      distinct.map((bar) => bar.volume),
    ],
  });
}
