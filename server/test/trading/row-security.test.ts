import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { createPool } from "../../src/db/pool.ts";
import { applySeed } from "../../src/db/seed.ts";
import { asUser, dbOfUser } from "../../src/db/user-db.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { createTableServices } from "../../src/http/database-services.ts";
import { undoAnswer } from "../../src/pipeline/undo.ts";
import { recordEvents } from "../../src/trading/audit/events-table.ts";
import { insertExitPlan } from "../../src/trading/orders/exit-plans-table.ts";
import { saveGates } from "../../src/trading/rules/gates-table.ts";
import { verifyChains } from "../../src/trading/audit/verify-chains.ts";
import { createTestDatabase, useTestDatabase, type TestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

/** Alice and mallory have a row in every table that the web's role has to do with; whatever statement the web's role runs, neither meets the other's. */
const database = useTestDatabase();

/** Nobody's: a new table is either here or under row security. */
const shared = ["ask_split", "assets", "broker_accounts", "leases", "market_bar_coverage", "market_bars", "market_calendar", "market_data_latest", "market_data_snapshots", "market_feeds", "market_halts", "market_sessions", "market_splits", "position_differences", "schema_migrations", "shard_wants", "trading_config_templates", "workers"];

beforeAll(async () => {
  const broker = createScriptedBroker();
  await addTraders(database.ownerPool, ["alice", "mallory"]);
  await openTheMarket(database.ownerPool);
  const floor = createFloor(database.pool, broker);
  const services = createTableServices(database.webPool, database.pool);
  floor.stream.start();
  floor.submit.start();
  try {
    for (const uid of ["alice", "mallory"]) {
      await floor.answer(uid, await ask(database.ownerPool, uid), 10);
      await until("the broker has it", async () => broker.posts.some(({ clientOrderId }) => broker.book.get(clientOrderId)?.status === "accepted"));
      for (const { clientOrderId, status } of broker.book.values()) if (status === "accepted") broker.tell(broker.fill(clientOrderId, "100"));
      await until("it is filled", async () => (await database.ownerPool.query("select from fills where firebase_uid = $1", [uid])).rowCount === 1);
      const { rows } = await database.ownerPool.query<{ id: string }>("select id from trade_orders where firebase_uid = $1", [uid]);
      await insertExitPlan(database.ownerPool, { entryOrderId: rows[0]?.id ?? "", firebaseUid: uid, symbol: "SPY", feed: "iex", exits: { stop_loss_pct: 5 }, maxStalenessSeconds: 60, at: new Date() });
      await saveGates(database.pool, [{ firebaseUid: uid, ruleId: "dip_0", source: "a digest", gate: { ready: true, rearmed: false, firings: 1, firedAtMs: Date.now(), firedPeriodMs: null } }]);
      const scope = { scope: "user", firebaseUid: uid } as const;
      await services.killSwitches.preview(scope, "flatten");
      await services.snoozes.set(uid, "dip_0", "today");
      await services.devices.remember(uid, { id: randomUUID(), label: "A device", pushToken: `token of ${uid}` });
      await services.killSwitches.switchOn(scope, { mode: "block_new", reason: "for a row", setBy: uid, confirmation: null });
    }
  } finally {
    await floor.stop();
  }
});

type Table = { name: string; secured: boolean; forced: boolean; reachable: boolean; columns: string[] };
async function tables(): Promise<Table[]> {
  const { rows } = await database.ownerPool.query<Table>(
    `select c.relname as name, c.relrowsecurity as secured, c.relforcerowsecurity as forced,
            has_table_privilege('nod_web', c.oid, 'select, insert, update, delete, truncate') as reachable,
            (select array_agg(a.attname::text order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
       from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`,
  );
  return rows;
}
const usersTables = async (): Promise<Table[]> => (await tables()).filter(({ name, reachable }) => reachable && !shared.includes(name));

/** Whose a row is, as SQL. */
const ownerOf = ({ name, columns }: Table): string =>
  columns.includes("firebase_uid") ? "t.firebase_uid"
  : columns.includes("chain") ? "t.chain"
  : name === "risk_decisions" ? "(select i.firebase_uid from trade_intents i where i.id = t.intent_id)"
  : `unknown(${name})`;

/** The rows that came back or were touched; a refusal by privilege is none. */
async function reached(statement: Promise<{ rowCount: number | null }>): Promise<number> {
  return statement.then(({ rowCount }) => rowCount ?? 0, (error: unknown) => (Object(error).code === "42501" ? 0 : Promise.reject(error)));
}

test("every table is under forced row security or named as nobody's, and what is nobody's names no user", async () => {
  for (const { name, secured, forced, columns } of await tables()) {
    if (shared.includes(name)) expect({ name, columns }).toEqual({ name, columns: columns.filter((column) => column !== "firebase_uid" && column !== "chain") });
    else expect({ name, secured, forced }).toEqual({ name, secured: true, forced: true });
  }
});

test("the web's role and the workers' own nothing and do not pass by row security", async () => {
  for (const pool of [database.webPool, database.pool]) {
    const { rows } = await pool.query("select rolsuper, rolbypassrls, rolcreaterole, (select count(*)::int4 from pg_class where relowner = r.oid) as owned from pg_roles r where rolname = current_user");
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: false, owned: 0 }]);
  }
});

