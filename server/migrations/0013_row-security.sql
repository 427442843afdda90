-- Up Migration
-- One user can never read or change another's rows, whatever a statement says. Two roles, neither of which owns anything or
-- passes by row security: nod_web answers people, one user at a time, named for each transaction by
-- set_config('nod.uid', …, true); without a name it sees no row of anybody. nod_app does the work of all users: the tick, the
-- order desk, the expiry, the reading of all outboxes at once.
do $$
begin
  if not exists (select from pg_roles where rolname = 'nod_web') then
    create role nod_web nologin;
  end if;
exception when duplicate_object or unique_violation then
  null;
end $$;

grant usage on schema public to nod_web;
grant select on
  trading_config_templates, market_data_snapshots, market_data_latest, market_bars, market_sessions, broker_accounts,
  assets, fills, events, event_chains, schema_migrations
  to nod_web;
grant select, insert on users, answers, trade_intents, risk_decisions, user_outbox to nod_web;
grant select, insert, update on user_trading_config, questions, trade_orders, user_pipeline_state, user_outbox_heads to nod_web;
grant select, insert, update, delete on kill_switches to nod_web;
grant select, insert, delete on kill_switch_confirmations to nod_web;

-- Every table that there is with a user's column. Forced, so that the owner passes by a policy that names him and not by being
-- the owner: an installation with one role for everything goes on working, and a role that has no policy sees nothing.
do $$
declare
  named name;
begin
  for named in select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'firebase_uid' and not a.attisdropped loop
    execute format('create policy of_one_user on %I to nod_web using (firebase_uid = current_setting(''nod.uid'', true))', named);
  end loop;
  for named in select tablename from pg_policies where schemaname = 'public' union select unnest(array['risk_decisions', 'event_chains']::name[]) loop
    execute format('alter table %I enable row level security', named);
    execute format('alter table %I force row level security', named);
    execute format('create policy of_everybody on %I to nod_app, current_user using (true)', named);
  end loop;
end $$;
create policy of_one_user on event_chains to nod_web using (chain = current_setting('nod.uid', true));
create policy of_one_user on risk_decisions to nod_web
  using (exists (select from trade_intents i where i.id = intent_id and i.firebase_uid = current_setting('nod.uid', true)));
-- What holds everybody, everybody may know.
create policy of_all on kill_switches for select to nod_web using (scope = 'all');

-- The log is written by a function of the owner's, which policies do not bind: so it looks itself.
alter function record_events(text[], text[], uuid[], uuid[], jsonb[]) rename to append_events;
revoke all on function append_events(text[], text[], uuid[], uuid[], jsonb[]) from nod_app;
create function record_events(firebase_uids text[], kinds text[], question_ids uuid[], order_ids uuid[], datas jsonb[])
returns int8 language plpgsql security definer set search_path = public, pg_temp as $$
declare
  caller name := case current_setting('role') when 'none' then session_user else current_setting('role') end;
begin
  if pg_has_role(caller, 'nod_web', 'usage') and not pg_has_role(caller, 'nod_app', 'usage')
     and exists (select from unnest(firebase_uids) as u where u is distinct from current_setting('nod.uid', true)) then
    raise insufficient_privilege using message = 'an event of another user';
  end if;
  return append_events(firebase_uids, kinds, question_ids, order_ids, datas);
end $$;
revoke all on function record_events(text[], text[], uuid[], uuid[], jsonb[]) from public;
grant execute on function record_events(text[], text[], uuid[], uuid[], jsonb[]) to nod_app, nod_web;
