-- Up Migration
-- A user is told when his rules fired: the web's role reads his gates. They are under row security already (migration 0025).
grant select on rule_gates to nod_web;
