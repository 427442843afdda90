/** The tables `market_splits` and `market_halts`, and which symbols are suspended for rules because of what they say. */
import type { AssetClass } from "@nod/contract/primitives";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";
import type { Split } from "./bar-ports.ts";

/** Keeps what was told. A ratio that is told differently later replaces the first. */
export async function recordSplits(db: Db, splits: readonly Split[]): Promise<void> {
  const distinct = [...new Map(splits.map((split) => [`${split.symbol} ${split.exDate}`, split])).values()];
  if (distinct.length === 0) return;
  await db.query(
    `insert into market_splits as known (symbol, ex_date, ratio)
     select * from unnest($1::text[], $2::date[], $3::numeric[])
     on conflict (symbol, ex_date) do update set ratio = excluded.ratio where known.ratio <> excluded.ratio`,
    [distinct.map((split) => split.symbol), distinct.map((split) => split.exDate), distinct.map((split) => split.ratio)],
  );
}

/** Nothing has changed the shares of these stocks until `tradingDay`, so their prices are in that day's; where something has, nothing is marked. */
export async function markUnsplit(db: Db, symbols: readonly string[], tradingDay: NewYorkDate): Promise<void> {
  await db.query(
    `update market_bar_coverage c set adjusted_as_of = $2::date
      where c.asset_class = 'us_equity' and c.symbol = any($1::text[]) and c.adjusted_as_of < $2::date
        and not exists (select from market_splits s where s.symbol = c.symbol and s.ex_date > c.adjusted_as_of and s.ex_date <= $2::date)`,
    [symbols, tradingDay],
  );
}

/** Splits since which the stored prices have not been fetched anew, by feed: those that were there up to `tradingDay`. */
export async function readPendingSplits(db: Db, tradingDay: NewYorkDate): Promise<(Split & { feed: string })[]> {
  const { rows } = await db.query<{ feed: string; symbol: string; ex_date: string; ratio: string }>(
    `select c.feed, s.symbol, s.ex_date, s.ratio
       from market_splits s
       join (select feed, symbol, min(adjusted_as_of) as adjusted_as_of from market_bar_coverage where asset_class = 'us_equity' group by feed, symbol) c
         on c.symbol = s.symbol and s.ex_date > c.adjusted_as_of and s.ex_date <= $1::date
      order by c.feed, s.symbol, s.ex_date`,
    [tradingDay],
  );
  return rows.map((row) => ({ feed: row.feed, symbol: row.symbol, exDate: row.ex_date, ratio: row.ratio }));
}

export type HaltWord = { assetClass: AssetClass; symbol: string; isHalted: boolean; asOf: Date };

/** What was heard of trading halts; the newest word on each symbol holds. */
export async function recordHalts(db: Db, words: readonly HaltWord[]): Promise<void> {
  const newest = [...new Map(words.toSorted((a, b) => a.asOf.getTime() - b.asOf.getTime()).map((word) => [`${word.assetClass} ${word.symbol}`, word])).values()];
  if (newest.length === 0) return;
  await db.query(
    `insert into market_halts as known (asset_class, symbol, is_halted, as_of)
     select * from unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[]) as h(asset_class, symbol, is_halted, as_of) order by symbol
     on conflict (symbol, asset_class) do update set is_halted = excluded.is_halted, as_of = excluded.as_of where known.as_of <= excluded.as_of`,
    [newest.map((word) => word.assetClass), newest.map((word) => word.symbol), newest.map((word) => word.isHalted), newest.map((word) => word.asOf)],
  );
}

/** Nothing about the symbol can be told for now, on any feed: `split` until its history and its previous close are in today's shares, `halt` until it trades again. */
export type Suspension = { assetClass: AssetClass; symbol: string; reason: "split" | "halt" };

/** A previous close further than this from the adjusted daily bar is not in today's shares yet. The smallest splits are 5 %. */
const closeTolerance = "0.02";
/** History that is fetched for the first time long after a split suspends nothing. */
const refetchDays = 14;

/**
 * What is suspended on a trading day, in one statement. A trade after a halt ends it, whether or not we heard of the end.
 */
export async function readSuspended(db: Db, tradingDay: NewYorkDate): Promise<Suspension[]> {
  const { rows } = await db.query<{ asset_class: AssetClass; symbol: string; reason: Suspension["reason"] }>({
    name: "read-suspended",
    text: `
      select distinct 'us_equity' as asset_class, s.symbol, 'split' as reason
        from market_splits s
       where s.ex_date <= $1::date
         and (exists (select from market_bar_coverage c
                       where c.symbol = s.symbol and c.asset_class = 'us_equity' and (c.adjusted_as_of < s.ex_date or (c.covered_to is null and s.ex_date > $1::date - $3::int4)))
              or (s.ex_date = $1::date and exists (
                    select from market_data_latest l
                      left join lateral (select b.close from market_bars b
                                           where b.symbol = l.symbol and b.timeframe = '1Day' and b.feed = l.feed and b.asset_class = l.asset_class
                                             and b.starts_at < $1::date::timestamp at time zone 'America/New_York'
                                           order by b.starts_at desc limit 1) before on true
                     where l.symbol = s.symbol and l.asset_class = 'us_equity' and l.metric = 'prev_close' and l.trading_day = $1::date
                       and (before.close is null or abs(l.price / before.close - 1) > $2::numeric))))
      union all
      select h.asset_class, h.symbol, 'halt'
        from market_halts h
       where h.is_halted
         and not exists (select from market_data_latest l
                          where l.symbol = h.symbol and l.asset_class = h.asset_class and l.metric = 'last_trade' and l.as_of > h.as_of)`,
    values: [tradingDay, closeTolerance, refetchDays],
  });
  return rows.map((row) => ({ assetClass: row.asset_class, symbol: row.symbol, reason: row.reason }));
}
