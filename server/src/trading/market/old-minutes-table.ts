/** The tables `market_bars` and `market_bar_coverage`, as far as minutes are concerned that nobody looks at any more. */
import type { Db } from "../../db/pool.ts";

/** A wish that was not said again for so long is nobody's any more; it is said every hour (coverage-table.ts). */
const wishDays = 7;

/** Every symbol that may have bars of minutes: those that rules want, and those that a chart shows. */
export async function symbolsWithMinutes(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ symbol: string }>("select symbol from market_bar_coverage where timeframe = '1Min' union select symbol from market_data_latest order by symbol");
  return rows.map(({ symbol }) => symbol);
}

/**
 * Drops the minutes of some symbols that are older than `keepDays` days, counted from New York's midnight, unless a rule wants
 * them or they are being fetched; what is covered begins after them then. Gives how many went.
 */
export async function dropOldMinutes(db: Db, symbols: readonly string[], keepDays: number): Promise<number> {
  const { rowCount } = await db.query(
    `with edge as materialized (
       select date_trunc('day', now() - $2::int4 * interval '1 day', 'America/New_York') as kept_from
     ), kept as materialized (
       select c.feed, c.asset_class, c.symbol,
              least(edge.kept_from, c.filling_from, case when c.wanted_at > now() - $3::int4 * interval '1 day' then c.wanted_from end) as kept_from
         from market_bar_coverage c cross join edge
        where c.timeframe = '1Min' and c.symbol = any($1::text[])
     ), moved as (
       -- Readers have nothing to begin anew for, unless all that was covered goes.
       update market_bar_coverage c
          set covered_from = case when c.covered_to > k.kept_from then k.kept_from end,
              covered_to = case when c.covered_to > k.kept_from then c.covered_to end,
              generation = c.generation + (c.covered_to <= k.kept_from)::int4
         from kept k
        where c.timeframe = '1Min' and c.feed = k.feed and c.asset_class = k.asset_class and c.symbol = k.symbol and c.covered_from < k.kept_from
     )
     delete from market_bars b
      where b.symbol = any($1::text[]) and b.timeframe = '1Min' and b.starts_at < (select kept_from from edge)
        and b.starts_at < coalesce((select k.kept_from from kept k where k.feed = b.feed and k.asset_class = b.asset_class and k.symbol = b.symbol), 'infinity')`,
    [symbols, keepDays, wishDays],
  );
  return rowCount ?? 0;
}
