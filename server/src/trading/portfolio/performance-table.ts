/** What a user's own orders have come to, from his executions and the stored prices: one statement, and the arithmetic on it. */
import type { Performance, PerformanceRange } from "@nod/contract/performance";
import { maxPerformancePoints } from "@nod/contract/performance";
import { price, quantity, usd } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import { performanceOf, type CurveInstant } from "./performance.ts";

/** Further back than this a trade is no price of an instant; as of a holding in `holdings.ts`. */
const maxValuationAgeDays = 4;
const stepMinutes = 5;
/** Room for the point at which the first fill was. */
const maxInstants = maxPerformancePoints - 1;

type RawPerformance = {
  at: Date;
  since: Date | null;
  instants: { at: string; prices: Record<string, { price: string; shares_of: string }> | null }[];
  executed: { symbol: string; instant: number; splits_before: number; qty: string; cash: string }[];
  splits: { symbol: string; ex_date: string; ratio: string }[];
};

/**
 * `filled`: each execution as it was told, or, of an order whose executions are not all known or were restated, the order's own
 * sum at its own time. `instant`: the session before and the steps of the last one, or the closes of the range, and now.
 * `held`: the symbols, each with the one feed that its newest trade is of, since feeds are never mixed. A day's close is its
 * daily bar's where that is whole, otherwise the last minute's before; the close before a session can also be the fact of it.
 * What was executed comes added up by instant and split, so the reply is as large as the curve, however many orders there were.
 */
