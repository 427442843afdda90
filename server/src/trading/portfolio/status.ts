/** What `GET /v1/me/trading/status` tells: one statement that looks at everything at once, and the arithmetic on it. */
import type { Position, TradingStatus } from "@nod/contract/status";
import type { Side } from "@nod/contract/primitives";
import { price, quantity, usd, valueOf, type Price } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import { dayResult, decodeHolding, holdingsSql, type RawHolding } from "../risk/holdings.ts";
import { decodeKillSwitch, describeKillSwitch, type RawKillSwitch } from "../risk/kill-switch-table.ts";
import type { ConfigSource } from "../risk/risk-context-table.ts";
import { settingsOf } from "../risk/risk-context.ts";
import type { RiskSettings } from "../risk/risk-settings.ts";
import { headroomOf } from "./headroom.ts";
import { positionsAfter, type Executed } from "./positions.ts";

export type StatusDeps = {
  configs: ConfigSource;
  settings: RiskSettings;
  broker: TradingStatus["broker"];
  /** When this process will next look at the market; null when it does not, or cannot say. */
  nextLookAt: () => Date | null;
};

type RawExecuted = { symbol: string; side: Side; qty: string; avg_price: string };

type RawStatus = {
  at: Date;
  revision: string | null;
  enabled: boolean | null;
  template: unknown;
  own: unknown;
  kill_switch: RawKillSwitch | null;
  is_open: boolean | null;
  trading_day: string | null;
  next_open: Date | null;
  next_close: Date | null;
  buying_power: string | null;
  orders_today: number;
  orders_minute: number;
  notional_4h: string;
  open_questions: number;
  open_orders: number;
  holdings: RawHolding[];
  executed: RawExecuted[];
  prices: { symbol: string; price: string; as_of: string }[];
  missing_at_broker: string[];
};

export async function readTradingStatus(db: Db, firebaseUid: string, deps: StatusDeps): Promise<TradingStatus> {
  const held = deps.configs.held(firebaseUid);
  const { settings } = deps;
  const { rows } = await db.query<RawStatus>({
    name: "read-trading-status",
    text: statusSql,
    values: [firebaseUid, held?.revision ?? null, settings.sessionMaxAgeSeconds, settings.accountMaxAgeSeconds],
  });
  const row = rows[0];
  if (row === undefined) throw new Error("a select without a condition returned no row");
  const config = row.revision === null ? null : held?.revision === row.revision ? held.config : deps.configs.resolve(row.template, row.own);
  const user = config === null ? null : settingsOf(config);
  const holdings = row.holdings.map(decodeHolding);
  return {
    mode: user?.mode ?? "paper",
    enabled: settings.tradingEnabled && user?.enabled === true && row.enabled === true,
    broker: deps.broker,
    market: {
      is_open: row.is_open,
      trading_day: row.trading_day,
      next_open: row.next_open?.toISOString() ?? null,
      next_close: row.next_close?.toISOString() ?? null,
    },
    buying_power: row.buying_power === null ? null : usd(row.buying_power),
    positions: positionsOf(row),
    day_result_usd: row.trading_day === null ? null : dayResult(holdings),
    headroom: headroomOf({ ...row, holdings }, user, settings),
    kill_switch: describeKillSwitch(row.kill_switch === null ? null : decodeKillSwitch(row.kill_switch)),
    watching: [...(user?.watchlist ?? [])].toSorted(),
    next_look_at: deps.nextLookAt()?.toISOString() ?? null,
    server_time: row.at.toISOString(),
  };
}

