-- Up Migration
-- What the broker's order itself said last of all that was filled, and when: executions, busts and corrections from after that
-- moment are counted on top of it. Null for orders from before, of which what is filled stands for it.
alter table trade_orders
  add column broker_sum_qty numeric(24, 9) check (broker_sum_qty >= 0),
  add column broker_sum_avg_price numeric(24, 9) check (broker_sum_avg_price > 0),
  add column broker_sum_at timestamptz,
  add check ((broker_sum_qty is null) = (broker_sum_at is null));
-- What the execution was that a bust takes back, where the bust says so: it may never have been told of.
alter table fill_amendments
  add column was_qty numeric(24, 9) check (was_qty > 0),
  add column was_price numeric(24, 9) check (was_price > 0),
  add check ((was_qty is null) = (was_price is null));
