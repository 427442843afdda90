-- Up Migration
-- What a limit order pays at most, or takes at least. It goes to the broker as a quantity.
alter table trade_intents
  add column limit_price numeric(24, 9) check (limit_price > 0),
  add constraint trade_intents_limit_has_a_price check ((order_type = 'limit') = (limit_price is not null));
alter table trade_orders
  add column limit_price numeric(24, 9) check (limit_price > 0),
  add constraint trade_orders_limit_is_a_quantity check ((order_type = 'limit') = (limit_price is not null) and (order_type <> 'limit' or qty is not null));
