/**
 * A database of its own for a test file, copied from the migrated template in a third of a second.
 *
 *   const database = useTestDatabase();            // at the top of a file or of a `describe`
 *   test("…", async () => { await database.pool.query(…); });
 *
 * `pool` connects as the role `nod_app`, as what works for all users does, and `webPool` as `nod_web`, as what answers people
 * does, so a missing grant or policy shows up here. `ownerPool` connects as the owner, for what only a migration or an operator may do.
 * A file that must not share one between its tests calls `createTestDatabase()` and `drop()` itself.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { createPool } from "../../src/db/pool.ts";
import type { Pool } from "../../src/db/pool.ts";

export interface TestDatabase {
  readonly name: string;
  /** As `nod_app`. */
  readonly url: string;
  /** As `nod_web`. */
  readonly webUrl: string;
  readonly ownerUrl: string;
  readonly pool: Pool;
  readonly webPool: Pool;
  readonly ownerPool: Pool;
  /** Ends the pools and removes the database. */
  drop(): Promise<void>;
}

/** A test is no place for patience to run out, however busy the machine is; one that is about time-outs opens a pool of its own. */
const patienceMs = 60_000;
const patience = { statementTimeoutMs: patienceMs, lockTimeoutMs: patienceMs, connectTimeoutMs: patienceMs, idleInTransactionTimeoutMs: patienceMs };

export async function createTestDatabase(): Promise<TestDatabase> {
  const cluster = inject("testCluster");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const adminUrl = cluster.ownerUrl.replace("DATABASE", "postgres");
  await runOnce(adminUrl, `create database ${name} template ${cluster.template}`);
  const url = cluster.appUrl.replace("DATABASE", name);
  const webUrl = cluster.webUrl.replace("DATABASE", name);
  const ownerUrl = cluster.ownerUrl.replace("DATABASE", name);
  const pool = createPool({ url, applicationName: "nod-test", maxConnections: 10, ...patience });
  const webPool = createPool({ url: webUrl, applicationName: "nod-test-web", maxConnections: 10, ...patience });
  const ownerPool = createPool({ url: ownerUrl, applicationName: "nod-test-owner", maxConnections: 2, ...patience });
  return {
    name,
    url,
    webUrl,
    ownerUrl,
    pool,
    webPool,
    ownerPool,
    drop: async () => {
      await Promise.all([pool, webPool, ownerPool].filter((each) => !each.ended).map((each) => each.end()));
      await runOnce(adminUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Registers the hooks that create the database before the tests of this scope and drop it after them. */
export function useTestDatabase(): TestDatabase {
  let database: TestDatabase | undefined;
  const current = (): TestDatabase => {
    if (database === undefined) throw new Error("the test database exists only while tests and their hooks run");
    return database;
  };
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database?.drop();
  });
  return {
    get name() { return current().name; },
    get url() { return current().url; },
    get webUrl() { return current().webUrl; },
    get ownerUrl() { return current().ownerUrl; },
    get pool() { return current().pool; },
    get webPool() { return current().webPool; },
    get ownerPool() { return current().ownerPool; },
    drop: () => current().drop(),
  };
}

/** PostgreSQL's object_in_use: it gives whoever is at work in a database, such as its own vacuum, five seconds to leave. */
const objectInUse = "55006";

/** Creates or drops a database; again, when somebody did not leave it in time. */
async function runOnce(url: string, statement: string): Promise<void> {
  const givesUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await tryOnce(url, statement);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === objectInUse) || performance.now() > givesUpAt) throw error;
      await sleep(50);
    }
  }
}

async function tryOnce(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined); // the running query rejects with it
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
