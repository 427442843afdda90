-- Up Migration
create table users (
  firebase_uid text primary key check (length(firebase_uid) between 1 and 128),
  created_at timestamptz not null default now()
);

-- A reader that wants "what changed since I looked" remembers pg_snapshot_xmin(pg_current_snapshot()) and asks for
-- changed_xid >= it: unlike a sequence or a time, that never skips a row that committed late.
create table trading_config_templates (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,63}$'),
  config jsonb not null check (jsonb_typeof(config) = 'object'),
  revision bigint not null default 1,
  changed_xid xid8 not null default pg_current_xact_id(),
  updated_at timestamptz not null default now()
);

create table user_trading_config (
  firebase_uid text primary key references users on delete cascade,
  template_name text not null references trading_config_templates,
  config jsonb not null default '{}' check (jsonb_typeof(config) = 'object'),
  enabled boolean not null default true,
  revision bigint not null default 1,
  changed_xid xid8 not null default pg_current_xact_id(),
  updated_at timestamptz not null default now()
);
create index user_trading_config_changed on user_trading_config (changed_xid);
create index user_trading_config_template on user_trading_config (template_name);

create function mark_config_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if row(new.*) is not distinct from row(old.*) then
      return old;
    end if;
    new.revision := old.revision + 1;
    new.updated_at := now();
  end if;
  new.changed_xid := pg_current_xact_id();
  return new;
end $$;

create function notify_config_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('nod_config_changed', '');
  return null;
end $$;

create trigger trading_config_templates_mark before insert or update on trading_config_templates for each row execute function mark_config_change();
create trigger user_trading_config_mark before insert or update on user_trading_config for each row execute function mark_config_change();
create trigger trading_config_templates_notify after insert or update on trading_config_templates for each statement execute function notify_config_change();
create trigger user_trading_config_notify after insert or update on user_trading_config for each statement execute function notify_config_change();

create table user_trading_state (
  firebase_uid text primary key references users on delete cascade,
  last_ingest_at timestamptz,
  last_eval_at timestamptz,
  context jsonb not null default '{}'
);

-- One owner at a time for each chore; whoever takes a lease over gets a higher fencing number.
create table leases (
  name text primary key,
  owner text not null,
  fencing bigint not null default 1,
  expires_at timestamptz not null
);
