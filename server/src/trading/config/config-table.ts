/** The tables `trading_config_templates` and `user_trading_config`. Documents come back unread: `resolve.ts` reads them. */
import type { Db } from "../../db/pool.ts";

export const defaultTemplateName = "default_paper_watchlist";

/** A user's config as it is stored, with its template beside it. */
export type StoredConfig = {
  firebaseUid: string;
  templateName: string;
  template: unknown;
  templateRevision: string;
  own: unknown;
  ownRevision: string;
  /** The user's row is switched on; the documents have a switch of their own. */
  enabled: boolean;
};

/** What the `ETag` holds; it changes with either document. */
export const revisionOf = (stored: Pick<StoredConfig, "templateRevision" | "ownRevision">): string => `${stored.templateRevision}.${stored.ownRevision}`;

type ConfigRow = {
  firebase_uid: string;
  template_name: string;
  own: unknown;
  own_revision: string;
  enabled: boolean;
};
type ConfigTextRow = Omit<ConfigRow, "own"> & { own_text: string };
type TemplateRow = { name: string; config: unknown; revision: string };

const toStored = (row: ConfigRow, template: TemplateRow): StoredConfig => ({
  firebaseUid: row.firebase_uid,
  templateName: row.template_name,
  template: template.config,
  templateRevision: template.revision,
  own: row.own,
  ownRevision: row.own_revision,
  enabled: row.enabled,
});

/** Makes the user known, with the default template, if he is not yet. Safe to call at every sign-in, also twice at once. */
export async function ensureUser(db: Db, firebaseUid: string): Promise<void> {
  await db.query(
    `with known as (select from user_trading_config where firebase_uid = $1::text),
          created as (insert into users (firebase_uid) select $1::text where not exists (select from known) on conflict do nothing)
     insert into user_trading_config (firebase_uid, template_name)
     select $1::text, $2::text where not exists (select from known)
     on conflict do nothing`,
    [firebaseUid, defaultTemplateName],
  );
}

/** @returns null for a user without a config */
export async function readConfig(db: Db, firebaseUid: string): Promise<StoredConfig | null> {
  const { rows } = await db.query<ConfigRow & { template: unknown; template_revision: string }>(
    `select c.firebase_uid, c.template_name, c.config as own, c.revision as own_revision, c.enabled,
            t.config as template, t.revision as template_revision
       from user_trading_config c join trading_config_templates t on t.name = c.template_name
      where c.firebase_uid = $1::text`,
    [firebaseUid],
  );
  const row = rows[0];
  return row === undefined ? null : toStored(row, { name: row.template_name, config: row.template, revision: row.template_revision });
}

/**
 * Replaces the user's own document, if nobody changed it or its template since `read`.
 * @returns the new own revision, or null when somebody did
 */
export async function writeOwnConfig(db: Db, read: StoredConfig, own: unknown): Promise<string | null> {
  const { rows } = await db.query<{ revision: string }>(
    `with saved as (
       update user_trading_config c set config = $2::jsonb
         from trading_config_templates t
        where c.firebase_uid = $1::text and c.revision = $3::int8
          and t.name = c.template_name and t.name = $4::text and t.revision = $5::int8
       returning c.firebase_uid, c.revision
     )
     select revision, record_events(array[firebase_uid], array['config_changed'], array[null::uuid], array[null::uuid],
                                    array[jsonb_build_object('own_revision', revision, 'own', $2::jsonb)])
       from saved`,
    [read.firebaseUid, JSON.stringify(own), read.ownRevision, read.templateName, read.templateRevision],
  );
  return rows[0]?.revision ?? null;
}

