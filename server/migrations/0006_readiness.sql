-- Up Migration
-- So that `/readyz` can tell which migrations have been applied.
grant select on schema_migrations to nod_app;