const performanceSql = `
  with me as materialized (select $1::text as firebase_uid, clock_timestamp() as at, (clock_timestamp() at time zone 'America/New_York')::date as today),
  filled as materialized (
    select o.symbol, o.side, e.qty, e.price, e.at, (e.at at time zone 'America/New_York')::date as day
      from me join trade_orders as o on o.firebase_uid = me.firebase_uid and o.filled_qty > 0 and o.filled_avg_price is not null
     cross join lateral (
       select coalesce(o.amended_at is null and (select sum(f.qty) from fills as f where f.order_id = o.id) = o.filled_qty, false) as are_told
     ) as executions
     cross join lateral (
       select f.qty, f.price, f.executed_at as at from fills as f where executions.are_told and f.order_id = o.id
       union all
       select o.filled_qty, o.filled_avg_price, coalesce(o.filled_at, o.updated_at) where not executions.are_told
     ) as e
  ), session as (
    select d.trading_day, d.opens_at, d.closes_at, (select p.closes_at from market_calendar as p where p.trading_day < d.trading_day order by p.trading_day desc limit 1) as before
      from me join market_calendar as d on d.opens_at <= me.at order by d.trading_day desc limit 1
  ), wanted as (
    select before as at, 'close' as kind, trading_day as of_session from session where $2::text = '1d' and before is not null
    union all
    select step, 'step', null from session, me, generate_series(opens_at + $4::int4 * interval '1 minute', least(closes_at, me.at), $4::int4 * interval '1 minute') as step where $2::text = '1d'
    union all
    select d.closes_at, 'close', null from me join market_calendar as d on d.closes_at <= me.at and d.trading_day >= me.today - case $2::text when '1m' then interval '1 month' else interval '3 months' end
     where $2::text <> '1d'
    union all
    select me.at, 'now', null from me
     where $2::text <> '1d' or not exists (select from session where closes_at <= me.at) or exists (select from filled, session where filled.at > session.closes_at)
  ), instant as materialized (
    select w.*, (row_number() over (order by w.at))::int4 - 1 as n from (select * from wanted order by at desc limit $5::int4) as w
  ), held as materialized (
    select s.symbol, l.feed, l.asset_class, l.price, l.as_of
      from (select distinct symbol from filled) as s
     cross join lateral (
       select l.feed, l.asset_class, l.price, l.as_of from market_data_latest as l where l.symbol = s.symbol and l.metric = 'last_trade' order by l.as_of desc limit 1
     ) as l
  ), priced as (
    select i.n, h.symbol, p.price, p.shares_of
      from instant as i cross join held as h
     cross join lateral (
       select * from (
         select h.price, (h.as_of at time zone 'America/New_York')::date as shares_of, 1 as rank
          where i.kind = 'now' and h.as_of > i.at - $3::int4 * interval '1 day'
         union all
         (select b.close, c.adjusted_as_of, 2
            from market_bar_coverage as c join market_bars as b using (symbol, timeframe, feed, asset_class)
           where i.kind = 'close' and c.symbol = h.symbol and c.timeframe = '1Day' and c.feed = h.feed and c.asset_class = h.asset_class
             and b.starts_at >= date_trunc('day', (i.at - interval '1 minute') at time zone 'America/New_York') at time zone 'America/New_York' and b.starts_at < i.at
             and b.starts_at >= c.covered_from and b.starts_at < c.covered_to
           order by b.starts_at desc limit 1)
         union all
         (select b.close, coalesce(case when b.adjustment = 'split' then c.adjusted_as_of end, (b.starts_at at time zone 'America/New_York')::date), 3
            from market_bars as b left join market_bar_coverage as c using (symbol, timeframe, feed, asset_class)
           where i.kind <> 'now' and b.symbol = h.symbol and b.timeframe = '1Min' and b.feed = h.feed and b.asset_class = h.asset_class
             and b.starts_at < i.at and b.starts_at > i.at - $3::int4 * interval '1 day'
           order by b.starts_at desc limit 1)
         union all
         select l.price, i.of_session, 4 from market_data_latest as l
          where i.of_session is not null and l.symbol = h.symbol and l.metric = 'prev_close' and l.feed = h.feed and l.asset_class = h.asset_class and l.trading_day = i.of_session
       ) as known order by rank limit 1
     ) as p
  )
  select me.at, (select min(at) from filled) as since,
         (select coalesce(jsonb_agg(jsonb_build_object('at', i.at, 'prices',
                   (select jsonb_object_agg(p.symbol, jsonb_build_object('price', trim_scale(p.price)::text, 'shares_of', coalesce(p.shares_of, (i.at at time zone 'America/New_York')::date))) from priced as p where p.n = i.n)) order by i.n), '[]')
            from instant as i) as instants,
         (select coalesce(jsonb_agg(jsonb_build_object('symbol', e.symbol, 'instant', e.n, 'splits_before', e.splits_before, 'qty', e.qty::text, 'cash', e.cash::text)), '[]')
            from (select f.symbol, u.n, u.splits_before,
                         sum(case when f.side = 'buy' then f.qty else -f.qty end) as qty, round(sum(case when f.side = 'buy' then -f.qty else f.qty end * f.price), 9) as cash
                    from filled as f
                   cross join lateral (select (select count(*)::int4 from instant as i where i.at < f.at) as n,
                                              (select count(*)::int4 from market_splits as s where s.symbol = f.symbol and s.ex_date <= f.day) as splits_before) as u
                   group by f.symbol, u.n, u.splits_before) as e) as executed,
         (select coalesce(jsonb_agg(jsonb_build_object('symbol', s.symbol, 'ex_date', s.ex_date, 'ratio', trim_scale(s.ratio)::text) order by s.ex_date), '[]')
            from market_splits as s where s.ex_date <= me.today and s.symbol in (select symbol from filled)) as splits
    from me`;

export async function readPerformance(db: Db, firebaseUid: string, range: PerformanceRange): Promise<Performance> {
  const { rows } = await db.query<RawPerformance>({ name: "read-performance", text: performanceSql, values: [firebaseUid, range, maxValuationAgeDays, stepMinutes, maxInstants] });
  const [row] = rows;
  if (row === undefined) throw new Error("a select without a condition returned no row");
  const curve = performanceOf({
    since: row.since,
    instants: row.instants.map(({ at, prices }): CurveInstant => ({ at: new Date(at), prices: new Map(Object.entries(prices ?? {}).map(([symbol, known]) => [symbol, { price: price(known.price), inSharesOf: known.shares_of }])) })),
    executed: row.executed.map((each) => ({ symbol: each.symbol, instant: each.instant, splitsBefore: each.splits_before, qty: quantity(each.qty), cashUsd: usd(each.cash) })),
    splits: row.splits.map((split) => ({ symbol: split.symbol, exDate: split.ex_date, ratio: split.ratio })),
  });
  return { range, since: row.since?.toISOString() ?? null, ...curve, server_time: row.at.toISOString() };
}
