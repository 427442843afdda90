-- Up Migration
-- Asks of one shard are taken in turn, and those of several shards side by side: a user is in one shard, so no two of them count
-- the same user's open questions. That holds while everybody who asks splits users alike; by how many is here, and whoever splits
-- them otherwise waits until the others' asks have ended (decision 0093).
create table ask_split (
  single boolean primary key default true check (single),
  shards int4 not null check (shards between 1 and 64)
);

-- Waits for the caller's turn, which lasts until his transaction ends.
create function take_turn_to_ask(wanted_shards int4, shard int4) returns void language plpgsql as $$
begin
  if shard < 0 or shard >= wanted_shards then
    raise invalid_parameter_value using message = format('there is no shard %s of %s', shard, wanted_shards);
  end if;
  loop
    begin
      perform from ask_split where shards = wanted_shards for share;
      exit when found;
      -- A row that was changed while it was waited for is locked although it is not found. Two who had it shared and then wanted
      -- to change it would wait for each other: so that lock is let go of first.
      raise serialization_failure;
    exception when serialization_failure then
      null;
    end;
    insert into ask_split (shards) values (wanted_shards) on conflict (single) do update set shards = excluded.shards where ask_split.shards <> excluded.shards;
    exit when found;
    -- Somebody has changed it between the two.
  end loop;
  -- Of two numbers: no lock that is taken by one number can be the same.
  perform pg_advisory_xact_lock(7011982, wanted_shards * 64 + shard);
end $$;
revoke all on function take_turn_to_ask(int4, int4) from public;
grant execute on function take_turn_to_ask(int4, int4) to nod_app;
grant select, insert, update on ask_split to nod_app;
