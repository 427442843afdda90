/** Who takes up which order: to be sent, or to be looked up. A claim is committed before the broker is called. */
import type { Feed, Side, TradingMode } from "@nod/contract/primitives";
import { price } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import { decodeKillSwitch, type RawKillSwitch } from "../risk/kill-switch-table.ts";
import type { ShownFacts } from "../risk/intent.ts";
import type { SendContext } from "../risk/clear-to-send.ts";
import type { StoredFacts } from "./intents-table.ts";
import { decodeOrder, orderColumns, type OrderRecord, type RawOrder } from "./order-record.ts";

type IntentOrigin = "rule" | "kill_switch" | "exit_plan";

/** An order that waits to be sent, locked, with what decides whether it still may be. */
export type DueOrder = { order: OrderRecord; origin: IntentOrigin; facts: ShownFacts; context: SendContext };

type RawDueOrder = RawOrder & {
  at: Date;
  origin: IntentOrigin;
  facts: StoredFacts & { feed: Feed };
  user_enabled: boolean | null;
  user_mode: TradingMode | null;
  price_collar_bps: string | null;
  kill_switch: RawKillSwitch | null;
  is_open_now: boolean | null;
  session_trading_day: string | null;
  next_open: Date | null;
  next_close: Date | null;
  session_as_of: Date | null;
  last_price: string | null;
  last_as_of: Date | null;
};

/** Which of the orders that wait: any, or those alone that reduce a position. */
export type DueScope = "all" | "exits";

/**
 * Locks up to `limit` orders that are due to be sent, exits before all others and the oldest first; those that another process
 * holds are left to it. Nothing is ever sold short, so every sell is an exit, whoever wants it.
 * The documents of the config are not merged here: of all that they say, only these scalars matter at this point, and a
 * user's scalar replaces the template's.
 */
export async function lockDueOrders(tx: Db, limit: number, scope: DueScope = "all"): Promise<DueOrder[]> {
  const { rows } = await tx.query<RawDueOrder>({ name: `lock-due-orders-${scope}`, text: dueOrdersSql[scope], values: [limit] });
  return rows.map(decodeDue);
}

/** One order in doubt, locked, with what decides whether it may be sent once more; null when it is no longer in doubt. */
export async function lockOrderInDoubt(tx: Db, orderId: string): Promise<DueOrder | null> {
  const { rows } = await tx.query<RawDueOrder>({ name: "lock-order-in-doubt", text: `${judgedOrdersSql} where o.id = $1::uuid and o.status = 'unknown' for update of o`, values: [orderId] });
  return rows[0] === undefined ? null : decodeDue(rows[0]);
}

function decodeDue(row: RawDueOrder): DueOrder {
  return {
    order: decodeOrder(row),
    origin: row.origin,
    facts: {
      feed: row.facts.feed,
      price: price(row.facts.price),
      priceAsOf: new Date(row.facts.price_as_of),
      maxStalenessSeconds: row.facts.max_staleness_seconds,
      maxDriftBps: row.facts.max_drift_bps,
    },
    context: {
      at: row.at,
      user: row.user_enabled === null || row.user_mode === null ? null : { enabled: row.user_enabled, mode: row.user_mode },
      priceCollarBps: row.price_collar_bps === null ? null : Number(row.price_collar_bps),
      killSwitch: row.kill_switch === null ? null : decodeKillSwitch(row.kill_switch),
      session:
        row.is_open_now === null || row.session_trading_day === null || row.session_as_of === null
          ? null
          : { isOpen: row.is_open_now, tradingDay: row.session_trading_day, nextOpen: row.next_open, nextClose: row.next_close, asOf: row.session_as_of },
      lastTrade: row.last_price === null || row.last_as_of === null ? null : { price: price(row.last_price), asOf: row.last_as_of },
    },
  };
}

