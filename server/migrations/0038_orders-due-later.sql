-- Up Migration
-- When the next order that waits for its time is due is asked each time orders are taken up: without this every order that
-- waits was read for it.
create index trade_orders_due_later on trade_orders (next_submit_at) where status = 'pending_submit' and next_submit_at is not null;
