/** The tables `market_data_snapshots` (history, appended to) and `market_data_latest` (the newest fact under each name). */
import type { Snapshot } from "@nod/contract/status";
import type { AssetClass, Feed } from "@nod/contract/primitives";
import { price, quantity, type Price, type Quantity } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Db, Pool } from "../../db/pool.ts";
import { jsonTextArray, nullableTextArray, textArray } from "../../db/text-array.ts";
import type { Fact, FactMetric } from "../ports.ts";

/** A fact further ahead of the database's clock than this is nonsense: it would never be stale and never be replaced. */
export const futureToleranceSeconds = 60;

/**
 * Appends what is new to the history and moves the latest facts forward, in one statement for any number of facts. A fact that
 * says what is known already adds nothing; one that is older than what is known, or lies in the future, is dropped.
 * @returns how many facts were new; each has a row in the history
 */
export const recordFacts = (db: Db, facts: readonly Fact[]): Promise<number> => recordDistinct(db, distinctOf(facts));

/** Statements side by side for what a feed brings at once, and the facts from which on there is more than one. */
const statementsAtOnce = 2;
const fewestOfStatement = 500;

/**
 * The same for thousands of facts, over several connections: each fact is recorded or not, and they do not wait for each other.
 * When it fails, some may have been recorded; they are known when they come again.
 */
export async function recordManyFacts(pool: Pool, facts: readonly Fact[]): Promise<number> {
  const distinct = distinctOf(facts);
  const size = Math.max(fewestOfStatement, Math.ceil(distinct.length / statementsAtOnce));
  const parts = Array.from({ length: Math.ceil(distinct.length / size) }, (_, n) => distinct.slice(n * size, (n + 1) * size));
  const recorded = await allOver(parts.map(async (part) => recordDistinct(pool, part)));
  return recorded.reduce((sum, each) => sum + each, 0);
}

/** Nothing is under way any more when it returns or throws. */
async function allOver<Result>(running: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(running);
  return Promise.all(running);
}

/** Of several with one name the last. */
const distinctOf = (facts: readonly Fact[]): Fact[] => [...new Map(facts.map((fact) => [`${fact.symbol} ${fact.metric} ${fact.feed} ${fact.assetClass}`, fact])).values()];

/** @param distinct no two of one name: a statement changes a row once */
async function recordDistinct(db: Db, distinct: readonly Fact[]): Promise<number> {
  if (distinct.length === 0) return 0;
  const { rows } = await db.query<{ recorded: number }>({
    name: "record-facts",
    text: `
      with incoming as (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::numeric[], $7::timestamptz[], $8::date[], $9::jsonb[])
                   as f(feed, asset_class, symbol, metric, price, volume, as_of, trading_day, raw)
         where as_of <= clock_timestamp() + $10::int4 * interval '1 second'
      ), latest as (
        insert into market_data_latest as known (feed, asset_class, symbol, metric, price, volume, as_of, trading_day)
        select feed, asset_class, symbol, metric, price, volume, as_of, trading_day from incoming
         order by symbol, metric, feed, asset_class
        on conflict (symbol, metric, feed, asset_class) do update
           set price = excluded.price, volume = excluded.volume, as_of = excluded.as_of, trading_day = excluded.trading_day,
               recorded_at = now(), changed_xid = pg_current_xact_id()
         where known.as_of <= excluded.as_of
           and (known.price, known.volume, known.as_of, known.trading_day) is distinct from (excluded.price, excluded.volume, excluded.as_of, excluded.trading_day)
        returning feed, asset_class, symbol, metric
      ), history as (
        insert into market_data_snapshots (symbol, asset_class, feed, metric, price, volume, as_of, raw)
        select i.symbol, i.asset_class, i.feed, i.metric, i.price, i.volume, i.as_of, i.raw
          from latest join incoming i using (feed, asset_class, symbol, metric)
      )
      select count(*)::int4 as recorded from latest`,
    values: [
      textArray(distinct.map((fact) => fact.feed)),
      textArray(distinct.map((fact) => fact.assetClass)),
      textArray(distinct.map((fact) => fact.symbol)),
      textArray(distinct.map((fact) => fact.metric)),
      textArray(distinct.map((fact) => fact.price)),
      nullableTextArray(distinct.map((fact) => fact.volume)),
      textArray(writtenTimes(distinct)),
      nullableTextArray(distinct.map((fact) => fact.tradingDay)),
      jsonTextArray(distinct.map((fact) => (fact.raw === undefined ? null : JSON.stringify(fact.raw)))),
      futureToleranceSeconds,
    ],
  });
  return rows[0]?.recorded ?? 0;
}