test("some are the workers' alone", async () => {
  const unreachable = (await tables()).filter(({ name, reachable }) => !reachable && !shared.includes(name));
  expect(unreachable.map(({ name }) => name)).toContain("user_trading_state");
});

test("no policy of the web's role lets through what names another user", async () => {
  const { rows } = await database.ownerPool.query<{ tablename: string; policyname: string; qual: string }>("select tablename, policyname, qual from pg_policies where schemaname = 'public' and 'nod_web' = any(roles)");
  const named = rows.filter(({ qual }) => !qual.includes("current_setting('nod.uid'::text, true)"));
  expect(named.map(({ tablename, policyname, qual }) => [tablename, policyname, qual])).toEqual([["kill_switches", "of_all", "(scope = 'all'::text)"]]);
  expect(rows.length).toBeGreaterThan(15);
});

describe("in every table of users", () => {
  test("that the web's role may touch at all, both have a row to be found", async () => {
    for (const table of await usersTables()) {
      const { rows } = await database.ownerPool.query(`select distinct ${ownerOf(table)} as uid from ${table.name} t where ${ownerOf(table)} is not null order by 1`);
      expect({ table: table.name, users: rows.map((row) => row["uid"]) }).toEqual({ table: table.name, users: ["alice", "mallory"] });
    }
  });

  test("the web's role sees no row while no user is named", async () => {
    for (const { name } of await usersTables()) expect({ name, seen: await reached(database.webPool.query(`select from ${name}`)) }).toEqual({ name, seen: 0 });
  });

  test("in the name of mallory it sees hers and none of alice's", async () => {
    const mallory = dbOfUser(database.webPool, "mallory");
    for (const table of await usersTables()) {
      const seen = await reached(mallory.query(`select from ${table.name}`));
      const hers = await reached(database.ownerPool.query(`select from ${table.name} t where ${ownerOf(table)} = 'mallory'`));
      expect({ table: table.name, seen }).toEqual({ table: table.name, seen: hers });
    }
  });

  test("it changes and removes none of alice's, and gives her none", async () => {
    const mallory = dbOfUser(database.webPool, "mallory");
    const before = await everything();
    for (const table of await usersTables()) {
      const columns = table.columns.join(", ");
      const last = table.columns.at(-1);
      const { rows } = await database.ownerPool.query<{ row: unknown }>(`select to_jsonb(t) as row from ${table.name} t where ${ownerOf(table)} = 'alice' limit 1`);
      expect(await reached(mallory.query(`update ${table.name} t set ${last} = t.${last} where ${ownerOf(table)} = 'alice'`))).toBe(0);
      expect(await reached(mallory.query(`delete from ${table.name} t where ${ownerOf(table)} = 'alice'`))).toBe(0);
      if (ownerOf(table) === "t.firebase_uid") expect(await reached(mallory.query(`update ${table.name} set firebase_uid = 'alice'`))).toBe(0);
      const insert = `insert into ${table.name} (${columns}) overriding system value select ${columns} from jsonb_populate_record(null::${table.name}, $1)`;
      await expect(mallory.query(insert, [JSON.stringify(rows[0]?.row)])).rejects.toMatchObject({ code: "42501" });
    }
    expect(await everything()).toEqual(before);
  });
});

async function everything(): Promise<unknown> {
  return Promise.all((await usersTables()).map(async (table) => [table.name, (await database.ownerPool.query(`select to_jsonb(t) as row from ${table.name} t order by 1`)).rows]));
}

describe("the log", () => {
  test("takes from the web's role what is of its user, and of nobody else", async () => {
    const mallory = dbOfUser(database.webPool, "mallory");
    await recordEvents(mallory, [{ firebaseUid: "mallory", kind: "config_changed" }]);
    for (const events of [[{ firebaseUid: "alice", kind: "config_changed" }], [{ firebaseUid: null, kind: "config_changed" }], [{ firebaseUid: "mallory", kind: "config_changed" }, { firebaseUid: "alice", kind: "config_changed" }]] as const) {
      await expect(recordEvents(mallory, events)).rejects.toMatchObject({ code: "42501" });
    }
    await expect(recordEvents(database.webPool, [{ firebaseUid: "mallory", kind: "config_changed" }])).rejects.toMatchObject({ code: "42501" });
    await expect(mallory.query("select append_events(array['alice'], array['forged'], array[null::uuid], array[null::uuid], array['{}'::jsonb])")).rejects.toMatchObject({ code: "42501" });
    expect(await verifyChains(database.pool)).toMatchObject({ users: 2, breaks: [] });
  });
});

