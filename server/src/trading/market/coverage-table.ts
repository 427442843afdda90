/** The table `market_bar_coverage`: which stretches of time are held whole, and how far a stretch under way has come. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";
import type { BaseTimeframe } from "./bars-table.ts";

export type CoverageKey = { feed: Feed; assetClass: AssetClass; symbol: string; timeframe: BaseTimeframe };
export type Stretch = { from: Date; to: Date };
/** `filling`: a stretch of history under way, from where it is wanted to where it has come. */
export type Coverage = CoverageKey & { covered: Stretch | null; filling: Stretch | null; adjustedAsOf: NewYorkDate | null; generation: number };

export const coverageName = (key: CoverageKey): string => `${key.feed} ${key.assetClass} ${key.symbol} ${key.timeframe}`;

type CoverageRow = {
  feed: Feed;
  asset_class: AssetClass;
  symbol: string;
  timeframe: BaseTimeframe;
  covered_from: Date | null;
  covered_to: Date | null;
  filling_from: Date | null;
  filling_to: Date | null;
  adjusted_as_of: string | null;
  generation: number;
};

const stretchOf = (from: Date | null, to: Date | null): Stretch | null => (from === null || to === null ? null : { from, to });

export async function readCoverage(db: Db): Promise<Coverage[]> {
  const { rows } = await db.query<CoverageRow>({
    name: "read-bar-coverage",
    text: `
      select feed, asset_class, symbol, timeframe, covered_from, covered_to, filling_from, filling_to, adjusted_as_of, generation
        from market_bar_coverage order by timeframe, feed, symbol`,
  });
  return rows.map((row) => ({
    feed: row.feed,
    assetClass: row.asset_class,
    symbol: row.symbol,
    timeframe: row.timeframe,
    covered: stretchOf(row.covered_from, row.covered_to),
    filling: stretchOf(row.filling_from, row.filling_to),
    adjustedAsOf: row.adjusted_as_of,
    generation: row.generation,
  }));
}

/** `$n` … `$n+3` as the keys of rows. */
const keyArrays = (keys: readonly CoverageKey[]): unknown[] => [keys.map((key) => key.feed), keys.map((key) => key.assetClass), keys.map((key) => key.symbol), keys.map((key) => key.timeframe)];

/**
 * Begins a stretch of history for each key that has none, or whose stretch begins too late. `adjustedAsOf` is for new rows of
 * stocks: the day up to which it is known that no split is in the way.
 */
export async function wantHistory(db: Db, wishes: readonly (CoverageKey & { from: Date })[], adjustedAsOf: NewYorkDate): Promise<void> {
  if (wishes.length === 0) return;
  await db.query(
    `insert into market_bar_coverage as known (feed, asset_class, symbol, timeframe, filling_from, filling_to, adjusted_as_of)
     select feed, asset_class, symbol, timeframe, wanted_from, wanted_from, case when asset_class = 'us_equity' then $6::date end
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) as w(feed, asset_class, symbol, timeframe, wanted_from)
      order by symbol, timeframe
     on conflict (symbol, timeframe, feed, asset_class) do update
       set filling_from = excluded.filling_from, filling_to = excluded.filling_to
     where coalesce(known.filling_from, known.covered_from) > excluded.filling_from`,
    [...keyArrays(wishes), wishes.map((wish) => wish.from), adjustedAsOf],
  );
}

/** What is wanted of which symbol, for whoever drops what is too old. Said again every hour, so that a wish that nobody has any more shows. */
export async function rememberWishes(db: Db, wishes: readonly (CoverageKey & { from: Date })[]): Promise<void> {
  if (wishes.length === 0) return;
  await db.query({
    name: "remember-bar-wishes",
    text: `
      update market_bar_coverage as c set wanted_from = w.wanted_from, wanted_at = now()
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) as w(feed, asset_class, symbol, timeframe, wanted_from)
       where c.feed = w.feed and c.asset_class = w.asset_class and c.symbol = w.symbol and c.timeframe = w.timeframe
         and (c.wanted_from is distinct from w.wanted_from or c.wanted_at < now() - interval '1 hour')`,
    values: [...keyArrays(wishes), wishes.map((wish) => wish.from)],
  });
}

type Progress = CoverageKey & { generation: number; to: Date };
const progressArrays = (progress: readonly Progress[]): unknown[] => [...keyArrays(progress), progress.map((each) => each.generation), progress.map((each) => each.to)];
/** A row that was begun anew meanwhile is of another generation and stays as it is. */
const progressOf = "unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::timestamptz[]) as p(feed, asset_class, symbol, timeframe, generation, reached)";
const ofProgress = "c.feed = p.feed and c.asset_class = p.asset_class and c.symbol = p.symbol and c.timeframe = p.timeframe and c.generation = p.generation";

/** A stretch under way has come so far. */
export async function recordFilled(db: Db, progress: readonly Progress[]): Promise<void> {
  await db.query(
    `update market_bar_coverage c set filling_to = greatest(c.filling_to, p.reached) from ${progressOf} where ${ofProgress} and c.filling_from is not null`,
    progressArrays(progress),
  );
}

/** A stretch is whole, and joins what is covered already; `to` is where it ends. */
export async function completeHistory(db: Db, progress: readonly Progress[]): Promise<void> {
  await db.query(
    `update market_bar_coverage c
        set covered_from = least(c.filling_from, c.covered_from), covered_to = greatest(c.covered_to, p.reached), filling_from = null, filling_to = null, generation = c.generation + 1
       from ${progressOf} where ${ofProgress} and c.filling_from is not null`,
    progressArrays(progress),
  );
}

/** What is covered is continued to there. */
export async function continueCoverage(db: Db, progress: readonly Progress[]): Promise<void> {
  await db.query(`update market_bar_coverage c set covered_to = greatest(c.covered_to, p.reached) from ${progressOf} where ${ofProgress} and c.covered_to is not null`, progressArrays(progress));
}

/** Prices are in other shares since a day: everything of these stocks is dropped, to be fetched anew. Until that is done nothing of them is covered. */
export async function fetchAnew(db: Db, feed: Feed, symbols: readonly string[], adjustedAsOf: NewYorkDate): Promise<void> {
  await db.query(
    `with gone as (
       delete from market_bars where feed = $1::text and asset_class = 'us_equity' and symbol = any($2::text[])
     )
     update market_bar_coverage
        set filling_from = least(covered_from, filling_from), filling_to = least(covered_from, filling_from), covered_from = null, covered_to = null,
            adjusted_as_of = greatest(adjusted_as_of, $3::date), generation = generation + 1
      where feed = $1::text and asset_class = 'us_equity' and symbol = any($2::text[])`,
    [feed, symbols, adjustedAsOf],
  );
}