/** Switches a rule off in the user's own document, whatever else stands there; the log is told. */
export async function pauseRule(db: Db, firebaseUid: string, ruleId: string): Promise<void> {
  await db.query(
    `with saved as (
       update user_trading_config c
          set config = jsonb_set(c.config, '{rules}', (
                select coalesce(jsonb_agg(case when own ->> 'id' = $2::text then own || '{"enabled": false}' else own end order by place), '[]')
                  from jsonb_array_elements(coalesce(c.config -> 'rules', '[]')) with ordinality as r (own, place)
              ) || case when coalesce(c.config -> 'rules', '[]') @> jsonb_build_array(jsonb_build_object('id', $2::text))
                        then '[]'::jsonb else jsonb_build_array(jsonb_build_object('id', $2::text, 'enabled', false)) end)
        where c.firebase_uid = $1::text
       returning c.firebase_uid, c.revision, c.config
     )
     select record_events(array[firebase_uid], array['config_changed'], array[null::uuid], array[null::uuid],
                          array[jsonb_build_object('own_revision', revision, 'own', config)])
       from saved`,
    [firebaseUid, ruleId],
  );
}

/** A template with what people choose it by. */
export type StoredTemplate = { name: string; title: string; description: string; config: unknown; revision: string };

/** All of them, the default first. */
export async function readTemplates(db: Db): Promise<StoredTemplate[]> {
  const { rows } = await db.query<StoredTemplate>(
    `select name, title, description, config, revision::text from trading_config_templates order by name <> $1::text, title, name`,
    [defaultTemplateName],
  );
  return rows;
}

/**
 * Puts another template under a user's document, and `own` in that document's place, if nobody changed any of it since `read`.
 * @returns the new own revision, or null when somebody did
 */
export async function writeTemplateChoice(db: Db, read: StoredConfig, template: Pick<StoredTemplate, "name" | "revision">, own: unknown): Promise<string | null> {
  const { rows } = await db.query<{ revision: string }>(
    `with saved as (
       update user_trading_config c set template_name = t.name, config = $5::jsonb
         from trading_config_templates t
        where c.firebase_uid = $1::text and c.revision = $2::int8 and t.name = $3::text and t.revision = $4::int8
       returning c.firebase_uid, c.revision, c.template_name
     )
     select revision, record_events(array[firebase_uid], array['config_changed'], array[null::uuid], array[null::uuid],
                                    array[jsonb_build_object('own_revision', revision, 'template', template_name, 'own', $5::jsonb)])
       from saved`,
    [read.firebaseUid, read.ownRevision, template.name, template.revision, JSON.stringify(own)],
  );
  return rows[0]?.revision ?? null;
}

/** One of so many parts into which users are split by a hash of their names (`user_shard`, migration 0028). */
export type UserShard = { index: number; of: number };
/** Users are not split. */
export const everybody: UserShard = { index: 0, of: 1 };

/** As `StoredConfig`, with the user's document as text: of a hundred thousand, few need to be read. */
export type StoredConfigText = Omit<StoredConfig, "own"> & { ownText: string };

/** The instant, in transactions, up to which everything committed has been seen; see migration 0001. */
export type ConfigWatermark = string;
export type ConfigChanges = { watermark: ConfigWatermark; configs: StoredConfigText[] };

/**
 * Every config that changed, by its own document or its template's, since an earlier reading. What was changed by a
 * transaction that was still open then may come twice; it is never missed.
 */
export async function readConfigsChangedSince(db: Db, watermark: ConfigWatermark, shard: UserShard | null = null): Promise<ConfigChanges> {
  const { rows } = await db.query<{ watermark: string; templates: TemplateRow[] | null } & Partial<ConfigTextRow>>(
    `with changed as (
       select firebase_uid from user_trading_config where changed_xid >= $1::xid8
       union
       select c.firebase_uid from trading_config_templates t join user_trading_config c on c.template_name = t.name where t.changed_xid >= $1::xid8
     ), rows as (
       select c.firebase_uid, c.template_name, c.config::text as own_text, c.revision as own_revision, c.enabled,
              row_number() over () as n
         from changed join user_trading_config c using (firebase_uid)${shard === null ? "" : " where user_shard(c.firebase_uid, $2::int4) = $3::int4"}
     )
     select pg_snapshot_xmin(pg_current_snapshot())::text as watermark,
            case when coalesce(r.n, 1) = 1 then
              (select json_agg(json_build_object('name', t.name, 'config', t.config, 'revision', t.revision::text))
                 from trading_config_templates t where t.name in (select template_name from rows))
            end as templates,
            r.firebase_uid, r.template_name, r.own_text, r.own_revision, r.enabled
       from (select) one left join rows r on true
      order by r.n`,
    shard === null ? [watermark] : [watermark, shard.of, shard.index],
  );
  const templates = new Map((rows[0]?.templates ?? []).map((template) => [template.name, template]));
  return { watermark: rows[0]?.watermark ?? watermark, configs: decodeAll(rows, templates) };
}

