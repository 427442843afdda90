-- Up Migration
create table questions (
  id uuid primary key,
  firebase_uid text not null references users on delete cascade,
  question_text text not null,
  kind text not null check (kind in ('swipe', 'numeric')),
  correct_answer numeric check (correct_answer in (-10, 10)),
  pipeline_key text not null,
  pipeline_step text not null,
  source_tag text not null,
  metadata jsonb not null default '{}',
  status text not null default 'open' check (status in ('open', 'approved', 'rejected', 'expired', 'superseded', 'withdrawn')),
  follow_up_of uuid references questions,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  closed_at timestamptz,
  check ((status = 'open') = (closed_at is null)),
  check (expires_at > created_at),
  check ((kind = 'swipe') = (correct_answer is not null))
);
-- One open question for each source; a rule cannot ask twice at once.
create unique index questions_one_open_per_source on questions (firebase_uid, source_tag) where status = 'open';
-- Partial: nearly no question follows another, and a bulk ask would write an entry for each.
create unique index questions_one_follow_up on questions (follow_up_of) where follow_up_of is not null;
create index questions_open_by_expiry on questions (expires_at) where status = 'open';
create index questions_by_user on questions (firebase_uid, created_at desc);

-- The one winning answer. `result` is what the client was told, so that a replay is told the same: `json` and not
-- `jsonb`, which would reorder its keys, and a replay is the same byte for byte.
create table answers (
  question_id uuid primary key references questions on delete cascade,
  firebase_uid text not null references users on delete cascade,
  answer numeric not null,
  result json not null,
  answered_at timestamptz not null default now()
);

-- Where a user stands with one subject (for `trading`: a rule). The row also holds the cooldown, so that one
-- upsert decides who may be asked.
create table user_pipeline_state (
  firebase_uid text not null references users on delete cascade,
  pipeline_key text not null,
  subject text not null,
  phase text not null check (phase in ('idle', 'await_confirm', 'submit_order', 'done')),
  question_id uuid,
  cooldown_until timestamptz not null default '-infinity',
  updated_at timestamptz not null default now(),
  primary key (firebase_uid, pipeline_key, subject)
) with (fillfactor = 70);
create index user_pipeline_state_by_question on user_pipeline_state (question_id);

-- The outbox is the truth of what a user is told; push is a hint. `seq` counts up by one per user: the head row is
-- locked until commit, so numbers become visible in order.
create table user_outbox_heads (
  firebase_uid text primary key references users on delete cascade,
  last_seq bigint not null default 0,
  acked_seq bigint not null default 0,
  check (acked_seq between 0 and last_seq)
) with (fillfactor = 50);

create table user_outbox (
  firebase_uid text not null references users on delete cascade,
  seq bigint not null,
  kind text not null check (kind in ('question_asked', 'question_closed', 'trade_update')),
  -- The question or order told of; its row is the content, so that a replay tells the state of now.
  ref_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (firebase_uid, seq)
);
