import { afterEach, expect, test } from "vitest";
import { withTransaction } from "../../src/db/transaction.ts";
import { createPool } from "../../src/db/pool.ts";
import { createTickLease, type TickLease } from "../../src/workers/tick-lease.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
let leases: TickLease[] = [];
const lease = (owner: string, db = database.pool): TickLease => {
  const created = createTickLease(db, owner, () => undefined);
  leases.push(created);
  return created;
};
const secondsLeft = async (): Promise<number> => {
  const { rows } = await database.pool.query<{ left: number }>("select extract(epoch from expires_at - clock_timestamp())::float8 as left from leases where name = 'tick'");
  return rows[0]?.left ?? 0;
};
afterEach(async () => {
  await Promise.all(leases.map((each) => each.release()));
  leases = [];
});

test("one holds it, another does not, until the first lets go", async () => {
  const [first, second] = [lease("first"), lease("second")];
  expect([await first.hold(), await second.hold(), await first.hold()]).toEqual(["new", false, true]);
  await first.release();
  expect(await second.hold()).toBe("new");
});

test("an ask that outlasts the lease keeps it, and a dead owner is succeeded within ten seconds all the same", async () => {
  const impatient = createPool({ url: database.url, applicationName: "impatient", maxConnections: 1, lockTimeoutMs: 100, connectTimeoutMs: 60_000 });
  const [first, second] = [lease("first"), lease("second", impatient)];
  await first.hold();
  await withTransaction(database.pool, async (tx) => {
    expect(await first.fence.enter(tx)).toBe(true);
    await tx.query("update leases set expires_at = clock_timestamp() + interval '1 minute' where name = 'tick'");
    expect(await second.hold()).toBe(false);
    await first.fence.leave(tx);
  });
  first.fence.over();
  expect(first.isHeld).toBe(true);
  expect(await secondsLeft()).toBeLessThan(9);
  expect(await second.hold()).toBe(false);
  await impatient.end();
});

test("whoever has lost it may not ask", async () => {
  const first = lease("first");
  await first.hold();
  await database.pool.query("update leases set owner = 'somebody else', fencing = fencing + 1 where name = 'tick'");
  expect(await withTransaction(database.pool, (tx) => first.fence.enter(tx))).toBe(false);
  first.fence.over();
});
