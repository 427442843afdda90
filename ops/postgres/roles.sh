#!/bin/sh
# Run once, when the data is made: the three roles of Nod and its database. None of them is a superuser, and none can do
# what another is there for.
set -eu
password() { cat "/run/secrets/$1_password"; }
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set owner_password="$(password owner)" --set app_password="$(password app)" --set web_password="$(password web)" <<'SQL'
create role nod_owner login nosuperuser nocreatedb nocreaterole password :'owner_password';
create role nod_app login nosuperuser nocreatedb nocreaterole nobypassrls password :'app_password';
create role nod_web login nosuperuser nocreatedb nocreaterole nobypassrls password :'web_password';
create database nod owner nod_owner;
revoke all on database nod from public;
grant connect on database nod to nod_app, nod_web;
SQL