const judgedOrdersSql = `
  select ${orderColumns}, clock_timestamp() as at, i.origin, i.facts,
         c.enabled and coalesce((c.config ->> 'enabled')::boolean, (t.config ->> 'enabled')::boolean) as user_enabled,
         coalesce(c.config ->> 'mode', t.config ->> 'mode') as user_mode,
         coalesce(c.config #>> '{guardrails,price_collar_bps}', t.config #>> '{guardrails,price_collar_bps}') as price_collar_bps,
         (select jsonb_build_object('mode', k.mode, 'scope', k.scope, 'reason', k.reason, 'set_at', k.set_at)
          from kill_switches as k where k.scope = 'all' or k.firebase_uid = o.firebase_uid
          order by array_position(array['flatten', 'cancel_only', 'block_new'], k.mode), k.scope limit 1) as kill_switch,
         s.is_open as is_open_now, s.trading_day as session_trading_day, s.next_open, s.next_close, s.as_of as session_as_of,
         l.price as last_price, l.as_of as last_as_of
  from trade_orders as o
  join trade_intents as i on i.id = o.intent_id
  left join user_trading_config as c on c.firebase_uid = o.firebase_uid
  left join trading_config_templates as t on t.name = c.template_name
  left join lateral (
    select is_open, trading_day, next_open, next_close, as_of from market_sessions where market = o.asset_class and market = 'us_equity'
    union all
    -- Crypto always trades; its day is New York's, like everybody's here.
    select true, (clock_timestamp() at time zone 'America/New_York')::date, null, null, clock_timestamp() where o.asset_class = 'crypto'
  ) as s on true
  left join market_data_latest as l
    on l.symbol = o.symbol and l.metric = 'last_trade' and l.feed = i.facts ->> 'feed' and l.asset_class = o.asset_class`;

const dueOrders = (scopeSql: string): string => `
  ${judgedOrdersSql}
  where o.status = 'pending_submit' and (o.next_submit_at is null or o.next_submit_at <= clock_timestamp()) ${scopeSql}
  order by o.side desc, o.created_at -- "sell" before "buy"
  limit $1::int4
  for update of o skip locked`;

const dueOrdersSql: Readonly<Record<DueScope, string>> = { all: dueOrders(""), exits: dueOrders("and o.side = 'sell'") };

/** How long until the next order that waits is due; null when none waits. */
export async function nextDueInMs(db: Db): Promise<number | null> {
  const { rows } = await db.query<{ ms: number | null }>({
    name: "next-due-order",
    text: `select ceil(extract(epoch from min(next_submit_at) - clock_timestamp()) * 1000)::float8 as ms
           from trade_orders where status = 'pending_submit' and next_submit_at > clock_timestamp()`,
  });
  return rows[0]?.ms ?? null;
}

/** Orders that were sent, could not be found and were given up: whose an execution of nobody's may be after all. */
export async function givenUpOrders(db: Db, of: { symbol: string; side: Side; before: Date }): Promise<OrderRecord[]> {
  const { rows } = await db.query<RawOrder>(
    `select ${orderColumns} from trade_orders as o
     where o.status = 'not_placed' and o.submit_attempts > 0 and o.side = $2::text and replace(o.symbol, '/', '') = replace($1::text, '/', '')
       and o.created_at between $3::timestamptz - interval '7 days' and $3::timestamptz + interval '1 minute'
     order by o.created_at desc
     limit 20`,
    [of.symbol, of.side, of.before],
  );
  return rows.map(decodeOrder);
}

/** Which of these ids of the broker's are of orders that we know. */
export async function knownAlpacaIds(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ id: string }>("select alpaca_order_id as id from trade_orders where alpaca_order_id = any($1::text[])", [ids]);
  return new Set(rows.map(({ id }) => id));
}

