-- Up Migration
-- The history of facts in a partition for each day, so that what is old goes by dropping a table, and who reads a day reads one
-- small index (decision 0082). A partition begins at New York's midnight, as a trading day does: a day of the clocks' change has
-- 23 or 25 hours. What no partition is there for goes to the default one, and is moved when the partition is made.

create function partition_start(parent text, at timestamptz) returns timestamptz language sql stable parallel safe
  return date_trunc(case parent when 'market_data_snapshots' then 'day' when 'events' then 'month' end, at, 'America/New_York');

create function partition_after(parent text, starts_at timestamptz, steps int4) returns timestamptz language sql stable parallel safe
  return (starts_at at time zone 'America/New_York' + steps * case parent when 'market_data_snapshots' then interval '1 day' when 'events' then interval '1 month' end)
         at time zone 'America/New_York';

-- The partitions of a table with their bounds, without the default one.
create function partitions_of(parent text) returns table (name text, starts_at timestamptz, ends_at timestamptz) language sql stable as $$
  select c.relname::text, b.bounds[1]::timestamptz, b.bounds[2]::timestamptz
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral (select regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)')) as b (bounds)
   where i.inhparent = to_regclass('public.' || quote_ident(parent)) and b.bounds is not null
$$;

-- Nobody has a privilege on a partition: reading and writing go through the table, whose privileges and policies hold then. The
-- owner's functions read partitions, and a forced row security would hide the rows from an owner that is no superuser.
create function guard_partition(parent text, part text) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  execute format('alter table %I enable row level security', part);
  execute format('alter table %I force row level security', part);
  execute format('create policy of_owner on %I to current_user using (true)', part);
  if parent = 'events' then
    -- One event at a place. Across the months it is the chain's head that gives each place once.
    execute format('create unique index on %I (firebase_uid, place) nulls not distinct', part);
    execute format('create trigger events_no_truncate before truncate on %I for each statement execute function refuse_event_change()', part);
  end if;
end $$;

-- Attached and not created as a partition: that way the table itself is not locked against its readers and writers.
create function add_default_partition(parent text) returns void language plpgsql set search_path = public, pg_temp as $$
declare
  part constant text := parent || '_default';
begin
  execute format('create table %I (like %I including defaults including constraints)', part, parent);
  perform guard_partition(parent, part);
  execute format('alter table %I attach partition %I default', parent, part);
end $$;

-- False when it is there already.
create function add_partition(parent text, starts_at timestamptz) returns boolean language plpgsql set search_path = public, pg_temp as $$
declare
  part constant text := parent || to_char(starts_at at time zone 'America/New_York', case parent when 'events' then '_YYYY_MM' else '_YYYY_MM_DD' end);
begin
  if to_regclass('public.' || quote_ident(part)) is not null then
    return false;
  end if;
  execute format('create table %I (like %I including defaults including constraints)', part, parent);
  perform guard_partition(parent, part);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part, starts_at, partition_after(parent, starts_at, 1));
  return true;
end $$;

-- Partitions for all that is in a table of the same columns, and its rows in them.
create function move_into_partitions(parent text, source text) returns int4 language plpgsql set search_path = public, pg_temp as $$
declare
  key constant text := case parent when 'events' then 'at' else 'recorded_at' end;
  columns text;
  starts_at timestamptz;
  before int8;
  moved int8;
  made int4 := 0;
begin
  for starts_at in execute format('select distinct partition_start(%L, %I) from %I order by 1', parent, key, source) loop
    made := made + add_partition(parent, starts_at)::int4;
  end loop;
  select string_agg(quote_ident(attname), ', ' order by attnum) into columns
    from pg_attribute where attrelid = to_regclass(quote_ident(source)) and attnum > 0 and not attisdropped;
  execute format('select count(*) from %I', source) into before;
  execute format('insert into %I (%s) overriding system value select %s from %I order by id', parent, columns, columns, source);
  get diagnostics moved = row_count;
  if moved <> before then
    raise exception '% of % rows of % were moved', moved, before, source;
  end if;
  execute format('drop table %I', source);
  return made;
