-- Up Migration
-- A kill switch that flattens proposes exits of its own: nobody is asked about them, and each follows from the switch.
alter table trade_intents
  drop constraint trade_intents_origin_check,
  add constraint trade_intents_origin_check check (origin in ('rule', 'kill_switch')),
  add constraint trade_intents_exit_sells_a_quantity check (origin <> 'kill_switch' or (side = 'sell' and qty is not null and question_id is null));
create index trade_intents_exits on trade_intents (firebase_uid, symbol, created_at) where origin = 'kill_switch';

-- The second confirmation: a token that a preview gave, good once and for a minute.
create table kill_switch_confirmations (
  token uuid primary key default gen_random_uuid(),
  scope text not null check (scope in ('user', 'all')),
  firebase_uid text references users on delete cascade,
  expires_at timestamptz not null,
  check ((scope = 'user') = (firebase_uid is not null))
);
grant select, insert, delete on kill_switch_confirmations to nod_app;
