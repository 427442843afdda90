/** What conditions may ask of their users: positions in the symbols that they watch, and the account. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import { isPositive, percentOf, price, quantity, usd, type Price } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { MarketSessions } from "../market/session-table.ts";
import { dayResult, decodeHolding, holdingsSql, type RawHolding } from "../risk/holdings.ts";
import { noPosition, type AccountView, type PositionView, type UserView } from "../rules/user-view.ts";
import { openPosition, type Trade } from "./open-position.ts";

/** Somebody whose condition on the symbol reads what is his. */
export type AskedFor = { firebaseUid: string; feed: Feed; assetClass: AssetClass; symbol: string };

type RawView = {
  n: number;
  trades: { side: "buy" | "sell"; qty: string; price: string; at: string }[];
  highest: string | null;
  last: string | null;
  equity: string | null;
  cash: string | null;
  orders_today: number;
  holdings: RawHolding[];
};

export const nameOfView = (firebaseUid: string, symbol: string): string => `${symbol} ${firebaseUid}`;

/** One statement for any number of users. By user and symbol, as `nameOfView` names them. */
export async function readUserViews(db: Db, asked: readonly AskedFor[], sessions: MarketSessions): Promise<Map<string, UserView>> {
  const views = new Map<string, UserView>();
  if (asked.length === 0) return views;
  const { rows } = await db.query<RawView>({
    name: "read-user-views",
    text: userViewsSql,
    values: [
      asked.map(({ firebaseUid }) => firebaseUid),
      asked.map(({ symbol }) => symbol),
      asked.map(({ feed }) => feed),
      asked.map(({ assetClass }) => assetClass),
      asked.map(({ assetClass }) => sessions[assetClass].tradingDay ?? sessions.newYorkDate),
    ],
  });
  for (const row of rows) {
    const of = asked[row.n - 1];
    if (of !== undefined) views.set(nameOfView(of.firebaseUid, of.symbol), { position: positionOf(row), account: accountOf(row) });
  }
  return views;
}

/** The trades of a position are those since it was last empty; its peak is the highest minute since the first of them. */
const userViewsSql = `
  select u.n::int4 as n, coalesce(p.trades, '[]') as trades, peak.highest, l.price as last, a.equity, a.cash, today.orders_today, held.holdings
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[]) with ordinality as u (firebase_uid, symbol, feed, asset_class, trading_day, n)
  cross join lateral (
    with traded as (
      select o.id, o.side, o.filled_qty, o.filled_avg_price, coalesce(o.filled_at, o.submitted_at, o.created_at) as at,
             sum(case when o.side = 'buy' then o.filled_qty else -o.filled_qty end) over (order by coalesce(o.filled_at, o.submitted_at, o.created_at), o.id) as held
      from trade_orders as o
      where o.firebase_uid = u.firebase_uid and o.symbol = u.symbol and o.filled_qty > 0 and o.filled_avg_price is not null
    ), since as (
      select coalesce(max((at, id::text)) , ('-infinity'::timestamptz, '')) as emptied from traded where held <= 0
    )
    select jsonb_agg(jsonb_build_object('side', t.side, 'qty', t.filled_qty::text, 'price', t.filled_avg_price::text, 'at', t.at) order by t.at, t.id) as trades, min(t.at) as opened_at
    from traded as t, since where (t.at, t.id::text) > since.emptied
  ) as p
  left join lateral (
    select max(b.high) as highest from market_bars as b
    where b.symbol = u.symbol and b.timeframe = '1Min' and b.feed = u.feed and b.asset_class = u.asset_class and b.starts_at >= p.opened_at
  ) as peak on true
  left join market_data_latest as l on l.symbol = u.symbol and l.metric = 'last_trade' and l.feed = u.feed and l.asset_class = u.asset_class
  left join broker_accounts as a on a.id = 'alpaca'
  cross join lateral (
    select count(*)::int4 as orders_today from trade_orders as o
    where o.firebase_uid = u.firebase_uid and o.counts_against_limits and o.created_at > now() - interval '48 hours' and o.trading_day = u.trading_day
  ) as today
  cross join lateral (${holdingsSql({ uid: "u.firebase_uid", at: "now()", tradingDay: "u.trading_day" })}) as held`;

function positionOf(row: RawView): PositionView {
  const trades = row.trades.map((trade): Trade => ({ side: trade.side, qty: quantity(trade.qty), price: price(trade.price), at: new Date(trade.at) }));
  const position = openPosition(trades);
  if (position === null || !isPositive(position.qty)) return noPosition;
  return { qty: position.qty, avgEntry: position.avgEntry, peak: highest([position.avgEntry, row.highest, row.last]), openedAtMs: position.openedAt.getTime() };
}

function highest(prices: readonly (string | null)[]): Price | null {
  const known = prices.flatMap((each) => (each === null ? [] : [price(each)]));
  return known.toSorted((a, b) => Number(b) - Number(a))[0] ?? null;
}

/** The day's result is the user's own, in percent of what the account is worth. */
function accountOf({ equity, cash, orders_today: ordersToday, holdings }: RawView): AccountView {
  const result = dayResult(holdings.map(decodeHolding));
  const worth = equity === null ? null : usd(equity);
  return {
    equity: worth,
    cash: cash === null ? null : usd(cash),
    dayPlPct: worth === null || result === null || !isPositive(worth) ? null : percentOf(worth, result),
    ordersToday,
  };
}
