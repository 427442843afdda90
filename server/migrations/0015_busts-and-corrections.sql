-- Up Migration
-- Executions are kept as they were told and never rewritten. What the broker said about one afterwards stands beside it: a
-- bust takes it back, a correction restates it. What counts is the last word on each.
create table fill_amendments (
  -- The bust's or the correction's own id, by which it is known again however often it is told.
  execution_id text primary key,
  -- What it is about: a fill, or an earlier correction of one. It may be told before that is. Null: the broker did not say,
  -- and it could not be found out.
  previous_execution_id text,
  kind text not null check (kind in ('trade_bust', 'trade_correct')),
  order_id uuid not null references trade_orders on delete cascade,
  firebase_uid text not null references users on delete cascade,
  -- What holds instead.
  qty numeric(24, 9) check (qty > 0),
  price numeric(24, 9) check (price > 0),
  executed_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  check ((kind = 'trade_correct') = (qty is not null)),
  check ((qty is null) = (price is null))
);
create index fill_amendments_by_order on fill_amendments (order_id);
grant select, insert on fill_amendments to nod_app;
-- As of every table with a user's column (migration 0013).
create policy of_one_user on fill_amendments to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on fill_amendments to nod_app, current_user using (true);
alter table fill_amendments enable row level security;
alter table fill_amendments force row level security;

-- The broker's own time of the last bust or correction: what it said of the quantity before that no longer holds.
alter table trade_orders add column amended_at timestamptz;
