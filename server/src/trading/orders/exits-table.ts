/** What a kill switch that flattens has still to sell, and what decides whether it may be sold now. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import { isGreater, price, quantity, type Price, type Quantity } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { ExitContext } from "../risk/exit-guardrails.ts";
import { sellableQty } from "../risk/size.ts";
import { decodeKillSwitch, type RawKillSwitch } from "../risk/kill-switch-table.ts";

export type PositionToClose = { firebaseUid: string; symbol: string };

const signedFills = "sum(case when o.side = 'buy' then o.filled_qty else -o.filled_qty end)";

/** Positions under a switch that flattens, with nothing of the symbol at work. In one statement; empty at once where no switch flattens. */
export async function positionsToClose(db: Db, limit: number): Promise<PositionToClose[]> {
  const { rows } = await db.query<{ firebase_uid: string; symbol: string }>({
    name: "positions-to-close",
    text: `
      select o.firebase_uid, o.symbol
      from kill_switches as k
      join trade_orders as o on (k.scope = 'all' or o.firebase_uid = k.firebase_uid) and (o.filled_qty > 0 or o.is_open)
      where k.mode = 'flatten'
      group by o.firebase_uid, o.symbol
      having ${signedFills} > 0 and not bool_or(o.is_open)
      order by o.firebase_uid, o.symbol
      limit $1::int4`,
    values: [limit],
  });
  return rows.map((row) => ({ firebaseUid: row.firebase_uid, symbol: row.symbol }));
}

/** What an exit is made of and judged by, of one position. */
export type ExitReading = {
  context: ExitContext;
  assetClass: AssetClass;
  feed: Feed;
  /** The last trade, or where there is none what was paid. */
  price: Price;
  priceAsOf: Date;
  sellable: Quantity;
  /** Of the plan's buy. */
  ruleId: string | null;
  /** How many exits of this position the switch, or of its buy the plan, has brought about before. */
  attempts: number;
  lastAttemptAt: Date | null;
};

type RawExit = {
  at: Date;
  kill_switch: RawKillSwitch | null;
  asset_class: AssetClass;
  feed: Feed | null;
  price: string | null;
  price_as_of: Date | null;
  paid: string | null;
  position: string;
  open_sell_qty: string;
  open_orders: number;
  is_open: boolean | null;
  trading_day: string | null;
  next_open: Date | null;
  next_close: Date | null;
  session_as_of: Date | null;
  reconciled_at: Date | null;
  attempts: number;
  last_attempt_at: Date | null;
  left_of_plan: string | null;
  rule_id: string | null;
};

const lesser = (a: Quantity, b: Quantity): Quantity => (isGreater(a, b) ? b : a);

/**
 * Run after the user's lock was taken by an earlier statement. With a plan, of what its buy brought in, and of its own exits;
 * otherwise of all that is held, and of the switch's. Null: there is nothing of the symbol, or no price at all.
 */
export async function readExit(tx: Db, { firebaseUid, symbol }: PositionToClose, planId: string | null = null): Promise<ExitReading | null> {
  const { rows } = await tx.query<RawExit>({ name: "read-exit", text: exitSql, values: [firebaseUid, symbol, planId] });
  const row = rows[0];
  const worth = row === undefined ? null : (row.price ?? row.paid);
  if (row === undefined || worth === null) return null;
  const [position, openSellQty] = [quantity(row.position), quantity(row.open_sell_qty)];
  const sellable = sellableQty({ position, openSellQty });
  return {
    context: {
      at: row.at,
      killSwitch: row.kill_switch === null ? null : decodeKillSwitch(row.kill_switch),
      session:
        row.is_open === null || row.trading_day === null || row.session_as_of === null
          ? null
          : { isOpen: row.is_open, tradingDay: row.trading_day, nextOpen: row.next_open, nextClose: row.next_close, asOf: row.session_as_of },
      lastTrade: row.price === null || row.price_as_of === null ? null : { price: price(row.price), asOf: row.price_as_of },
      reconciledAt: row.reconciled_at,
      position,
      openSellQty,
      openOrdersOfSymbol: row.open_orders,
    },
    assetClass: row.asset_class,
    feed: row.feed ?? (row.asset_class === "crypto" ? "crypto_us" : "iex"),
    price: price(worth),
    priceAsOf: row.price_as_of ?? row.at,
    sellable: row.left_of_plan === null ? sellable : lesser(sellable, quantity(row.left_of_plan)),
    ruleId: row.rule_id,
    attempts: row.attempts,
    lastAttemptAt: row.last_attempt_at,
  };
}

const exitSql = `
  with held as (
    select o.asset_class, clock_timestamp() as at, ${signedFills} as position,
           round(max(o.filled_avg_price), 9) as paid,
           coalesce(sum(o.qty - o.filled_qty) filter (where o.is_open and o.side = 'sell'), 0) as open_sell_qty,
           (count(*) filter (where o.is_open))::int4 as open_orders
    from trade_orders as o
    where o.firebase_uid = $1::text and o.symbol = $2::text
    group by o.asset_class
  )
  select held.*, l.price, l.as_of as price_as_of, l.feed, a.reconciled_at,
         s.is_open, s.trading_day, s.next_open, s.next_close, s.as_of as session_as_of,
         k.kill_switch, tried.attempts, tried.last_attempt_at, plan.left_of_plan, plan.rule_id
  from held
  left join lateral (
    select jsonb_build_object('mode', k.mode, 'scope', k.scope, 'reason', k.reason, 'set_at', k.set_at) as kill_switch, k.set_at
    from kill_switches as k where k.scope = 'all' or k.firebase_uid = $1::text
    order by array_position(array['flatten', 'cancel_only', 'block_new'], k.mode), k.scope limit 1
  ) as k on true
  left join lateral (
    select l.price, l.as_of, l.feed from market_data_latest as l
    where l.symbol = $2::text and l.metric = 'last_trade' and l.asset_class = held.asset_class order by l.as_of desc limit 1
  ) as l on true
  left join lateral (
    select is_open, trading_day, next_open, next_close, as_of from market_sessions where market = held.asset_class and market = 'us_equity'
    union all
    select true, (held.at at time zone 'America/New_York')::date, null, null, held.at where held.asset_class = 'crypto'
  ) as s on true
  left join broker_accounts as a on a.id = 'alpaca'
  cross join lateral (
    select count(*)::int4 as attempts, max(i.created_at) as last_attempt_at from trade_intents as i
    where i.firebase_uid = $1::text and i.symbol = $2::text
      and case when $3::uuid is null then i.origin = 'kill_switch' and i.created_at >= k.set_at else i.exit_of = $3::uuid end
  ) as tried
  left join lateral (
    select greatest(0, entry.filled_qty - coalesce((
             select sum(case when x.is_open then coalesce(x.qty, 0) else x.filled_qty end)
             from trade_orders as x join trade_intents as i on i.id = x.intent_id where i.exit_of = entry.id), 0)) as left_of_plan, entry.rule_id
    from trade_orders as entry where entry.id = $3::uuid
  ) as plan on true`;
