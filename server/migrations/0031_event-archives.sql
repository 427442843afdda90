-- Up Migration
-- A month of the log that was written to a file and dropped, and where in each chain it was. A chain stays whole across it: the
-- hash before the first event that went and the hash of the last one are kept, and what follows goes on from there.
create table event_archives (
  -- The partition.
  name text primary key,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  events bigint not null,
  -- Over the hashes of its events, in the order of the file.
  digest bytea not null check (length(digest) = 32),
  file text not null,
  file_digest bytea not null check (length(file_digest) = 32),
  archived_at timestamptz not null default now()
);

-- A stretch of one chain without a gap. A chain has one for each archive, or several where an event of the next month took its
-- place before one of this month did: the clock is read before a chain's turn comes.
create table event_anchors (
  chain text not null,
  first_place bigint not null,
  last_place bigint not null check (last_place >= first_place),
  hash_before bytea not null,
  hash bytea not null,
  archive text not null references event_archives,
  primary key (chain, first_place)
);
create index event_anchors_by_archive on event_anchors (archive);

create function refuse_archive_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger event_archives_append_only before update or delete on event_archives for each row execute function refuse_archive_change();
create trigger event_archives_no_truncate before truncate on event_archives for each statement execute function refuse_archive_change();
create trigger event_anchors_append_only before update or delete on event_anchors for each row execute function refuse_archive_change();
create trigger event_anchors_no_truncate before truncate on event_anchors for each statement execute function refuse_archive_change();

do $$
declare
  named name;
begin
  foreach named in array array['event_archives', 'event_anchors']::name[] loop
    execute format('create policy of_everybody on %I to nod_app, current_user using (true)', named);
    execute format('alter table %I enable row level security', named);
    execute format('alter table %I force row level security', named);
  end loop;
end $$;
grant select on event_archives, event_anchors to nod_app;

-- Drops a month of the log that was written to a file. Who calls it must have read every event of it: the number of them and
-- the digest over their hashes are worked out here again. Three whole months stay, whatever is asked for.
create function drop_archived_events(part text, of_events int8, of_digest bytea, of_file text, of_file_digest bytea) returns void
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  starts timestamptz;
  ends timestamptz;
  counted int8;
  digested bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('partitions', 0));
  select p.starts_at, p.ends_at into starts, ends from partitions_of('events') p where p.name = part;
  if not found then
    raise invalid_parameter_value using message = format('the log has no month %s', part);
  end if;
  if ends > partition_after('events', partition_start('events', now()), -3) then
    raise invalid_parameter_value using message = format('%s is too young: three whole months of the log stay', part);
  end if;
  -- Nothing can be added to the month from here on; the log itself goes on being read and written.
  execute format('lock table %I in share mode', part);
  execute format('select count(*), event_hash(first_event_before(), hash order by coalesce(firebase_uid, '''') collate "C", place, id) from %I', part)
    into counted, digested;
  if counted <> of_events or coalesce(digested, first_event_before()) is distinct from of_digest then
    raise invalid_parameter_value using message = format('%s holds something else than what was archived', part);
  end if;

  insert into event_archives (name, starts_at, ends_at, events, digest, file, file_digest)
  values (part, starts, ends, of_events, of_digest, of_file, of_file_digest);
  execute format($anchors$
    with placed as (
      select coalesce(firebase_uid, '') as chain, place, hash_before, hash from %I
    ), marked as (
      select *, lag(place) over chained is distinct from place - 1 as begins, lead(place) over chained is distinct from place + 1 as ends
        from placed window chained as (partition by chain order by place)
    ), edges as (
      select chain, place, hash_before, begins,
             case when ends then place else lead(place) over chained end as last_place,
             case when ends then hash else lead(hash) over chained end as last_hash
        from marked where begins or ends window chained as (partition by chain order by place)
    )
    insert into event_anchors (chain, first_place, last_place, hash_before, hash, archive)
    select chain, place, last_place, hash_before, last_hash, %L from edges where begins
  $anchors$, part, part);
  execute format('drop table %I', part);
end $$;
revoke all on function drop_archived_events(text, int8, bytea, text, bytea) from public;
grant execute on function drop_archived_events(text, int8, bytea, text, bytea) to nod_app;

-- From when on rules want a symbol's bars, and when that was last said. Bars that are older than what is wanted, and than they
-- are kept, can go.
alter table market_bar_coverage
  add column wanted_from timestamptz,
  add column wanted_at timestamptz;
