/** The table `market_bars`. It keeps what was fetched, minutes and days; the timeframes between are made of minutes. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import { price, quantity } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { Bar } from "../ports.ts";
import type { BarAdjustment } from "./bar-ports.ts";

/** The timeframes that are fetched. */
export const baseTimeframes = ["1Min", "1Day"] as const;
export type BaseTimeframe = (typeof baseTimeframes)[number];

export type BarGroup = { feed: Feed; assetClass: AssetClass; timeframe: BaseTimeframe; adjustment: BarAdjustment };

/** Adds bars, and corrects those that are known, in one statement. */
export async function saveBars(db: Db, group: BarGroup, bars: readonly Bar[]): Promise<void> {
  const distinct = [...new Map(bars.map((bar) => [`${bar.symbol} ${bar.startsAt.getTime()}`, bar])).values()];
  if (distinct.length === 0) return;
  await db.query({
    name: "save-bars",
    text: `
      insert into market_bars as known (feed, asset_class, symbol, timeframe, starts_at, open, high, low, close, volume, adjustment)
      select $1::text, $2::text, symbol, $3::text, starts_at, open, high, low, close, volume, $4::text
        from unnest($5::text[], $6::timestamptz[], $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[])
          as b(symbol, starts_at, open, high, low, close, volume)
       order by symbol, starts_at
      on conflict (symbol, timeframe, starts_at, feed, asset_class) do update
        set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume, adjustment = excluded.adjustment
      where (known.open, known.high, known.low, known.close, known.volume, known.adjustment)
        is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.adjustment)`,
    values: [
      group.feed,
      group.assetClass,
      group.timeframe,
      group.adjustment,
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

type BarRow = { symbol: string; starts_at: Date; open: string; high: string; low: string; close: string; volume: string };
const barOf = (row: BarRow): Bar => ({
  symbol: row.symbol,
  startsAt: row.starts_at,
  open: price(row.open),
  high: price(row.high),
  low: price(row.low),
  close: price(row.close),
  volume: quantity(row.volume),
});

/** The stored bars that start in [`from`, `to`), a symbol's in the order of time. */
export async function readBars(db: Db, of: Omit<BarGroup, "adjustment"> & { symbols: readonly string[]; from: Date; to: Date }): Promise<Bar[]> {
  const { rows } = await db.query<BarRow>({
    name: "read-bars",
    text: `
      select symbol, starts_at, open, high, low, close, volume from market_bars
       where feed = $1::text and asset_class = $2::text and timeframe = $3::text and symbol = any($4::text[]) and starts_at >= $5::timestamptz and starts_at < $6::timestamptz
       order by symbol, starts_at`,
    values: [of.feed, of.assetClass, of.timeframe, of.symbols, of.from, of.to],
  });
  return rows.map(barOf);
}

/** What a reader has of one symbol's minutes or days. `after`: from when on bars are new to it; null for all. `seen`: how far it was covered then. */
export type BarCursor = { feed: Feed; assetClass: AssetClass; symbol: string; timeframe: BaseTimeframe; generation: number; after: Date | null; seen: Date | null; most: number };

/** `session` is null for crypto and for days that no calendar names. */
export type CoveredBar = { bar: Bar; tradingDay: string; session: { opensAtMs: number; closesAtMs: number } | null };
export type CoveredBars = { generation: number; coveredFrom: Date; coveredTo: Date; bars: CoveredBar[] };

type CoveredRow = { n: number; generation: number; covered_from: Date; covered_to: Date } & (
  | { symbol: null }
  | (BarRow & { trading_day: string; opens_at: Date | null; closes_at: Date | null })
);

/**
 * What is covered and new to each cursor, in one statement for any number of them and in the order of time; by the cursor's
 * place. A cursor of another generation, or without an `after`, is given the newest `most`. A symbol that is not covered, or
 * no further than was seen, is absent. Of stocks' minutes only those of regular sessions come.
 */
export async function readCoveredBars(db: Db, cursors: readonly BarCursor[]): Promise<Map<number, CoveredBars>> {
  const { rows } = await db.query<CoveredRow>({
    name: "read-covered-bars",
    text: `
      with cursor as (
        select w.*, c.generation as current, c.covered_from, c.covered_to, case when c.generation = w.generation then w.after end as since,
               case when w.timeframe = '1Min' then interval '1 minute' when w.asset_class = 'crypto' then interval '24 hours' else interval '0' end as width
          from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::timestamptz[], $7::int4[], $8::timestamptz[]) with ordinality
            as w(feed, asset_class, symbol, timeframe, generation, after, most, seen, n)
          join market_bar_coverage c using (feed, asset_class, symbol, timeframe)
         where c.covered_to is not null and (c.generation <> w.generation or w.seen is null or c.covered_to <> w.seen)
      )
      select (r.n - 1)::int4 as n, r.current as generation, r.covered_from, r.covered_to, b.*
        from cursor r
        left join lateral (
          select m.symbol, m.starts_at, trim_scale(m.open) as open, trim_scale(m.high) as high, trim_scale(m.low) as low, trim_scale(m.close) as close, trim_scale(m.volume) as volume, s.opens_at, s.closes_at,
                 coalesce(s.trading_day, (m.starts_at at time zone 'America/New_York')::date) as trading_day
            from market_bars m
            left join lateral (
              select k.trading_day, k.opens_at, k.closes_at from market_calendar k
               where r.asset_class = 'us_equity' and r.timeframe = '1Min' and k.closes_at > m.starts_at
               order by k.closes_at limit 1
            ) s on true
           where m.symbol = r.symbol and m.timeframe = r.timeframe and m.feed = r.feed and m.asset_class = r.asset_class
             and m.starts_at >= coalesce(r.since, r.covered_from) and m.starts_at >= r.covered_from
             and m.starts_at < r.covered_to and m.starts_at + r.width <= r.covered_to
             and (r.asset_class <> 'us_equity' or r.timeframe <> '1Min' or s.opens_at <= m.starts_at)
           order by m.starts_at desc
           limit case when r.since is null then r.most end
        ) b on true
       order by r.n, b.starts_at`,
    values: [
      cursors.map((cursor) => cursor.feed),
      cursors.map((cursor) => cursor.assetClass),
      cursors.map((cursor) => cursor.symbol),
      cursors.map((cursor) => cursor.timeframe),
      cursors.map((cursor) => cursor.generation),
      cursors.map((cursor) => cursor.after),
      cursors.map((cursor) => cursor.most),
      cursors.map((cursor) => cursor.seen),
    ],
  });
  const found = new Map<number, CoveredBars>();
  for (const row of rows) {
    const covered = found.get(row.n) ?? { generation: row.generation, coveredFrom: row.covered_from, coveredTo: row.covered_to, bars: [] };
    found.set(row.n, covered);
    if (row.symbol === null) continue;
    const session = row.opens_at === null || row.closes_at === null ? null : { opensAtMs: row.opens_at.getTime(), closesAtMs: row.closes_at.getTime() };
    covered.bars.push({ bar: barOf(row), tradingDay: row.trading_day, session });
  }
  return found;
}