end $$;

-- The partitions from now on to so many days or months ahead, and those that rows in the default partition wait for. Gives how
-- many were made.
create function make_partitions(parent text, ahead int4) returns int4 language plpgsql security definer
set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  waits_in constant text := parent || '_default';
  waiting boolean;
  made int4 := 0;
begin
  if parent is null or parent not in ('market_data_snapshots', 'events') or ahead is null or ahead not between 1 and 62 then
    raise invalid_parameter_value using message = 'partitions are made of market_data_snapshots and events, 1 to 62 ahead';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('partitions', 0));
  execute format('select exists (select from %I)', waits_in) into waiting;
  if waiting then
    -- Append-only rows cannot be deleted there: the whole partition is taken off, and another put in its place.
    execute format('alter table %I detach partition %I', parent, waits_in);
    execute format('alter table %I rename to %I', waits_in, parent || '_waiting');
    perform add_default_partition(parent);
    made := move_into_partitions(parent, parent || '_waiting');
  end if;
  for step in 0 .. ahead loop
    made := made + add_partition(parent, partition_after(parent, partition_start(parent, now()), step))::int4;
  end loop;
  return made;
end $$;

-- Drops the oldest day of facts that ended before the last `keep_days` began, and gives its name; null when there is none. One a
-- call, since each drop stops the table's readers and writers for a moment. `market_data_latest` knows nothing of it.
create function drop_market_data(keep_days int4) returns text language plpgsql security definer
set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  parent constant text := 'market_data_snapshots';
  oldest text;
begin
  if keep_days is null or keep_days < 7 then
    raise invalid_parameter_value using message = 'seven days of facts are kept at least';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('partitions', 0));
  select p.name into oldest from partitions_of(parent) p
   where p.ends_at <= partition_after(parent, partition_start(parent, now()), -keep_days) order by p.starts_at limit 1;
  if found then
    execute format('drop table %I', oldest);
  end if;
  return oldest;
end $$;

alter table market_data_snapshots rename to market_data_snapshots_before;
alter table market_data_snapshots_before rename constraint market_data_snapshots_pkey to market_data_snapshots_before_pkey;
alter table market_data_snapshots_before rename constraint market_data_snapshots_metric_check to market_data_snapshots_before_metric_check;
alter index market_data_snapshots_history rename to market_data_snapshots_before_history;
alter sequence market_data_snapshots_id_seq rename to market_data_snapshots_before_id_seq;

create table market_data_snapshots (
  id bigint generated always as identity,
  symbol text not null,
  asset_class text not null check (asset_class in ('us_equity', 'crypto')),
  feed text not null,
  metric text not null constraint market_data_snapshots_metric_check
    check (metric in ('last_trade', 'prev_close', 'day_open', 'day_high', 'day_low', 'day_close', 'day_volume', 'bid', 'ask')),
  price numeric(24, 9) not null check (price > 0),
  volume numeric(24, 9) check (volume >= 0),
  as_of timestamptz not null,
  raw jsonb,
  -- When it was written decides where it goes and how long it stays; `as_of` may lie days back.
  recorded_at timestamptz not null default now(),
  primary key (id, recorded_at)
) partition by range (recorded_at);
create index market_data_snapshots_history on market_data_snapshots (symbol, metric, as_of desc);
grant select, insert on market_data_snapshots to nod_app;
grant select on market_data_snapshots to nod_web;

select setval(pg_get_serial_sequence('market_data_snapshots', 'id'), coalesce(max(id), 1), max(id) is not null) from market_data_snapshots_before;
select add_default_partition('market_data_snapshots');
select move_into_partitions('market_data_snapshots', 'market_data_snapshots_before');
select make_partitions('market_data_snapshots', 7);

revoke all on function guard_partition(text, text), add_default_partition(text), add_partition(text, timestamptz), move_into_partitions(text, text),
  make_partitions(text, int4), drop_market_data(int4) from public;
grant execute on function make_partitions(text, int4), drop_market_data(int4) to nod_app;
