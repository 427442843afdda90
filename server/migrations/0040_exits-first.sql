-- Up Migration
-- An exit never waits behind an approval: orders are taken up in this order, "sell" before "buy".
create index trade_orders_to_send on trade_orders (side desc, created_at) where status = 'pending_submit';
drop index trade_orders_to_submit;
