-- Up Migration
-- What a rule of a user has done so far, so that a restart does not make it begin anew: "once" means once. Written with the
-- question that it led to. `source` is a digest of the rule's condition and firing: another text is another rule.
create table rule_gates (
  firebase_uid text not null references users on delete cascade,
  rule_id text not null,
  source text not null,
  firings int4 not null check (firings > 0),
  fired_at timestamptz not null,
  -- The start of the bar or the day that it fired in, in milliseconds since the epoch.
  fired_period_ms float8,
  primary key (firebase_uid, rule_id)
);
grant select, insert, update on rule_gates to nod_app;
-- As of every table with a user's column (migration 0013).
create policy of_one_user on rule_gates to nod_web using (firebase_uid = current_setting('nod.uid', true));
create policy of_everybody on rule_gates to nod_app, current_user using (true);
alter table rule_gates enable row level security;
alter table rule_gates force row level security;
