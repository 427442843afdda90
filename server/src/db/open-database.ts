/**
 * The database as the composition root sees it: an address for the application, one for migrations
 * and seeds, and a way to stop what was started.
 *
 *   const database = await openDatabase({ dataFolder: ".data" });
 *   await migrate({ url: database.ownerUrl, … });
 *   const pool = createPool({ url: database.url, … });
 *   …
 *   await pool.end();
 *   await database.stop();
 */
import pg from "pg";
import { appRole, webRole } from "./cluster-data.ts";
import { webPasswordOf } from "./cluster-folder.ts";
import { startCluster } from "./cluster.ts";
import type { ClusterSettings } from "./cluster.ts";

export interface DatabaseSettings {
  /** `DATABASE_URL`. Unset: the embedded PostgreSQL of `dataFolder`. */
  url?: string | undefined;
  /** `DATABASE_WORKER_URL`: who works for all users. Unset: `url` does, and must see the rows of all. Only with `url`. */
  workerUrl?: string | undefined;
  /** `DATABASE_OWNER_URL`: who migrates and seeds. Unset: `url` does. Only with `url`. */
  ownerUrl?: string | undefined;
  /** Of the embedded PostgreSQL, for example `.data`. */
  dataFolder: string;
  inUse?: ClusterSettings["inUse"];
  log?: ClusterSettings["log"];
  onLost?: ClusterSettings["onLost"];
}

export interface OpenDatabase {
  /** As the role that sees one user at a time. */
  readonly url: string;
  /** As the role that sees all users. */
  readonly workerUrl: string;
  /** As the owner of the schema. */
  readonly ownerUrl: string;
  /** For the start block, without a password: `embedded PostgreSQL on 127.0.0.1:40123`. */
  readonly description: string;
  readonly embedded: boolean;
  /** True when an embedded server was found running from an earlier start. */
  readonly adopted: boolean;
  /** Stops an embedded server; does nothing to an external one. End the pools first. */
  stop(): Promise<void>;
}

const databaseName = "nod";

/** @throws {import("./cluster.ts").ClusterInUse} and what `startCluster` throws; a bad `url` is named without its password */
export async function openDatabase(settings: DatabaseSettings): Promise<OpenDatabase> {
  if (settings.url !== undefined) {
    const { hostname, port, pathname } = parseUrl(settings.url, "DATABASE_URL");
    if (settings.workerUrl !== undefined) parseUrl(settings.workerUrl, "DATABASE_WORKER_URL");
    if (settings.ownerUrl !== undefined) parseUrl(settings.ownerUrl, "DATABASE_OWNER_URL");
    return {
      url: settings.url,
      workerUrl: settings.workerUrl ?? settings.url,
      ownerUrl: settings.ownerUrl ?? settings.url,
      description: `PostgreSQL at ${hostname}:${port === "" ? "5432" : port}${pathname}`,
      embedded: false,
      adopted: false,
      stop: () => Promise.resolve(),
    };
  }
  const { dataFolder: folder, inUse, log, onLost } = settings;
  const cluster = await startCluster({ folder, ...(inUse && { inUse }), ...(log && { log }), ...(onLost && { onLost }) });
  try {
    await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, databaseName);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return {
    url: cluster.webUrl(databaseName),
    workerUrl: cluster.appUrl(databaseName),
    ownerUrl: cluster.ownerUrl(databaseName),
    description: `embedded PostgreSQL on 127.0.0.1:${cluster.port}`,
    embedded: true,
    adopted: cluster.adopted,
    stop: () => cluster.stop(),
  };
}

/** Makes the application's roles able to log in, and the database exist. Repeatable. */
export async function prepareRoleAndDatabase(adminUrl: string, appPassword: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: "nod-prepare" });
  client.on("error", () => undefined); // the running query rejects with it
  await client.connect();
  try {
    for (const [role, password] of [[appRole, appPassword], [webRole, webPasswordOf(appPassword)]] as const) {
      const { rows: roles } = await client.query("select from pg_roles where rolname = $1", [role]);
      if (roles.length === 0) await client.query(`create role ${role}`);
      await client.query(`alter role ${role} login nosuperuser nocreatedb nocreaterole nobypassrls password ${pg.escapeLiteral(password)}`);
    }
    const { rows: databases } = await client.query("select from pg_database where datname = $1", [database]);
    if (databases.length === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

function parseUrl(url: string, variable: string): URL {
  const parsed = URL.parse(url);
  if (parsed === null || !["postgres:", "postgresql:"].includes(parsed.protocol)) {
    throw new Error(`${variable} must look like postgres://user:password@host:5432/database`);
  }
  return parsed;
}
