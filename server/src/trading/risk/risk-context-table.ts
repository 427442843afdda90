/** Reads what the guardrails go by. It owns no table: it is the one statement that looks at all of them at once. */
import type { Side } from "@nod/contract/primitives";
import type { TradingConfig } from "@nod/contract/trading-config";
import { price, quantity, usd } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import { decodeKillSwitch, type RawKillSwitch } from "./kill-switch-table.ts";
import { decodeHolding, holdingPrices, holdingsAggregate, holdingSums, type RawHolding } from "./holdings.ts";
import { settingsOf, type RiskContext, type UserTradingSettings } from "./risk-context.ts";

/** A user's effective config as this process holds it; `revision` is `<template's>.<own>`. */
export type HeldConfig = { revision: string; config: TradingConfig };

/** Where the effective config comes from. */
export type ConfigSource = {
  /** From memory; undefined when this process has none. */
  held(firebaseUid: string): HeldConfig | undefined;
  /** Merges and validates; null when the result is not a valid config. Pure. */
  resolve(template: unknown, own: unknown): TradingConfig | null;
};

type RawContext = {
  at: Date;
  newer_question_id: string | null;
  has_sold: boolean;
  /** Null: the user has no config. */
  revision: string | null;
  enabled: boolean | null;
  /** Null unless `revision` is another than the one held. */
  template: unknown;
  own: unknown;
  kill_switch: RawKillSwitch | null;
  is_open: boolean | null;
  trading_day: string | null;
  next_open: Date | null;
  next_close: Date | null;
  session_as_of: Date | null;
  last_price: string | null;
  last_as_of: Date | null;
  buying_power: string | null;
  account_as_of: Date | null;
  reconciled_at: Date | null;
  is_tradable: boolean | null;
  is_fractionable: boolean | null;
  min_order_qty: string | null;
  asset_as_of: Date | null;
  orders_today: number;
  orders_minute: number;
  orders_of_rule: number;
  reserved_of_rule: string;
  notional_4h: string;
  in_flight: string;
  open_orders: number;
  open_orders_of_symbol: number;
  open_sell_qty: string;
  position: string;
  recent_of_symbol: { side: Side; reserved: string; created_at: string }[];
  holdings: RawHolding[];
};

/**
 * The context of a question of the trading branch, for its answer; null when it is not this user's or not of this branch.
 *
 * Must run after the user's advisory lock was taken by an earlier statement: in READ COMMITTED each statement then sees
 * what the previous holder committed. The config's documents come along only when this process holds another revision, so
 * that an answer judges by the limits that are in force now and not by those that were compiled a moment ago.
 */
export async function readAnswerContext(tx: Db, configs: ConfigSource, of: { firebaseUid: string; questionId: string }): Promise<RiskContext | null> {
  const held = configs.held(of.firebaseUid);
  const { rows } = await tx.query<RawContext>({ name: "read-answer-context", text: answerContextSql, values: [of.questionId, of.firebaseUid, held?.revision ?? null] });
  const row = rows[0];
  return row === undefined ? null : decode(row, effective(row, held, configs));
}

/** `max_orders_per_day` is at most this. */
const maxRecentOfSymbol = 1_000;

