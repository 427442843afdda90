-- Up Migration
create table market_data_snapshots (
  id bigint generated always as identity primary key,
  symbol text not null,
  asset_class text not null check (asset_class in ('us_equity', 'crypto')),
  feed text not null,
  metric text not null check (metric in ('last_trade', 'prev_close', 'day_open', 'day_high', 'day_low', 'day_close')),
  price numeric(24, 9) not null check (price > 0),
  volume numeric(24, 9) check (volume >= 0),
  as_of timestamptz not null,
  raw jsonb,
  recorded_at timestamptz not null default now()
);
create index market_data_snapshots_history on market_data_snapshots (symbol, metric, as_of desc);

-- The newest fact under each name, maintained by the statement that appends to the history.
create table market_data_latest (
  feed text not null,
  asset_class text not null,
  symbol text not null,
  metric text not null,
  price numeric(24, 9) not null,
  volume numeric(24, 9),
  as_of timestamptz not null,
  -- The trading day that a daily value belongs to: a day_low of yesterday is not today's.
  trading_day date,
  recorded_at timestamptz not null default now(),
  -- Whoever evaluates asks for changed_xid >= the watermark of its last reading. Not indexed, on purpose: an update of an
  -- indexed column is never heap-only, and reading the whole of this small table costs less.
  changed_xid xid8 not null default pg_current_xact_id(),
  primary key (symbol, metric, feed, asset_class)
) with (fillfactor = 50);

create table market_bars (
  feed text not null,
  asset_class text not null,
  symbol text not null,
  timeframe text not null check (timeframe in ('1Min', '5Min', '15Min', '1Hour', '1Day')),
  starts_at timestamptz not null,
  open numeric(24, 9) not null,
  high numeric(24, 9) not null,
  low numeric(24, 9) not null,
  close numeric(24, 9) not null,
  volume numeric(24, 9) not null,
  adjustment text not null default 'split' check (adjustment in ('raw', 'split')),
  primary key (symbol, timeframe, starts_at, feed, asset_class)
);

-- What the broker's clock said last. Nothing that needs an open market passes on a stale row.
create table market_sessions (
  market text primary key check (market in ('us_equity', 'crypto')),
  is_open boolean not null,
  trading_day date not null,
  next_open timestamptz,
  next_close timestamptz,
  as_of timestamptz not null
);

create table broker_accounts (
  id text primary key,
  buying_power numeric(24, 9) not null,
  cash numeric(24, 9) not null,
  equity numeric(24, 9) not null,
  as_of timestamptz not null,
  -- When our books were last compared with the broker's, from end to end. Nothing is approved long after it.
  reconciled_at timestamptz
);
