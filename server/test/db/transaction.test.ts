import { beforeEach, expect, test } from "vitest";
import { createPool } from "../../src/db/pool.ts";
import type { Db } from "../../src/db/pool.ts";
import { TransactionAborted, TransactionAlreadyEnded, TransactionTimedOut, withTransaction } from "../../src/db/transaction.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const addUser = (db: Db, uid: string): Promise<unknown> => db.query("insert into ledger (uid) values ($1)", [uid]);
const users = async (): Promise<unknown[]> => (await database.pool.query("select uid from ledger order by uid")).rows.map(({ uid }) => uid);

beforeEach(async () => {
  await database.ownerPool.query("drop table if exists ledger; create table ledger (uid text primary key); grant all on ledger to nod_app");
});

/** Every connection is idle again and can serve: nothing leaked, nothing left in a transaction. Other test files work in other databases of the same server. */
async function expectNothingLeaked(): Promise<void> {
  expect(database.pool.totalCount - database.pool.idleCount).toBe(0);
  const { rows } = await database.ownerPool.query("select count(*)::int4 as open from pg_stat_activity where datname = current_database() and application_name = 'nod-test' and state like 'idle in transaction%'");
  expect(rows).toEqual([{ open: 0 }]);
}

test("what the work did is kept when it returns", async () => {
  await expect(withTransaction(database.pool, async (tx) => { await addUser(tx, "alice"); return "done"; })).resolves.toBe("done");
  expect(await users()).toEqual(["alice"]);
  await expectNothingLeaked();
});

test("nothing is kept when the work throws, and the caller gets the very same error", async () => {
  const failure = new Error("no");
  await expect(withTransaction(database.pool, async (tx) => { await addUser(tx, "alice"); throw failure; })).rejects.toBe(failure);
  expect(await users()).toEqual([]);
  await expectNothingLeaked();
});

test("a failed statement whose error the work swallowed does not pass for a success", async () => {
  const swallowing = withTransaction(database.pool, async (tx) => {
    await addUser(tx, "alice");
    await addUser(tx, "alice").catch(() => undefined);
  });
  await expect(swallowing).rejects.toBeInstanceOf(TransactionAborted);
  expect(await users()).toEqual([]);
  await expectNothingLeaked();
});

test("work that takes too long is rolled back and its connection is not used again", async () => {
  const pool = createPool({ url: database.url, applicationName: "slow-worker", maxConnections: 1 });
  try {
    const slow = withTransaction(pool, async (tx) => { await addUser(tx, "alice"); await tx.query("select pg_sleep(30)"); }, { timeoutMs: 150 });
    await expect(slow).rejects.toBeInstanceOf(TransactionTimedOut);
    await expect(pool.query("select 1 as one")).resolves.toMatchObject({ rows: [{ one: 1 }] });
  } finally {
    await pool.end();
  }
  expect(await users()).toEqual([]);
});

test("a statement of a transaction that is given longer may take longer than any other of its pool", { timeout: 120_000 }, async () => {
  const impatient = createPool({ url: database.ownerUrl, applicationName: "impatient", statementTimeoutMs: 2_000 });
  try {
    await expect(impatient.query("select pg_sleep(60)")).rejects.toThrow(/statement timeout/);
    // Longer than the driver waits for an answer of this pool, too.
    await expect(withTransaction(impatient, async (tx) => (await tx.query("select 1 as one, pg_sleep(9)")).rowCount, { timeoutMs: 90_000 })).resolves.toBe(1);
  } finally {
    await impatient.end();
  }
});

test("a statement that was not awaited cannot slip out of its transaction", async () => {
  const ended = Promise.withResolvers<void>();
  let late: Promise<unknown> | undefined;
  await withTransaction(database.pool, async (tx) => {
    late = ended.promise.then(() => addUser(tx, "late"));
    late.catch(() => undefined);
    await addUser(tx, "alice");
  });
  ended.resolve();
  await expect(late).rejects.toBeInstanceOf(TransactionAlreadyEnded);
  expect(await users()).toEqual(["alice"]);
});

test("a connection cut in the middle rejects, keeps nothing and leaves the pool whole", async () => {
  const cut = withTransaction(database.pool, async (tx) => {
    await addUser(tx, "alice");
    const { rows } = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
    await database.ownerPool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await addUser(tx, "bob");
  });
  await expect(cut).rejects.toThrow(/terminat|connection/i);
  expect(await users()).toEqual([]);
  await expectNothingLeaked();
});

test("a service is a function of a Db, so two transactions of it do not see each other's work", async () => {
  await withTransaction(database.pool, async (tx) => {
    await addUser(tx, "alice");
    expect(await users()).toEqual([]);
  });
  expect(await users()).toEqual(["alice"]);
});