const answerContextSql = `
  with q as materialized (
    select firebase_uid, metadata ->> 'symbol' as symbol, metadata ->> 'asset_class' as asset_class, metadata ->> 'feed' as feed,
           id, created_at, metadata ->> 'rule_id' as rule_id,
           clock_timestamp() as at
    from questions
    where id = $1::uuid and firebase_uid = $2::text and pipeline_key = 'trading'
  )
  select q.at,
         (select p.question_id from user_pipeline_state as p
          where p.firebase_uid = q.firebase_uid and p.pipeline_key = 'trading' and p.subject = q.rule_id and p.question_id <> q.id) as newer_question_id,
         exists (select from fills as f
                 where f.firebase_uid = q.firebase_uid and f.symbol = q.symbol and f.side = 'sell' and f.recorded_at > q.created_at) as has_sold,
         t.revision || '.' || c.revision as revision, c.enabled,
         case when t.revision || '.' || c.revision is distinct from $3::text then t.config end as template,
         case when t.revision || '.' || c.revision is distinct from $3::text then c.config end as own,
         (select jsonb_build_object('mode', k.mode, 'scope', k.scope, 'reason', k.reason, 'set_at', k.set_at)
          from kill_switches as k where k.scope = 'all' or k.firebase_uid = q.firebase_uid
          order by array_position(array['flatten', 'cancel_only', 'block_new'], k.mode), k.scope limit 1) as kill_switch,
         s.is_open, s.trading_day, s.next_open, s.next_close, s.as_of as session_as_of,
         l.price as last_price, l.as_of as last_as_of,
         a.buying_power, a.as_of as account_as_of, a.reconciled_at,
         asset.is_tradable, asset.is_fractionable, asset.min_order_qty, asset.as_of as asset_as_of,
         mine.*
  from q
  left join user_trading_config as c on c.firebase_uid = q.firebase_uid
  left join trading_config_templates as t on t.name = c.template_name
  left join lateral (
    select is_open, trading_day, next_open, next_close, as_of from market_sessions where market = q.asset_class and market = 'us_equity'
    union all
    -- Crypto always trades; its day is New York's, like everybody's here.
    select true, (q.at at time zone 'America/New_York')::date, null, null, q.at where q.asset_class = 'crypto'
  ) as s on true
  left join market_data_latest as l
    on l.symbol = q.symbol and l.metric = 'last_trade' and l.feed = q.feed and l.asset_class = q.asset_class
  left join broker_accounts as a on a.id = 'alpaca'
  left join assets as asset on asset.symbol = q.symbol and asset.asset_class = q.asset_class
  cross join lateral (
    -- The user's orders are read once, each symbol summed up, and then all of them.
    select coalesce(sum(h.orders_today), 0)::int4 as orders_today,
           coalesce(sum(h.orders_of_rule), 0)::int4 as orders_of_rule,
           coalesce(sum(h.reserved_of_rule), 0) as reserved_of_rule,
           coalesce(sum(h.orders_minute), 0)::int4 as orders_minute,
           coalesce(sum(h.notional_4h), 0) as notional_4h,
           coalesce(sum(h.in_flight), 0) as in_flight,
           coalesce(sum(h.open_orders), 0)::int4 as open_orders,
           coalesce(sum(h.open_orders) filter (where h.symbol = q.symbol), 0)::int4 as open_orders_of_symbol,
           coalesce(sum(h.open_sell_qty) filter (where h.symbol = q.symbol), 0) as open_sell_qty,
           coalesce(sum(h.qty) filter (where h.symbol = q.symbol), 0) as position,
           coalesce(jsonb_path_query_array(jsonb_agg(h.recent) filter (where h.symbol = q.symbol) -> 0, '$[0 to ${maxRecentOfSymbol - 1}]'), '[]') as recent_of_symbol,
           ${holdingsAggregate} as holdings
    from (
      select o.symbol, ${holdingSums("s.trading_day")},
             -- Two days hold every order of a trading day, whichever the hour and the season.
             count(*) filter (where o.counts_against_limits and o.trading_day = s.trading_day and o.created_at > q.at - interval '48 hours') as orders_today,
             count(*) filter (where o.rule_id = q.rule_id and o.counts_against_limits and o.trading_day = s.trading_day and o.created_at > q.at - interval '48 hours') as orders_of_rule,
             sum(o.reserved_notional_usd) filter (where o.rule_id = q.rule_id and o.counts_against_limits and o.trading_day = s.trading_day and o.created_at > q.at - interval '48 hours') as reserved_of_rule,
             count(*) filter (where o.counts_against_limits and o.created_at > q.at - interval '1 minute') as orders_minute,
             sum(o.reserved_notional_usd) filter (where o.counts_against_limits and o.created_at > q.at - interval '4 hours') as notional_4h,
             sum(o.reserved_notional_usd) filter (where o.side = 'buy' and o.status in ('pending_submit', 'submitting', 'unknown')) as in_flight,
             count(*) filter (where o.is_open) as open_orders,
             sum(o.qty - o.filled_qty) filter (where o.is_open and o.side = 'sell') as open_sell_qty,
             -- Newest first; nobody makes more of one symbol in the longest window that a config may name than the day's limit allows.
             jsonb_agg(jsonb_build_object('side', o.side, 'reserved', o.reserved_notional_usd::text, 'created_at', o.created_at) order by o.created_at desc)
               filter (where o.symbol = q.symbol and o.counts_against_limits and o.created_at > q.at - interval '7 days') as recent
      from trade_orders as o
      where o.firebase_uid = $2::text and (o.filled_qty > 0 or o.is_open or (o.counts_against_limits and o.created_at > q.at - interval '7 days'))
      group by o.symbol
    ) as h
    ${holdingPrices({ at: "q.at", tradingDay: "s.trading_day" })}
  ) as mine`;

function effective(row: RawContext, held: HeldConfig | undefined, configs: ConfigSource): UserTradingSettings | null {
  if (row.revision === null) return null;
  const config = held?.revision === row.revision ? held.config : configs.resolve(row.template, row.own);
  if (config === null) return null;
  const settings = settingsOf(config);
  return { ...settings, enabled: settings.enabled && row.enabled === true };
}

function decode(row: RawContext, user: UserTradingSettings | null): RiskContext {
  return {
    at: row.at,
    asked: { configRevision: row.revision, newerQuestionId: row.newer_question_id, hasSold: row.has_sold },
    user,
    killSwitch: row.kill_switch === null ? null : decodeKillSwitch(row.kill_switch),
    reconciledAt: row.reconciled_at,
    session:
      row.is_open === null || row.trading_day === null || row.session_as_of === null
        ? null
        : { isOpen: row.is_open, tradingDay: row.trading_day, nextOpen: row.next_open, nextClose: row.next_close, asOf: row.session_as_of },
    lastTrade: row.last_price === null || row.last_as_of === null ? null : { price: price(row.last_price), asOf: row.last_as_of },
    account:
      row.buying_power === null || row.account_as_of === null
        ? null
        : { buyingPower: usd(row.buying_power), asOf: row.account_as_of, inFlightUsd: usd(row.in_flight) },
    asset:
      row.is_tradable === null || row.is_fractionable === null || row.asset_as_of === null
        ? null
        : { isTradable: row.is_tradable, isFractionable: row.is_fractionable, minOrderQty: row.min_order_qty === null ? null : quantity(row.min_order_qty), asOf: row.asset_as_of },
    ordersToday: row.orders_today,
    notionalUsd4h: usd(row.notional_4h),
    ofRuleToday: { orders: row.orders_of_rule, reservedUsd: usd(row.reserved_of_rule) },
    openOrdersOfSymbol: row.open_orders_of_symbol,
    openOrders: row.open_orders,
    ordersLastMinute: row.orders_minute,
    recentOfSymbol: row.recent_of_symbol.map((order) => ({
      side: order.side,
      reservedUsd: usd(order.reserved),
      createdAt: new Date(order.created_at),
    })),
    holdings: row.holdings.map(decodeHolding),
    position: quantity(row.position),
    openSellQty: quantity(row.open_sell_qty),
  };
}