describe("the name of a user", () => {
  test("holds for one transaction and not for the next on the same connection", async () => {
    const pool = createPool({ url: database.webUrl, applicationName: "one-connection", maxConnections: 1 });
    try {
      expect((await dbOfUser(pool, "alice").query("select from trade_orders")).rowCount).toBe(1);
      expect((await pool.query("select from trade_orders")).rowCount).toBe(0);
      expect((await withTransaction(pool, (tx) => asUser(tx, "alice", () => tx.query("select from trade_orders")))).rowCount).toBe(1);
      expect((await pool.query("select from trade_orders")).rowCount).toBe(0);
    } finally {
      await pool.end();
    }
  });

  test("goes with a statement that fails, and the connection is good afterwards", async () => {
    const pool = createPool({ url: database.webUrl, applicationName: "one-connection", maxConnections: 1 });
    try {
      await expect(dbOfUser(pool, "alice").query("select 1 / 0")).rejects.toThrow("division by zero");
      expect((await pool.query("select from trade_orders")).rowCount).toBe(0);
      expect((await dbOfUser(pool, "alice").query("select from trade_orders")).rowCount).toBe(1);
      expect(pool.totalCount).toBe(1);
    } finally {
      await pool.end();
    }
  });
});

describe("a person's calls", () => {
  const own = useTestDatabase();

  test("run as the web's role: an answer that makes an order, and taking it back", async () => {
    await addTraders(own.ownerPool, ["carol", "dave"], { undo_seconds: 60 });
    await openTheMarket(own.ownerPool);
    const floor = createFloor(own.webPool, createScriptedBroker());
    const questionId = await ask(own.ownerPool, "carol");
    const meta = { via: "http", requestId: null } as const;
    expect(await floor.answer("dave", questionId, 10)).toEqual({ kind: "not_found" });
    expect(await floor.answer("carol", questionId, 10)).toMatchObject({ kind: "answered", result: { outcome: "approved", order: { status: "pending_submit" } } });
    expect(await undoAnswer(own.webPool, "dave", questionId, meta)).toEqual({ kind: "not_found" });
    expect(await undoAnswer(own.webPool, "carol", questionId, meta)).toMatchObject({ kind: "undone", order: { status: "not_placed" } });
    expect(await verifyChains(own.pool)).toMatchObject({ users: 1, breaks: [] });
  });
});

describe("an installation with one role, which owns the database and is no superuser", () => {
  let lone: TestDatabase;
  const role = `lone_${randomBytes(4).toString("hex")}`;
  beforeAll(async () => {
    lone = await createTestDatabase();
    await lone.ownerPool.query(`create role ${role} login password 'lone'; drop schema public cascade; create schema public authorization ${role}`);
  });
  afterAll(async () => {
    await lone.ownerPool.query(`drop schema public cascade; drop owned by ${role}; drop role ${role}`);
    await lone.drop();
  });

  test("goes on working: the statements keep users apart there", async () => {
    const url = new URL(lone.url);
    [url.username, url.password] = [role, "lone"];
    await migrate({ url: url.href, directory: join(import.meta.dirname, "../../migrations") });
    await applySeed({ url: url.href, file: join(import.meta.dirname, "../../seeds/default_paper_watchlist.sql") });
    const pool = createPool({ url: url.href, applicationName: "lone", maxConnections: 2 });
    try {
      const { ensureUser, killSwitches, configs, orders } = createTableServices(pool, pool);
      for (const uid of ["alice", "bob"]) await ensureUser(uid);
      expect(await killSwitches.switchOn({ scope: "user", firebaseUid: "alice" }, { mode: "block_new", reason: null, setBy: "alice", confirmation: null })).toMatchObject({ kind: "set" });
      expect(await configs.replace("bob", { enabled: false }, null)).toMatchObject({ kind: "replaced" });
      expect(await orders.page("bob", null, 10)).toEqual({ orders: [], hasMore: false });
      await recordEvents(pool, [{ firebaseUid: "alice", kind: "config_changed" }, { firebaseUid: null, kind: "config_changed" }]);
      expect(await verifyChains(pool)).toMatchObject({ users: 2, events: 4, breaks: [] });
    } finally {
      await pool.end();
    }
  });
});
