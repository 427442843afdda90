-- Up Migration
-- The best result of each trading day so far, by which a fall from it is told. A day begins at zero.
create table day_peaks (
  firebase_uid text not null references users on delete cascade,
  trading_day date not null,
  peak_usd numeric(24, 9) not null check (peak_usd > 0),
  primary key (firebase_uid, trading_day)
);
grant select, insert, update on day_peaks to nod_app;
create index trade_orders_rejected on trade_orders (updated_at) where status = 'rejected';
-- As of every table with a user's column (migration 0013).
create policy of_one_user on day_peaks to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on day_peaks to nod_app, current_user using (true);
alter table day_peaks enable row level security;
alter table day_peaks force row level security;
