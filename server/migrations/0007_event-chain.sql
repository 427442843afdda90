-- Up Migration
-- The log becomes a chain for each user, and one for what concerns everybody. Each event holds its place, the hash of the
-- event before it and its own: sha256 over both the one before and over what the event says. Whoever changes, removes,
-- inserts or moves one breaks every hash after it, and the head tells where the end should be.
-- Two writers of one user cannot fork it: the head row is locked until the first of them commits, and there is only one
-- event at each place.

-- What an event says, in one form: the fields with a separator that none but the last can hold (JSON text escapes it), the
-- time in seconds and microseconds since 1970, `data` as jsonb prints it.
create function event_digest(at timestamptz, firebase_uid text, kind text, question_id uuid, order_id uuid, data jsonb)
returns bytea language sql stable parallel safe as $$
  select sha256(convert_to(extract(epoch from at) || e'\x1f' || kind || e'\x1f' || coalesce(question_id::text, '') || e'\x1f'
                           || coalesce(order_id::text, '') || e'\x1f' || data || e'\x1f' || coalesce(firebase_uid, ''), 'UTF8'))
$$;

create function next_event_hash(hash bytea, before bytea, digest bytea) returns bytea language plpgsql immutable parallel safe as $$
begin
  return sha256(coalesce(hash, before) || digest);
end $$;

-- The hash of each of several events that follow `before`, as a window function in the order of the chain.
create aggregate event_hash(before bytea, digest bytea) (sfunc = next_event_hash, stype = bytea);

-- The hash of the last of the events whose digests, 32 bytes each, follow `before`.
create function last_event_hash(before bytea, digests bytea) returns bytea language plpgsql immutable strict parallel safe as $$
declare
  hash bytea := before;
begin
  for n in 0 .. length(digests) / 32 - 1 loop
    hash := sha256(hash || substr(digests, n * 32 + 1, 32));
  end loop;
  return hash;
end $$;

create function first_event_before() returns bytea language sql immutable parallel safe return '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea;

-- Where each chain ends. `digests` are the events of the last writing and `before` is the hash that they follow, so that one
-- upsert can hand a writer both: what it goes on from, and its turn. Not tied to `users`: the evidence outlives them.
create table event_chains (
  -- The user; the empty text for what concerns everybody.
  chain text primary key,
  length bigint not null check (length > 0),
  before bytea not null check (length(before) = 32),
  digests bytea not null check (length(digests) > 0 and length(digests) % 32 = 0),
  hash bytea not null generated always as (last_event_hash(before, digests)) stored
) with (fillfactor = 50);

alter table events
  add column place bigint,
  add column hash_before bytea,
  add column hash bytea;

-- What was logged before there were chains.
alter table events disable trigger events_append_only;
with digested as (
  select id, coalesce(firebase_uid, '') as chain, event_digest(at, firebase_uid, kind, question_id, order_id, data) as digest from events
), hashed as (
  select id, chain, row_number() over chained as place, event_hash(first_event_before(), digest) over chained as hash
    from digested window chained as (partition by chain order by id)
)
update events e set place = h.place, hash = h.hash, hash_before = h.hash_before
  from (select *, lag(hash, 1, first_event_before()) over (partition by chain order by place) as hash_before from hashed) h
 where e.id = h.id;
insert into event_chains (chain, length, before, digests)
select distinct on (firebase_uid) coalesce(firebase_uid, ''), place, hash_before, event_digest(at, firebase_uid, kind, question_id, order_id, data)
  from events order by firebase_uid, place desc;
alter table events enable trigger events_append_only;

alter table events
  alter column place set not null,
  alter column hash_before set not null,
  alter column hash set not null,
  add constraint events_one_at_a_place unique nulls not distinct (firebase_uid, place),
  add check (strpos(kind, e'\x1f') = 0 and firebase_uid <> '');
drop index events_by_user;

-- The only way to add to the log, in the order given, in one writing for any number of users. Chains are locked in the order
-- of their names. Whoever also writes the outbox records first, so that the two locks of a user are always taken in one order.
-- Hashing joins only: the planner cannot know how long the arrays are.
create function record_events(firebase_uids text[], kinds text[], question_ids uuid[], order_ids uuid[], datas jsonb[])
returns int8 language plpgsql security definer set search_path = public, pg_temp set enable_nestloop = off as $$
declare
  recorded int8;
begin
  with given as materialized (
    select g.*, coalesce(g.firebase_uid, '') as chain, clock_timestamp() as at
      from unnest(firebase_uids, kinds, question_ids, order_ids, datas) with ordinality as g (firebase_uid, kind, question_id, order_id, data, n)
  ), digested as materialized (
    select *, event_digest(at, firebase_uid, kind, question_id, order_id, data) as digest from given
  ), extended as (
    insert into event_chains as c (chain, length, before, digests)
    select chain, count(*), first_event_before(), string_agg(digest, ''::bytea order by n) from digested group by chain order by chain
    on conflict (chain) do update set length = c.length + excluded.length, before = c.hash, digests = excluded.digests
    returning chain, before, length - length(digests) / 32 as length_before
  ), hashed as (
    select d.*, e.before, e.length_before + row_number() over following as place, event_hash(e.before, d.digest) over following as hash
      from digested d join extended e using (chain)
    window following as (partition by chain order by n rows unbounded preceding)
  )
  insert into events (at, firebase_uid, kind, question_id, order_id, data, place, hash_before, hash)
  select at, firebase_uid, kind, question_id, order_id, data, place, lag(hash, 1, before) over (partition by chain order by n), hash
    from hashed;
  get diagnostics recorded = row_count;
  return recorded;
end $$;
revoke all on function record_events(text[], text[], uuid[], uuid[], jsonb[]) from public;
grant execute on function record_events(text[], text[], uuid[], uuid[], jsonb[]) to nod_app;
revoke insert, update, delete, truncate on events from nod_app;
grant select on event_chains to nod_app;
