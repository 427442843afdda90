-- Up Migration
-- Until then an approved order waits and can be taken back; null when it could not be. `next_submit_at` is set to the same.
alter table trade_orders add column undo_until timestamptz;
