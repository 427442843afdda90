-- Up Migration
-- The exits that were approved along with a buy: a loss, a gain or a fall from the highest price at which what it brought in
-- is sold again, without another question.
create table exit_plans (
  entry_order_id uuid primary key references trade_orders on delete cascade,
  firebase_uid text not null references users on delete cascade,
  symbol text not null,
  feed text not null,
  stop_loss_pct numeric(9, 4) check (stop_loss_pct > 0 and stop_loss_pct < 100),
  take_profit_pct numeric(9, 4) check (take_profit_pct > 0),
  trail_pct numeric(9, 4) check (trail_pct > 0 and trail_pct < 100),
  activate_at_pct numeric(9, 4) check (activate_at_pct >= 0),
  -- A price that is older decides nothing.
  max_staleness_seconds int4 not null check (max_staleness_seconds > 0),
  -- The highest last trade since the entry.
  peak_price numeric(24, 9),
  triggered_by text check (triggered_by in ('stop_loss', 'take_profit', 'trailing_stop')),
  triggered_at timestamptz,
  trigger_price numeric(24, 9),
  closed_at timestamptz,
  created_at timestamptz not null default now(),
  check (coalesce(stop_loss_pct, take_profit_pct, trail_pct) is not null),
  check ((triggered_by is null) = (triggered_at is null) and (triggered_by is null) = (trigger_price is null))
);
create index exit_plans_open on exit_plans (symbol) where closed_at is null;
grant select, insert on exit_plans to nod_web;
grant select, insert, update on exit_plans to nod_app;
-- As of every table with a user's column (migration 0013).
create policy of_one_user on exit_plans to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on exit_plans to nod_app, current_user using (true);
alter table exit_plans enable row level security;
alter table exit_plans force row level security;

-- An exit of a plan proposes itself, as one of a kill switch does.
alter table trade_intents
  add exit_of uuid references exit_plans,
  drop constraint trade_intents_origin_check,
  add constraint trade_intents_origin_check check (origin in ('rule', 'kill_switch', 'exit_plan')),
  drop constraint trade_intents_exit_sells_a_quantity,
  add constraint trade_intents_exit_sells_a_quantity check (origin = 'rule' or (side = 'sell' and qty is not null and question_id is null)),
  add constraint trade_intents_exit_names_its_plan check ((origin = 'exit_plan') = (exit_of is not null));
create index trade_intents_of_plan on trade_intents (exit_of) where exit_of is not null;
