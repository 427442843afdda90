/**
 * Brings a database to the newest schema, or says exactly why not.
 *
 *   const applied = await migrate({ url: ownerUrl, directory: "server/migrations", log });
 *
 * Migrations are plain SQL files `0001_what-it-does.sql`, applied in order of their number, forward
 * only. All that are due run in one transaction under an advisory lock, so that a failing one leaves
 * the database as it was and two processes starting together do not both migrate. The digest of
 * every applied file is kept: one that was changed after it was applied is refused, because the
 * database then has another shape than the file says.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runner } from "node-pg-migrate";
import pg from "pg";
import { controlsTransaction, lineOf, reasonOf } from "./sql-file.ts";

export interface MigrateSettings {
  /** A role that owns the schema. */
  url: string;
  /** Folder of the SQL files. */
  directory: string;
  /** Progress lines, such as `applying 0002_questions`. */
  log?: (line: string) => void;
}

/** The start must stop: `message` names the file and the reason. */
export class MigrationFailed extends Error {
  override readonly name = "MigrationFailed";
}

interface MigrationFile {
  name: string;
  sql: string;
  digest: string;
}

const migrationsTable = "schema_migrations";
const oldestServerVersion = 150_000;
/** Any number that no other program's lock on the same database uses. */
const lockKey = 7_011_982_001;
/** A second process waits this long for the first one's migrations. */
const lockTimeoutMs = 120_000;
const fileNamePattern = /^\d{4}_[a-z0-9]+(?:[-_][a-z0-9]+)*\.sql$/;
/** node-pg-migrate sends only what follows an "Up" marker, so a marker is the first thing in a file or not there. */
const upMarker = /^\s*--[\s-]*up\s+migration/im;
const downMarker = /^\s*--[\s-]*down\s+migration/im;

/**
 * @returns the names of the migrations applied now, empty when the database was up to date
 * @throws {MigrationFailed} unreachable or too old a server, bad file, failed statement, changed history
 */
export async function migrate(settings: MigrateSettings): Promise<string[]> {
  const files = await readMigrations(settings.directory);
  const client = new pg.Client({
    connectionString: settings.url,
    application_name: "nod-migrate",
    connectionTimeoutMillis: 10_000,
    lock_timeout: lockTimeoutMs,
  });
  client.on("error", () => undefined); // the running query rejects with it
  try {
    await client.connect();
  } catch (error) {
    throw new MigrationFailed(`cannot connect to the database to migrate it: ${reasonOf(error)}`, { cause: error });
  }
  try {
    await requireServerVersion(client);
    await client.query("select pg_advisory_lock($1)", [lockKey]);
    await refuseChangedHistory(client, files);
    const applied = await applyPending(client, files, settings);
    await rememberDigests(client, files);
    return applied;
  } finally {
    await client.end(); // also releases the lock
  }
}

async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new MigrationFailed(`cannot read the migrations folder ${directory}: ${reasonOf(error)}`, { cause: error });
  });
  const numbers = new Map<string, string>();
  const files: MigrationFile[] = [];
  for (const fileName of names.filter((name) => !name.startsWith(".")).sort()) {
    const number = fileName.slice(0, 4);
    const twin = numbers.get(number);
    if (!fileNamePattern.test(fileName)) throw new MigrationFailed(`${fileName}: a migration is named like 0001_what-it-does.sql`);
    if (twin !== undefined) throw new MigrationFailed(`${fileName}: has the same number as ${twin}`);
    numbers.set(number, fileName);
    const sql = await readFile(join(directory, fileName), "utf8");
    if (controlsTransaction(sql)) throw new MigrationFailed(`${fileName}: begins or ends a transaction itself; all migrations run in one`);
    if (downMarker.test(sql)) throw new MigrationFailed(`${fileName}: migrations go forward only; undo a change in a new one`);
    if (sql.slice(0, Math.max(0, sql.search(upMarker))).trim() !== "") throw new MigrationFailed(`${fileName}: what stands before its "Up" marker would not be applied`);
    files.push({ name: fileName.replace(/\.sql$/, ""), sql, digest: createHash("sha256").update(sql).digest("hex") });
  }
  return files;
}

async function requireServerVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    "select current_setting('server_version_num')::int4 as number, current_setting('server_version') as name",
  );
  const version = rows[0];
  if (version === undefined || version.number < oldestServerVersion) {
    throw new MigrationFailed(`PostgreSQL 15 or newer is needed; this server is ${version?.name ?? "of an unknown version"}`);
  }
}

async function refuseChangedHistory(client: pg.Client, files: MigrationFile[]): Promise<void> {
  const { rows: tables } = await client.query("select from pg_catalog.pg_tables where schemaname = 'public' and tablename = $1", [migrationsTable]);
  if (tables.length === 0) return;
  await client.query(`alter table public.${migrationsTable} add column if not exists digest text`);
  const { rows: history } = await client.query<{ name: string; digest: string | null }>(
    `select name, digest from public.${migrationsTable} order by id`,
  );
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const { name, digest } of history) {
    const file = byName.get(name);
    if (file === undefined) {
      throw new MigrationFailed(`${name}.sql: was applied to this database but is not here; is this an older version of Nod than the one that wrote it?`);
    }
    if (digest !== null && digest !== file.digest) {
      throw new MigrationFailed(`${name}.sql: was changed after it had been applied to this database; put it back, and make the change in a new migration`);
    }
  }
}

async function applyPending(client: pg.Client, files: MigrationFile[], settings: MigrateSettings): Promise<string[]> {
  let current: string | undefined;
  const follow = (line: string): void => {
    const started = /^### MIGRATION (\S+) \(UP\) ###/.exec(line)?.[1];
    if (started === undefined) return;
    current = started;
    settings.log?.(`applying ${started}`);
  };
  try {
    const applied = await runner({
      dbClient: client,
      dir: settings.directory,
      direction: "up",
      migrationsTable,
      schema: "public",
      singleTransaction: true,
      checkOrder: true,
      noLock: true, // ours is already held, and covers the digests as well
      logger: { info: follow, warn: follow, error: () => undefined },
    });
    return applied.map(({ name }) => name);
  } catch (error) {
    const file = files.find(({ name }) => name === current);
    if (file === undefined) throw new MigrationFailed(`the migrations cannot be applied: ${reasonOf(error)}`, { cause: error });
    throw new MigrationFailed(`${file.name}.sql${lineOf(error, file.sql)}: ${reasonOf(error)}; nothing of it was kept`, { cause: error });
  }
}

/** A process killed between the commit and this leaves a null digest, which the next start fills in. */
async function rememberDigests(client: pg.Client, files: MigrationFile[]): Promise<void> {
  await client.query(`alter table public.${migrationsTable} add column if not exists digest text`);
  await client.query(
    `update public.${migrationsTable} as history set digest = file.digest
       from unnest($1::text[], $2::text[]) as file (name, digest)
      where history.name = file.name and history.digest is null`,
    [files.map(({ name }) => name), files.map(({ digest }) => digest)],
  );
}
