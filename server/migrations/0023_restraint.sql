-- Up Migration
-- What a person does not want to be asked about for a while: "not today".
create table card_snoozes (
  firebase_uid text not null references users on delete cascade,
  rule_id text not null,
  until timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (firebase_uid, rule_id)
);
grant select, insert, update, delete on card_snoozes to nod_web;
grant select on card_snoozes to nod_app;
-- As of every table with a user's column (migration 0013).
create policy of_one_user on card_snoozes to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on card_snoozes to nod_app, current_user using (true);
alter table card_snoozes enable row level security;
alter table card_snoozes force row level security;

-- Who has just said no, for the question whether a rule should pause.
create index questions_rejected on questions (closed_at) where status = 'rejected';
