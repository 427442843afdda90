/**
 * `chaos.begin_anew()`: every table and every sequence as the template has them, in a few milliseconds. Creating and dropping
 * a database costs both processors half a second, and each new connection to a new one reads its catalogues again.
 *
 * The function is written from the template's own catalogue, so that no table of a later migration can be forgotten. As the
 * superuser's it neither fires triggers nor checks keys: what is append-only for Nod is emptied too.
 */
export const beginAnewSql = `
  create schema pristine;
  do $build$
  declare each record; content text; filled boolean; last int8; called boolean; steps text := '';
  begin
    for each in
      select c.oid::regclass as name, replace(c.oid::regclass::text, '.', '_') as copy
      from pg_class c where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'chaos'::regnamespace) order by 1
    loop
      steps := steps || format('delete from %s;', each.name);
      execute format('select exists (select from %s)', each.name) into filled;
      continue when not filled;
      execute format('create table pristine.%I as table %s', each.copy, each.name);
      select string_agg(quote_ident(attname), ', ' order by attnum) into content from pg_attribute
      where attrelid = each.name and attnum > 0 and not attisdropped and attgenerated = '';
      steps := steps || format('insert into %s (%s) overriding system value select %s from pristine.%I;', each.name, content, content, each.copy);
    end loop;
    for each in select c.oid::regclass as name from pg_class c where c.relkind = 'S' and c.relnamespace in ('public'::regnamespace, 'chaos'::regnamespace) loop
      execute format('select last_value, is_called from %s', each.name) into last, called;
      steps := steps || format('perform setval(%L, %s, %s);', each.name, last, called::text);
    end loop;
    execute format('create function chaos.begin_anew() returns void language plpgsql set session_replication_role = replica as %L', 'begin ' || steps || ' end');
  end $build$`;