function decodeAll(rows: readonly Partial<ConfigTextRow>[], templates: ReadonlyMap<string, TemplateRow>): StoredConfigText[] {
  const configs: StoredConfigText[] = [];
  for (const { firebase_uid: firebaseUid, template_name: templateName, own_text: ownText, own_revision: ownRevision, enabled } of rows) {
    if (typeof firebaseUid !== "string" || templateName === undefined || ownText === undefined || ownRevision === undefined || enabled === undefined) continue;
    const template = templates.get(templateName);
    if (template !== undefined) configs.push({ firebaseUid, templateName, template: template.config, templateRevision: template.revision, ownText, ownRevision, enabled });
  }
  return configs;
}

/** Users of a page whose documents are of the usual size: some 15 ms of the driver's work. */
const usersOfPage = 4_000;
/** Where documents are larger, the bytes of a page; the fewest users of one, however large. */
const pageBytes = 33_554_432;
const fewestOfPage = 250;

/**
 * All configs, a page at a time so that memory and event loop are held for one page only; the next page is on its way while
 * one is used. The watermark is taken before the first page: what changes meanwhile is read again by `readConfigsChangedSince`.
 * @param mostOfPage users
 */
export async function* readAllConfigs(db: Db, shard: UserShard | null = null, mostOfPage = usersOfPage): AsyncGenerator<ConfigChanges, void> {
  const start = await db.query<{ watermark: string; templates: TemplateRow[] | null; bytes: number; users: number }>(
    // The size as PostgreSQL keeps it, and the users that it last counted: neither reads the table.
    `select pg_snapshot_xmin(pg_current_snapshot())::text as watermark,
            (select json_agg(json_build_object('name', name, 'config', config, 'revision', revision::text)) from trading_config_templates) as templates,
            pg_table_size(oid)::float8 as bytes, greatest(reltuples, 1)::float8 as users from pg_class where oid = 'user_trading_config'::regclass`,
  );
  const watermark = start.rows[0]?.watermark ?? "0";
  const templates = new Map((start.rows[0]?.templates ?? []).map((template) => [template.name, template]));
  const { bytes = 0, users = 1 } = start.rows[0] ?? {};
  const pageSize = bytes <= pageBytes ? mostOfPage : Math.min(mostOfPage, Math.max(fewestOfPage, Math.floor((pageBytes * users) / bytes)));
  const readPage = (after: string): Promise<{ rows: ConfigTextRow[] }> =>
    db.query<ConfigTextRow>(
      `select firebase_uid, template_name, config::text as own_text, revision as own_revision, enabled
         from user_trading_config where firebase_uid > $1::text${shard === null ? "" : " and user_shard(firebase_uid, $3::int4) = $4::int4"} order by firebase_uid limit $2::int4`,
      shard === null ? [after, pageSize] : [after, pageSize, shard.of, shard.index],
    );
  let page = readPage("");
  for (;;) {
    const { rows } = await page;
    const last = rows.length < pageSize ? undefined : rows.at(-1);
    if (last !== undefined) {
      page = readPage(last.firebase_uid);
      page.catch(() => undefined); // it is awaited in its turn, unless nobody wants it any more
    }
    yield { watermark, configs: decodeAll(rows, templates) };
    if (last === undefined) return;
  }
}