/** A session that is too old to act on is told as unknown, as everywhere. */
const statusSql = `
  with me as materialized (select $1::text as firebase_uid, clock_timestamp() as at)
  select me.at, t.revision || '.' || c.revision as revision, c.enabled,
         case when t.revision || '.' || c.revision is distinct from $2::text then t.config end as template,
         case when t.revision || '.' || c.revision is distinct from $2::text then c.config end as own,
         (select jsonb_build_object('mode', k.mode, 'scope', k.scope, 'reason', k.reason, 'set_at', k.set_at)
          from kill_switches as k where k.scope = 'all' or k.firebase_uid = me.firebase_uid
          order by array_position(array['flatten', 'cancel_only', 'block_new'], k.mode), k.scope limit 1) as kill_switch,
         s.is_open, s.trading_day, s.next_open, s.next_close,
         case when a.as_of > me.at - $4::int4 * interval '1 second' then a.buying_power end as buying_power,
         recent.orders_today, recent.orders_minute, recent.notional_4h,
         (select count(*)::int4 from trade_orders as o where o.firebase_uid = me.firebase_uid and o.is_open) as open_orders,
         (select count(*)::int4 from questions as q where q.firebase_uid = me.firebase_uid and q.status = 'open' and q.expires_at > me.at) as open_questions,
         (select coalesce(jsonb_agg(d.symbol), '[]') from position_differences as d where d.kind = 'missing') as missing_at_broker,
         filled.executed, filled.prices, held.holdings
  from me
  left join user_trading_config as c on c.firebase_uid = me.firebase_uid
  left join trading_config_templates as t on t.name = c.template_name
  left join market_sessions as s
    on s.market = 'us_equity' and s.as_of > me.at - $3::int4 * interval '1 second'
   and me.at < coalesce(case when s.is_open then s.next_close else s.next_open end, 'infinity')
  left join broker_accounts as a on a.id = 'alpaca'
  cross join lateral (
    select (count(*) filter (where o.trading_day = s.trading_day))::int4 as orders_today,
           (count(*) filter (where o.created_at > me.at - interval '1 minute'))::int4 as orders_minute,
           coalesce(sum(o.reserved_notional_usd) filter (where o.created_at > me.at - interval '4 hours'), 0) as notional_4h
    from trade_orders as o
    where o.firebase_uid = me.firebase_uid and o.counts_against_limits and o.created_at > me.at - interval '48 hours'
  ) as recent
  cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('symbol', o.symbol, 'side', o.side, 'qty', o.filled_qty::text, 'avg_price', o.filled_avg_price::text)
                              order by coalesce(o.filled_at, o.updated_at), o.created_at, o.id), '[]') as executed,
           (select coalesce(jsonb_agg(jsonb_build_object('symbol', newest.symbol, 'price', newest.price::text, 'as_of', newest.as_of)), '[]')
            from (
              select distinct on (l.symbol) l.symbol, l.price, l.as_of from market_data_latest as l
              where l.metric = 'last_trade' and l.symbol = any(array_agg(o.symbol))
              order by l.symbol, l.as_of desc
            ) as newest) as prices
    from trade_orders as o
    where o.firebase_uid = me.firebase_uid and o.filled_qty > 0 and o.filled_avg_price is not null
  ) as filled
  cross join lateral (${holdingsSql({ uid: "me.firebase_uid", at: "me.at", tradingDay: "s.trading_day" })}) as held`;

function positionsOf(row: RawStatus): Position[] {
  const prices = new Map(row.prices.map((latest): [string, { price: Price; asOf: Date }] => [latest.symbol, { price: price(latest.price), asOf: new Date(latest.as_of) }]));
  const executed = row.executed.map((each): Executed => ({ symbol: each.symbol, side: each.side, qty: quantity(each.qty), avgPrice: price(each.avg_price) }));
  return positionsAfter(executed).map(({ symbol, qty, avgEntryPrice }) => {
    const last = prices.get(symbol);
    return {
      symbol,
      qty,
      avg_entry_price: avgEntryPrice,
      market_value: last === undefined ? null : valueOf(qty, last.price),
      last_price: last?.price ?? null,
      last_price_as_of: last?.asOf.toISOString() ?? null,
      ...(row.missing_at_broker.includes(symbol) ? { missing_at_broker: true } : {}),
    };
  });
}
