/**
 * What a simulation notes down for the checker, in a schema of its own beside Nod's tables: how the clocks were moved and after
 * which event, between which instants of this machine's clock a kill switch was certainly on, what was answered to whom, the operator's caps, and the broker's sessions.
 * Nod knows none of it.
 */
export const notesSql = `
  create schema chaos;
  create table chaos.clock_steps (n int4 generated always as identity, natural_ms float8 not null, database_ms float8 not null, broker_ms float8 not null, last_event int8 not null);
  create table chaos.halts (scope text not null, firebase_uid text, certain_from_ms float8 not null, certain_until_ms float8);
  create table chaos.replies (n int4 generated always as identity, firebase_uid text not null, question_id uuid not null, value numeric not null, kind text not null, result json);
  create table chaos.caps (max_order_notional_usd numeric not null, max_orders_per_day int4 not null, max_notional_usd_per_4h numeric not null);
  create table chaos.sessions (date date not null, opens_ms float8 not null, closes_ms float8 not null)`;
