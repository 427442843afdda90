-- Up Migration
-- An installation with one role for everything answers people as the workers' role.
grant insert, update, delete on card_snoozes to nod_app;
