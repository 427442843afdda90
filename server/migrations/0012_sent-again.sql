-- Up Migration
-- When an order that nobody at the broker knew for the whole of the named time was given back to be sent, under the same id.
-- That happens once at most.
alter table trade_orders add column sent_again_at timestamptz;
