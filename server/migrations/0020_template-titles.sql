-- Up Migration
-- What people choose a template by.
alter table trading_config_templates
  add column title text not null default '' check (length(title) <= 80),
  add column description text not null default '' check (length(description) <= 400);
