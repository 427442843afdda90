-- Up Migration
-- What rules read beside prices: the two sides of the quote, and the day's volume (in `volume`; its price is the day's close so far).
alter table market_data_snapshots drop constraint market_data_snapshots_metric_check;
alter table market_data_snapshots add constraint market_data_snapshots_metric_check
  check (metric in ('last_trade', 'prev_close', 'day_open', 'day_high', 'day_low', 'day_close', 'day_volume', 'bid', 'ask'));

-- The regular sessions of the stock market, as the broker's calendar has them: half days are short, and both changes of the
-- clocks are in the instants already. Rules see bars of regular sessions only.
create table market_calendar (
  trading_day date primary key,
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  check (opens_at < closes_at)
);
create index market_calendar_closes_at on market_calendar (closes_at);

-- Which stretch of time market_bars holds whole, for the two timeframes that are fetched; the others are made of minutes.
-- Whatever is stored outside of it may be incomplete, and no rule sees it.
create table market_bar_coverage (
  feed text not null,
  asset_class text not null,
  symbol text not null,
  timeframe text not null check (timeframe in ('1Min', '1Day')),
  covered_from timestamptz,
  covered_to timestamptz,
  -- A stretch of history under way: from where it is wanted, and how far it has come. A process that is killed goes on here.
  filling_from timestamptz,
  filling_to timestamptz,
  -- The trading day in whose shares the prices are; null where splits do not exist.
  adjusted_as_of date,
  -- Grows whenever what is covered was not only continued: readers then begin anew.
  generation int4 not null default 0,
  primary key (symbol, timeframe, feed, asset_class),
  check ((covered_from is null) = (covered_to is null) and covered_from <= covered_to),
  check ((filling_from is null) = (filling_to is null) and filling_from <= filling_to)
);

-- Splits that are known, those to come among them. `ratio`: new shares for an old one, 7 for AAPL's of 2014-06-09.
create table market_splits (
  symbol text not null,
  ex_date date not null,
  ratio numeric(24, 9) not null check (ratio > 0),
  recorded_at timestamptz not null default now(),
  primary key (symbol, ex_date)
);

-- The last that was heard of a symbol's trading halt.
create table market_halts (
  symbol text not null,
  asset_class text not null,
  is_halted boolean not null,
  as_of timestamptz not null,
  primary key (symbol, asset_class)
);

grant select, insert, update, delete on market_calendar to nod_app;
grant select, insert, update on market_bar_coverage, market_splits, market_halts to nod_app;
grant select on market_calendar, market_bar_coverage, market_splits, market_halts to nod_web;
