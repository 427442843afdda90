import { expect, onTestFinished, test } from "vitest";
import { acquireLease, holdsLease, releaseLease, renewLease } from "../../src/db/lease.ts";
import { createPool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { useTestDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
const ttlMs = 60_000;
const runOut = (name: string): Promise<unknown> => database.ownerPool.query("update leases set expires_at = clock_timestamp() - interval '1 second' where name = $1", [name]);

test("of twenty that ask at once, exactly one gets the lease", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => acquireLease(database.pool, { name: "tick", owner: `process-${n}`, ttlMs })));
  expect(answers.filter((lease) => lease !== undefined)).toHaveLength(1);
});

test("a lease that ran out passes on, with a higher fencing number, and the old holder has no say any more", async () => {
  const first = await acquireLease(database.pool, { name: "passes", owner: "a", ttlMs });
  expect(await acquireLease(database.pool, { name: "passes", owner: "b", ttlMs })).toBeUndefined();
  await runOut("passes");
  const second = await acquireLease(database.pool, { name: "passes", owner: "b", ttlMs });
  if (first === undefined || second === undefined) throw new Error("both were to get the lease in turn");
  expect(BigInt(second.fencing)).toBe(BigInt(first.fencing) + 1n);
  expect(await renewLease(database.pool, first, { ttlMs })).toBe(false);
  expect(await withTransaction(database.pool, (tx) => holdsLease(tx, first))).toBe(false);
  expect(await withTransaction(database.pool, (tx) => holdsLease(tx, second))).toBe(true);
  await releaseLease(database.pool, first);
  expect(await renewLease(database.pool, second, { ttlMs })).toBe(true);
});

test("nobody has a lease that has run out, even when nobody took it", async () => {
  const lease = await acquireLease(database.pool, { name: "ran-out", owner: "a", ttlMs });
  if (lease === undefined) throw new Error("the lease was free");
  await runOut("ran-out");
  expect(await withTransaction(database.pool, (tx) => holdsLease(tx, lease))).toBe(false);
});

test("a released lease is free at once, and its fencing number goes on", async () => {
  const first = await acquireLease(database.pool, { name: "released", owner: "a", ttlMs });
  if (first === undefined) throw new Error("the first was to get the lease");
  await releaseLease(database.pool, first);
  expect(await acquireLease(database.pool, { name: "released", owner: "b", ttlMs })).toMatchObject({ owner: "b", fencing: "2" });
});

test("a lease that has run out is not renewed, even when nobody took it", async () => {
  const lease = await acquireLease(database.pool, { name: "late", owner: "a", ttlMs });
  if (lease === undefined) throw new Error("the lease was free");
  await runOut("late");
  expect(await renewLease(database.pool, lease, { ttlMs })).toBe(false);
});

test("while a transaction that checked its lease runs, nobody takes over, however late it is", async () => {
  const lease = await acquireLease(database.pool, { name: "fenced", owner: "a", ttlMs });
  if (lease === undefined) throw new Error("the lease was free");
  const successor = createPool({ url: database.url, applicationName: "successor", maxConnections: 1, lockTimeoutMs: 120_000, statementTimeoutMs: 120_000 });
  onTestFinished(() => successor.end());
  const isWaiting = "select from pg_stat_activity where datname = current_database() and application_name = 'successor' and wait_event_type = 'Lock'";
  const order: string[] = [];
  let takeover: Promise<unknown> | undefined;
  await withTransaction(database.pool, async (tx) => {
    expect(await holdsLease(tx, lease)).toBe(true);
    await runOut("fenced");
    takeover = acquireLease(successor, { name: "fenced", owner: "b", ttlMs }).then((taken) => order.push(`taken over by ${taken?.owner ?? "nobody"}`));
    await until("the other waits for the transaction", async () => (await database.ownerPool.query(isWaiting)).rowCount === 1);
    order.push("work ended");
  }, { timeoutMs: 120_000 });
  await takeover;
  expect(order).toEqual(["work ended", "taken over by b"]);
});
