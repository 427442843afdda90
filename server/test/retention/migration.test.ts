import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { migrate } from "../../src/db/migrate.ts";
import { recordEvents } from "../../src/trading/audit/events-table.ts";
import { verifyChains } from "../../src/trading/audit/verify-chains.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const migrations = join(import.meta.dirname, "../../migrations");
let database: TestDatabase;

/** A database of the schema before there were partitions, which has been at work for a while. */
beforeAll(async () => {
  database = await createTestDatabase();
  await database.ownerPool.query("drop schema public cascade; create schema public");
  const directory = join(inject("scratchFolder"), `before-partitions-${newUuid()}`);
  await mkdir(directory);
  for (const name of (await readdir(migrations)).filter((file) => file < "0028")) await cp(join(migrations, name), join(directory, name));
  await migrate({ url: database.ownerUrl, directory });
  for (let n = 0; n < 12; n += 1) {
    const kind = "config_changed";
    await recordEvents(database.pool, [{ firebaseUid: "alice", kind, data: { n } }, { firebaseUid: `u${n % 3}`, kind, data: { n } }, { firebaseUid: null, kind }, { firebaseUid: "alice", kind, orderId: newUuid() }]);
  }
  await database.ownerPool.query(`
    insert into market_data_snapshots (symbol, asset_class, feed, metric, price, volume, as_of, raw, recorded_at)
    select 'SPY', 'us_equity', 'iex', 'last_trade', 100 + n, n, t, '{"a": 1}', t from generate_series(1, 200) n cross join lateral (select now() - n * interval '6 hours' as t) as at_that_time`);
});
afterAll(() => database.drop());

test("a database with years behind it is moved into partitions with all that is in it, and every chain is as it was", async () => {
  const before = await verifyChainsBefore();
  const factsBefore = await database.ownerPool.query("select * from market_data_snapshots order by id");
  const eventsBefore = await database.ownerPool.query("select * from events order by id");
  await migrate({ url: database.ownerUrl, directory: migrations });

  expect(await verifyChains(database.pool)).toEqual({ users: 4, events: 48, archived: 0, breaks: [], fingerprint: before });
  expect((await database.ownerPool.query("select * from events order by id")).rows).toEqual(eventsBefore.rows);
  expect((await database.ownerPool.query("select * from market_data_snapshots order by id")).rows).toEqual(factsBefore.rows);
  const { rows } = await database.ownerPool.query("select (select count(*)::int4 from market_data_snapshots_default) as facts, (select count(*)::int4 from events_default) as events, (select count(*)::int4 from partitions_of('market_data_snapshots')) as days");
  expect(rows).toMatchObject([{ facts: 0, events: 0 }]);
  expect(Number(rows[0]?.["days"])).toBeGreaterThanOrEqual(50 + 7);

  await recordEvents(database.pool, [{ firebaseUid: "alice", kind: "config_changed" }, { firebaseUid: "new", kind: "config_changed" }]);
  expect(await verifyChains(database.pool)).toMatchObject({ users: 5, events: 50, breaks: [] });
  const { rows: latest } = await database.ownerPool.query<{ facts: string; events: string }>(
    "with one as (insert into market_data_snapshots (symbol, asset_class, feed, metric, price, as_of) values ('SPY', 'us_equity', 'iex', 'bid', 1, now()) returning id) select (select id from one) as facts, (select max(id) from events) as events",
  );
  expect(Number(latest[0]?.facts)).toBe(201);
  expect(Number(latest[0]?.events)).toBeGreaterThan(48);
});

/** Over the heads, as the fingerprint is: the walk itself reads tables that are not there yet. */
async function verifyChainsBefore(): Promise<string> {
  const { rows } = await database.ownerPool.query<{ fingerprint: string }>(
    "select encode(sha256(convert_to('[' || string_agg(format('[%s,\"%s\",\"%s\"]', to_json(chain), length, encode(hash, 'hex')), ',' order by chain) || ']', 'UTF8')), 'hex') as fingerprint from event_chains",
  );
  return rows[0]?.fingerprint ?? "";
}
