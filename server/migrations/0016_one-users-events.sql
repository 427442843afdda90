-- Up Migration
-- An answer or an order's next state logs a few events of one user. append_events is made for thousands of users at once; of its
-- half millisecond for such a few, most went into setting up windows and joins (decision 0030). These few are hashed one after
-- the other instead. The chain, the turn that its head gives and what is hashed are as before.
create or replace function record_events(firebase_uids text[], kinds text[], question_ids uuid[], order_ids uuid[], datas jsonb[])
returns int8 language plpgsql security definer set search_path = public, pg_temp as $$
declare
  caller name := case current_setting('role') when 'none' then session_user else current_setting('role') end;
  few constant int4 := 32;
  given constant int4 := cardinality(firebase_uids);
  uid constant text := firebase_uids[1];
  ats timestamptz[];
  written bytea := '';
  last_hash bytea;
  last_place int8;
  hashes_before bytea[];
  hashes bytea[];
begin
  if pg_has_role(caller, 'nod_web', 'usage') and not pg_has_role(caller, 'nod_app', 'usage')
     and (current_setting('nod.uid', true) = all (firebase_uids)) is not true then
    raise insufficient_privilege using message = 'an event of another user';
  end if;
  if given > few or (uid = all (firebase_uids)) is not true then
    return append_events(firebase_uids, kinds, question_ids, order_ids, datas);
  end if;

  for n in 1 .. given loop
    ats[n] := clock_timestamp();
    written := written || event_digest(ats[n], uid, kinds[n], question_ids[n], order_ids[n], datas[n]);
  end loop;
  -- Nearly every chain has begun. One that begins at this moment elsewhere is waited for by the upsert.
  update event_chains as c set length = c.length + given, before = c.hash, digests = written where c.chain = uid
  returning c.before, c.length - given into last_hash, last_place;
  if not found then
    insert into event_chains as c (chain, length, before, digests) values (uid, given, first_event_before(), written)
    on conflict (chain) do update set length = c.length + excluded.length, before = c.hash, digests = excluded.digests
    returning c.before, c.length - given into last_hash, last_place;
  end if;
  for n in 1 .. given loop
    hashes_before[n] := last_hash;
    last_hash := sha256(last_hash || substr(written, n * 32 - 31, 32));
    hashes[n] := last_hash;
  end loop;

  insert into events (at, firebase_uid, kind, question_id, order_id, data, place, hash_before, hash)
  select e.at, uid, e.kind, e.question_id, e.order_id, e.data, last_place + e.n, e.hash_before, e.hash
    from unnest(ats, kinds, question_ids, order_ids, datas, hashes_before, hashes)
         with ordinality as e (at, kind, question_id, order_id, data, hash_before, hash, n);
  return given;
end $$;
