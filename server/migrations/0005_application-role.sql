-- Up Migration
-- The application connects as nod_app, which owns nothing. The role is the cluster's, not the database's: it may exist.
do $$
begin
  if not exists (select from pg_roles where rolname = 'nod_app') then
    create role nod_app nologin;
  end if;
exception when duplicate_object or unique_violation then
  null;
end $$;

grant usage on schema public to nod_app;
grant select, insert, update, delete on
  users, user_trading_config, user_trading_state, leases,
  market_data_latest, market_bars, market_sessions, broker_accounts,
  questions, user_pipeline_state, user_outbox_heads, user_outbox,
  trade_orders, kill_switches
  to nod_app;
grant select on trading_config_templates to nod_app;
-- History and evidence are added to and never rewritten by the application.
grant select, insert on market_data_snapshots, answers, trade_intents, risk_decisions, fills, events to nod_app;
