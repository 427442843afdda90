-- Up Migration
-- The log in a partition for each month (decision 0082), append-only in each as it was in the whole: by privilege, by trigger, and
-- with one function that writes. That function is as it was.

alter table events rename to events_before;
alter table events_before rename constraint events_pkey to events_before_pkey;
alter table events_before rename constraint events_one_at_a_place to events_before_one_at_a_place;
alter index events_by_order rename to events_before_by_order;
alter sequence events_id_seq rename to events_before_id_seq;

create table events (
  id bigint generated always as identity,
  at timestamptz not null default clock_timestamp(),
  firebase_uid text,
  kind text not null,
  question_id uuid,
  order_id uuid,
  data jsonb not null default '{}',
  place bigint not null,
  hash_before bytea not null,
  hash bytea not null,
  primary key (id, at),
  check (strpos(kind, e'\x1f') = 0 and firebase_uid <> '')
) partition by range (at);
create index events_by_order on events (order_id, id) where order_id is not null;

select setval(pg_get_serial_sequence('events', 'id'), coalesce(max(id), 1), max(id) is not null) from events_before;
select add_default_partition('events');
select move_into_partitions('events', 'events_before');
select make_partitions('events', 2);

-- The table's goes to every partition that there is and will be. Against emptying each partition has its own (guard_partition).
create trigger events_append_only before update or delete on events for each row execute function refuse_event_change();

grant select on events to nod_app, nod_web;
create policy of_one_user on events to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on events to nod_app, current_user using (true);
alter table events enable row level security;
alter table events force row level security;