/** Locks one order that was taken up for sending more than `olderThanMs` ago and was never heard of again. */
export async function lockAbandonedOrder(tx: Db, olderThanMs: number): Promise<OrderRecord | null> {
  const { rows } = await tx.query<RawOrder>(
    `select ${orderColumns} from trade_orders as o
     where o.status = 'submitting' and (o.claimed_at is null or o.claimed_at <= clock_timestamp() - $1::int4 * interval '1 millisecond')
     order by o.created_at
     limit 1
     for update skip locked`,
    [olderThanMs],
  );
  return rows[0] === undefined ? null : decodeOrder(rows[0]);
}

/** An order in doubt whose time to be looked up has come. */
export type DueLookup = { order: OrderRecord; inDoubtForMs: number };

/**
 * Takes up to `limit` of them, and puts their next look-up off: by `firstDelayMs`, doubled with each attempt, at most
 * `longestDelayMs`. With `all`, those that are not due yet too, as at the start.
 */
export async function claimLookups(db: Db, take: { limit: number; firstDelayMs: number; longestDelayMs: number; all: boolean }): Promise<DueLookup[]> {
  const { rows } = await db.query<RawOrder & { in_doubt_ms: number }>(
    `update trade_orders as o set
       lookup_attempts = o.lookup_attempts + 1,
       next_lookup_at = clock_timestamp() + least($3::int4, $2::int4 * power(2, least(o.lookup_attempts, 20))) * interval '1 millisecond'
     from (
       select id from trade_orders
       where status = 'unknown' and next_lookup_at is not null and ($4::boolean or next_lookup_at <= clock_timestamp())
       order by next_lookup_at
       limit $1::int4
       for update skip locked
     ) as due
     where o.id = due.id
     returning ${orderColumns}, (extract(epoch from clock_timestamp() - o.unknown_since) * 1000)::int8::float8 as in_doubt_ms`,
    [take.limit, take.firstDelayMs, take.longestDelayMs, take.all],
  );
  return rows.map((row) => ({ order: decodeOrder(row), inDoubtForMs: row.in_doubt_ms }));
}

/** Orders that the broker has acknowledged and that are not known to be over, without those named; the longest unheard of first. */
export async function ordersAtBroker(db: Db, take: { limit: number; except: readonly string[] }): Promise<OrderRecord[]> {
  const { rows } = await db.query<RawOrder>(
    `select ${orderColumns} from trade_orders as o
     where o.is_open and o.alpaca_order_id is not null and o.client_order_id <> all($2::text[])
     order by o.updated_at
     limit $1::int4`,
    [take.limit, take.except],
  );
  return rows.map(decodeOrder);
}

/**
 * Orders at the broker whose users, or all users, are halted in a mode that takes orders back; and what is still open of a
 * buy whose exit was set off, since the broker takes no sale against an open buy. Marks them as asked for, so
 * that two processes do not ask twice; after `askAgainMs` without effect they are due again.
 */
export async function claimCancels(db: Db, take: { limit: number; askAgainMs: number }): Promise<OrderRecord[]> {
  const { rows } = await db.query<RawOrder>(
    `update trade_orders as o set cancel_requested_at = clock_timestamp()
     from (
       select w.id from trade_orders as w
       where w.is_open and w.alpaca_order_id is not null and w.status <> 'pending_cancel'
         and (w.cancel_requested_at is null or w.cancel_requested_at <= clock_timestamp() - $2::int4 * interval '1 millisecond')
         and (exists (select from exit_plans as p where p.entry_order_id = w.id and p.triggered_by is not null and p.closed_at is null)
           or exists (select from kill_switches as k where k.mode in ('cancel_only', 'flatten') and (k.scope = 'all' or k.firebase_uid = w.firebase_uid)
                       -- A sell placed under the halt reduces a position: it is let through, and let be.
                       and (w.side = 'buy' or w.created_at < k.set_at)))
       order by w.created_at
       limit $1::int4
       for update of w skip locked
     ) as due
     where o.id = due.id
     returning ${orderColumns}`,
    [take.limit, take.askAgainMs],
  );
  return rows.map(decodeOrder);
}
