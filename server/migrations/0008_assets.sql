-- Up Migration
-- What the broker says of the symbols that are watched. A symbol without a row, or with an old one, is unknown: nothing of
-- it is bought.
create table assets (
  asset_class text not null check (asset_class in ('us_equity', 'crypto')),
  symbol text not null,
  -- False too where the broker knows no such symbol.
  is_tradable boolean not null,
  is_fractionable boolean not null,
  -- In shares or coins; null where the broker names none.
  min_order_qty numeric(24, 9) check (min_order_qty > 0),
  as_of timestamptz not null,
  primary key (symbol, asset_class)
);
grant select, insert, update on assets to nod_app;
