/** What the rules of `halt-rules.ts` go by, and the table `day_peaks`. A constant number of statements for any number of users. */
import { usd, zeroUsd, type Usd } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";
import { decodeHolding, holdingsSql, type Holding, type RawHolding } from "./holdings.ts";

export type MarketState = { at: Date; isOpen: boolean; reconciledAt: Date | null };

/** The stock market is open by the broker's last word, if that is not too old. */
export async function readMarketState(db: Db, sessionMaxAgeSeconds: number): Promise<MarketState> {
  const { rows } = await db.query<{ at: Date; is_open: boolean; reconciled_at: Date | null }>({
    name: "read-market-state",
    text: `
      select clock_timestamp() as at,
             exists (select from market_sessions where market = 'us_equity' and is_open and as_of > clock_timestamp() - $1::int4 * interval '1 second'
                       and (next_close is null or clock_timestamp() < next_close)) as is_open,
             (select reconciled_at from broker_accounts where id = 'alpaca') as reconciled_at`,
    values: [sessionMaxAgeSeconds],
  });
  const row = rows[0];
  if (row === undefined) throw new Error("a select without a condition returned no row");
  return { at: row.at, isOpen: row.is_open, reconciledAt: row.reconciled_at };
}

export type WatchedDay = { firebaseUid: string; tradingDay: NewYorkDate; maxDailyLoss: Usd | null; maxDrawdown: Usd | null; peak: Usd; holdings: Holding[] };

/** The trading day of each user who limits it, has traded, and has no kill switch of his own. */
export async function readWatchedDays(db: Db, sessionMaxAgeSeconds: number): Promise<WatchedDay[]> {
  const { rows } = await db.query<{ firebase_uid: string; trading_day: string; max_loss: string | null; max_drawdown: string | null; peak_usd: string | null; holdings: RawHolding[] }>({
    name: "read-watched-days",
    text: `
      with day as materialized (
        select trading_day, clock_timestamp() as at from market_sessions
        where market = 'us_equity' and as_of > clock_timestamp() - $1::int4 * interval '1 second'
      ), limited as materialized (
        -- A user's scalar replaces the template's, as in the merge.
        select c.firebase_uid,
               coalesce(c.config #>> '{guardrails,max_daily_loss_usd}', t.config #>> '{guardrails,max_daily_loss_usd}') as max_loss,
               coalesce(c.config #>> '{guardrails,max_drawdown_usd}', t.config #>> '{guardrails,max_drawdown_usd}') as max_drawdown
        from user_trading_config as c
        join trading_config_templates as t on t.name = c.template_name
        where c.config -> 'guardrails' ?| $2::text[] or t.config -> 'guardrails' ?| $2::text[]
      )
      select l.firebase_uid, day.trading_day, l.max_loss, l.max_drawdown, p.peak_usd, held.holdings
      from limited as l
      cross join day
      left join day_peaks as p on p.firebase_uid = l.firebase_uid and p.trading_day = day.trading_day
      cross join lateral (${holdingsSql({ uid: "l.firebase_uid", at: "day.at", tradingDay: "day.trading_day" })}) as held
      where exists (select from trade_orders as o where o.firebase_uid = l.firebase_uid and o.filled_qty > 0)
        and not exists (select from kill_switches as k where k.firebase_uid = l.firebase_uid)`,
    values: [sessionMaxAgeSeconds, ["max_daily_loss_usd", "max_drawdown_usd"]],
  });
  return rows.map((row) => ({
    firebaseUid: row.firebase_uid,
    tradingDay: row.trading_day,
    maxDailyLoss: row.max_loss === null ? null : usd(row.max_loss),
    maxDrawdown: row.max_drawdown === null ? null : usd(row.max_drawdown),
    peak: row.peak_usd === null ? zeroUsd : usd(row.peak_usd),
    holdings: row.holdings.map(decodeHolding),
  }));
}

/** Moves peaks up, never down. */
export async function raisePeaks(db: Db, peaks: readonly { firebaseUid: string; tradingDay: NewYorkDate; peak: Usd }[]): Promise<void> {
  if (peaks.length === 0) return;
  await db.query(
    `insert into day_peaks as known (firebase_uid, trading_day, peak_usd)
     select uid, day, peak from unnest($1::text[], $2::date[], $3::numeric[]) as p (uid, day, peak) order by uid
     on conflict (firebase_uid, trading_day) do update set peak_usd = greatest(known.peak_usd, excluded.peak_usd)`,
    [peaks.map((each) => each.firebaseUid), peaks.map((each) => each.tradingDay), peaks.map((each) => each.peak)],
  );
}

/** Users with that many orders that the broker rejected of late, since their kill switch was last lifted, and no switch of their own. */
export async function readRejections(db: Db, of: { atLeast: number; withinSeconds: number }): Promise<{ firebaseUid: string; count: number }[]> {
  const { rows } = await db.query<{ firebase_uid: string; count: number }>({
    name: "read-rejections",
    text: `
      select o.firebase_uid, count(*)::int4 as count
      from trade_orders as o
      where o.status = 'rejected' and o.updated_at > clock_timestamp() - $2::int4 * interval '1 second'
        and not exists (select from kill_switches as k where k.firebase_uid = o.firebase_uid)
        and not exists (select from events as e where e.firebase_uid = o.firebase_uid and e.kind = 'kill_switch_cleared' and e.at > o.updated_at)
      group by o.firebase_uid
      having count(*) >= $1::int4`,
    values: [of.atLeast, of.withinSeconds],
  });
  return rows.map((row) => ({ firebaseUid: row.firebase_uid, count: row.count }));
}