/** What a feed says at once mostly has few times, and writing one costs as much as all else of a fact. */
function writtenTimes(facts: readonly Fact[]): string[] {
  const written = new Map<number, string>();
  return facts.map(({ asOf }) => {
    const atMs = asOf.getTime();
    const known = written.get(atMs);
    if (known !== undefined) return known;
    const text = asOf.toISOString();
    written.set(atMs, text);
    return text;
  });
}

/** A latest fact, without what only the history keeps. */
export type LatestFact = {
  feed: Feed;
  assetClass: AssetClass;
  symbol: string;
  metric: FactMetric;
  price: Price;
  volume: Quantity | null;
  asOf: Date;
  tradingDay: NewYorkDate | null;
};

type LatestRow = {
  feed: Feed;
  asset_class: AssetClass;
  symbol: string;
  metric: FactMetric;
  price: string;
  volume: string | null;
  as_of: Date;
  trading_day: string | null;
};

const decode = (row: LatestRow): LatestFact => ({
  feed: row.feed,
  assetClass: row.asset_class,
  symbol: row.symbol,
  metric: row.metric,
  price: price(row.price),
  volume: row.volume === null ? null : quantity(row.volume),
  asOf: row.as_of,
  tradingDay: row.trading_day,
});

/** The latest facts of one symbol, over all feeds. */
export const readLatestFacts = (db: Db, symbol: string): Promise<LatestFact[]> => readLatestFactsOf(db, [symbol]);

/** The latest facts of several symbols, over all feeds, in one statement. */
export async function readLatestFactsOf(db: Db, symbols: readonly string[]): Promise<LatestFact[]> {
  const { rows } = await db.query<LatestRow>({
    name: "latest-facts-of",
    text: `
      select feed, asset_class, symbol, metric, price, volume, as_of, trading_day
        from market_data_latest where symbol = any($1::text[]) order by symbol, feed, metric`,
    values: [symbols],
  });
  return rows.map(decode);
}

/** As `GET /v1/me/trading/snapshots` tells it. */
export function toSnapshot(fact: LatestFact): Snapshot {
  return {
    symbol: fact.symbol,
    asset_class: fact.assetClass,
    feed: fact.feed,
    metric: fact.metric,
    price: fact.price,
    volume: fact.volume,
    as_of: fact.asOf.toISOString(),
  };
}

export type FactsWatermark = string;
/** Before any transaction: reads everything. */
export const beforeAllFacts: FactsWatermark = "0";

/**
 * Every latest fact that changed since an earlier reading, whichever process recorded it. As with configs, what an open
 * transaction changed may come twice, and is never missed.
 */
export async function readFactsChangedSince(db: Db, watermark: FactsWatermark): Promise<{ watermark: FactsWatermark; facts: LatestFact[] }> {
  const { rows } = await db.query<{ watermark: string } & (LatestRow | { symbol: null })>({
    name: "facts-changed-since",
    text: `
      select pg_snapshot_xmin(pg_current_snapshot())::text as watermark,
             f.feed, f.asset_class, f.symbol, f.metric, f.price, f.volume, f.as_of, f.trading_day
        from (select) one left join market_data_latest f on f.changed_xid >= $1::xid8`,
    values: [watermark],
  });
  return { watermark: rows[0]?.watermark ?? watermark, facts: rows.flatMap((row) => (row.symbol === null ? [] : [decode(row)])) };
}
