-- Up Migration
create table trade_intents (
  id uuid primary key,
  firebase_uid text not null references users on delete cascade,
  origin text not null check (origin in ('rule')),
  question_id uuid unique references questions,
  rule_id text,
  symbol text not null,
  asset_class text not null check (asset_class in ('us_equity', 'crypto')),
  side text not null check (side in ('buy', 'sell')),
  order_type text not null check (order_type in ('market', 'limit')),
  notional_usd numeric(24, 9) check (notional_usd > 0),
  qty numeric(24, 9) check (qty > 0),
  mode text not null check (mode in ('paper', 'live')),
  -- The facts it was proposed on, as the user was shown them.
  facts jsonb not null,
  created_at timestamptz not null default now(),
  check (notional_usd is not null or qty is not null)
);

-- One verdict at the answer and one right before each POST, each with the limits as they were seen.
create table risk_decisions (
  id bigint generated always as identity primary key,
  intent_id uuid not null references trade_intents on delete cascade,
  stage text not null check (stage in ('answer', 'submit')),
  verdict text not null check (verdict in ('approved', 'denied')),
  code text,
  message text not null,
  limits jsonb not null,
  decided_at timestamptz not null default now(),
  check ((verdict = 'denied') = (code is not null))
);
create unique index risk_decisions_one_at_the_answer on risk_decisions (intent_id) where stage = 'answer';
create index risk_decisions_by_intent on risk_decisions (intent_id);

create table trade_orders (
  id uuid primary key,
  firebase_uid text not null references users on delete cascade,
  intent_id uuid not null unique references trade_intents,
  question_id uuid unique references questions,
  rule_id text,
  client_order_id text not null unique check (length(client_order_id) between 1 and 48),
  alpaca_order_id text unique,
  symbol text not null,
  asset_class text not null check (asset_class in ('us_equity', 'crypto')),
  side text not null check (side in ('buy', 'sell')),
  order_type text not null check (order_type in ('market', 'limit')),
  notional_usd numeric(24, 9),
  qty numeric(24, 9),
  -- What the order takes up of the notional limits, whichever of the two sizes it was given in.
  reserved_notional_usd numeric(24, 9) not null check (reserved_notional_usd > 0),
  mode text not null check (mode in ('paper', 'live')),
  status text not null check (status in (
    'pending_submit', 'submitting', 'unknown', 'denied', 'not_placed',
    'pending_new', 'accepted', 'accepted_for_bidding', 'new', 'held', 'partially_filled', 'filled', 'done_for_day',
    'pending_cancel', 'canceled', 'pending_replace', 'replaced', 'stopped', 'suspended', 'calculated', 'expired', 'rejected')),
  status_reason text,
  filled_qty numeric(24, 9) not null default 0 check (filled_qty >= 0),
  filled_avg_price numeric(24, 9),
  trading_day date not null,
  -- The approval is worth nothing after this instant.
  approval_expires_at timestamptz not null,
  -- How often it was taken up for a POST that then provably never left; not before `next_submit_at` again.
  submit_attempts integer not null default 0,
  next_submit_at timestamptz,
  claimed_at timestamptz,
  -- Since when it is not known whether it is at the broker; the lookups begin there.
  unknown_since timestamptz,
  lookup_attempts integer not null default 0,
  next_lookup_at timestamptz,
  cancel_requested_at timestamptz,
  -- The broker's own time of its last word, by which a late word is told from a new one.
  broker_updated_at timestamptz,
  created_at timestamptz not null default now(),
  submitted_at timestamptz,
  filled_at timestamptz,
  updated_at timestamptz not null default now(),
  raw jsonb,
  -- Is or may be working at the broker. In the table, so that no statement can have another opinion.
  is_open boolean not null generated always as (status not in
    ('filled', 'canceled', 'expired', 'rejected', 'replaced', 'denied', 'not_placed')) stored,
  -- Counts against the day's orders and the rolling notional: it was, or may have been, at the broker.
  counts_against_limits boolean not null generated always as (status not in ('denied', 'not_placed', 'rejected')) stored
);
create index trade_orders_by_user on trade_orders (firebase_uid, created_at desc, id desc);
create index trade_orders_to_submit on trade_orders (created_at) where status = 'pending_submit';
create index trade_orders_in_doubt on trade_orders (next_lookup_at) where status in ('submitting', 'unknown');
create index trade_orders_open on trade_orders (firebase_uid, symbol) where is_open;
create index trade_orders_filled on trade_orders (firebase_uid, symbol) where filled_qty > 0;

create table fills (
  execution_id text primary key,
  order_id uuid not null references trade_orders on delete cascade,
  firebase_uid text not null references users on delete cascade,
  symbol text not null,
  side text not null check (side in ('buy', 'sell')),
  qty numeric(24, 9) not null check (qty > 0),
  price numeric(24, 9) not null check (price > 0),
  executed_at timestamptz not null,
  recorded_at timestamptz not null default now()
);
create index fills_by_order on fills (order_id);
create index fills_by_user on fills (firebase_uid, symbol);

create table kill_switches (
  scope text not null check (scope in ('user', 'all')),
  firebase_uid text references users on delete cascade,
  mode text not null check (mode in ('block_new', 'cancel_only', 'flatten')),
  reason text,
  set_by text not null,
  set_at timestamptz not null default now(),
  check ((scope = 'user') = (firebase_uid is not null)),
  unique nulls not distinct (scope, firebase_uid)
);

-- What happened, in order, for ever.
create table events (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  firebase_uid text,
  kind text not null,
  question_id uuid,
  order_id uuid,
  data jsonb not null default '{}'
);
create index events_by_user on events (firebase_uid, id);
create index events_by_order on events (order_id, id) where order_id is not null;

create function refuse_event_change() returns trigger language plpgsql as $$
begin
  raise exception 'events is append-only';
end $$;
create trigger events_append_only before update or delete on events for each row execute function refuse_event_change();
create trigger events_no_truncate before truncate on events for each statement execute function refuse_event_change();
