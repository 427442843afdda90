-- Up Migration
-- Where the account's positions at the broker are not what the orders of all users add up to. It is the account's, and of no
-- user: a symbol is in here while the two differ, and is taken out when they agree again. Nothing trades by it.
create table position_differences (
  symbol text primary key,
  broker_qty numeric(24, 9) not null,
  our_qty numeric(24, 9) not null check (our_qty <> broker_qty),
  -- Missing: the broker has less than our users own. Foreign: it has more, of somebody else's.
  kind text not null generated always as (case when broker_qty < our_qty then 'missing' else 'foreign' end) stored,
  since timestamptz not null,
  seen_at timestamptz not null
);
grant select, insert, update, delete on position_differences to nod_app;
-- A user is told that less is there of what he holds, and not how much everybody holds.
grant select (symbol, kind) on position_differences to nod_web;
