-- Up Migration
-- The browsers in which users have signed in, and where a push reaches them. A token belongs to one user at a time: who signs
-- in on a device after somebody else takes it over.
create table devices (
  firebase_uid text not null references users on delete cascade,
  id uuid not null,
  label text not null check (length(label) between 1 and 80),
  push_token text unique check (length(push_token) between 1 and 4096),
  created_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  primary key (firebase_uid, id)
);
create index devices_with_push on devices (firebase_uid) where push_token is not null;

-- That a question was pushed, so that it is pushed once, by whichever process comes first.
create table question_pushes (
  question_id uuid primary key references questions on delete cascade,
  firebase_uid text not null references users on delete cascade,
  pushed_at timestamptz not null default clock_timestamp()
);

grant select, insert, update, delete on devices to nod_app, nod_web;
grant select, insert on question_pushes to nod_app;

-- As of every table with a user's column (migration 0013).
create policy of_one_user on devices to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on devices to nod_app, current_user using (true);
alter table devices enable row level security;
alter table devices force row level security;
create policy of_one_user on question_pushes to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on question_pushes to nod_app, current_user using (true);
alter table question_pushes enable row level security;
alter table question_pushes force row level security;
