-- Up Migration
-- Users are spread over workers by a hash that is the same on every machine and in every version of PostgreSQL.
create function user_shard(firebase_uid text, shards int4) returns int4 language sql immutable strict parallel safe
  return ('x' || left(md5(firebase_uid), 7))::bit(28)::int4 % shards;

-- The worker processes that live. One that has not been seen for some seconds is dead.
create table workers (
  id text primary key check (length(id) between 1 and 200),
  -- Its TRADING_SHARDS. Workers that spread users differently do not work side by side.
  shards int4 not null check (shards between 1 and 64),
  joined_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);

-- What the users of a shard follow, for the process that fetches it for all of them.
create table shard_wants (
  shards int4 not null,
  shard int4 not null check (shard >= 0 and shard < shards),
  wants jsonb not null,
  version xid8 not null default pg_current_xact_id(),
  primary key (shards, shard)
);

-- When each feed was last read, for the processes that do not read it themselves.
create table market_feeds (
  feed text not null,
  asset_class text not null,
  last_fetched_at timestamptz not null,
  primary key (feed, asset_class)
);

grant select, insert, update, delete on workers, shard_wants, market_feeds to nod_app;
