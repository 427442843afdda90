import { join } from "node:path";
import { expect, test } from "vitest";
import { createPool } from "../../src/db/pool.ts";
import { createReadinessProbe, databaseCheck, leasesCheck, marketDataCheck, migrationsCheck } from "../../src/http/readiness.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const migrations = join(import.meta.dirname, "../../migrations");
/** Only what never answers is to run out of time. */
const patient = { checkTimeoutMs: 60_000 };

test("a migrated database is ready, to the role that the server has", async () => {
  const probe = createReadinessProbe([databaseCheck(database.pool), migrationsCheck(database.pool, migrations)], patient);
  expect(await probe()).toEqual([
    { name: "database", required: true, ready: true, detail: "It answers." },
    { name: "migrations", required: true, ready: true, detail: expect.stringMatching(/^All \d+ are applied/) },
  ]);
});

test("a migration that is missing is named", async () => {
  await database.ownerPool.query("create table kept as select * from schema_migrations; delete from schema_migrations where name like '0003%'");
  const [part] = await createReadinessProbe([migrationsCheck(database.pool, migrations)], patient)();
  await database.ownerPool.query("delete from schema_migrations; insert into schema_migrations select * from kept; drop table kept");
  expect(part).toMatchObject({ ready: false, detail: expect.stringMatching(/^Not applied: 0003_/) });
});

test("a database that is not there, and a part that never answers, are unready without a word about hosts and users", async () => {
  const pool = createPool({ url: "postgres://secret_user:secret@127.0.0.1:1/nod", applicationName: "nowhere" });
  const never = { name: "broker_reconciled", required: true, look: () => new Promise<never>(() => undefined) } as const;
  const parts = await createReadinessProbe([databaseCheck(pool), never])();
  await pool.end();
  expect(parts.map((part) => part.ready)).toEqual([false, false]);
  expect(JSON.stringify(parts)).not.toMatch(/secret|127\.0\.0\.1/);
});

test("prices matter while the market is open", async () => {
  const look = async (): Promise<unknown> => (await createReadinessProbe([marketDataCheck(database.pool)], patient)())[0];
  const session = (isOpen: boolean): Promise<unknown> =>
    database.pool.query(
      `insert into market_sessions (market, is_open, trading_day, next_open, next_close, as_of) values ('us_equity', $1, current_date, now() + interval '1 hour', now() + interval '1 hour', now())
       on conflict (market) do update set is_open = excluded.is_open`,
      [isOpen],
    );
  const priceOf = (age: string): Promise<unknown> =>
    database.pool.query(
      `insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of) values ('iex', 'us_equity', 'SPY', 'last_trade', 1, now() - $1::interval)
       on conflict (symbol, metric, feed, asset_class) do update set as_of = excluded.as_of`,
      [age],
    );
  expect(await look()).toMatchObject({ ready: false, required: false });
  await session(false);
  expect(await look()).toMatchObject({ ready: true, detail: "The stock market is closed." });
  await session(true);
  expect(await look()).toMatchObject({ ready: false, detail: "No price has come in yet." });
  await priceOf("10 seconds");
  expect(await look()).toMatchObject({ ready: true });
  await priceOf("1 hour");
  expect(await look()).toMatchObject({ ready: false, detail: expect.stringMatching(/^The newest price is 36\d\d s old/) });
});

test("somebody has to ask for every user, and somebody has to have the order desk", async () => {
  const look = async (asks = true): Promise<unknown> => (await createReadinessProbe([leasesCheck(database.pool, { asks })], patient)())[0];
  const hold = (name: string, left = "1 minute"): Promise<unknown> =>
    database.pool.query("insert into leases (name, owner, expires_at) values ($1, 'somebody', now() + $2::interval) on conflict (name) do update set expires_at = excluded.expires_at", [name, left]);
  expect(await look()).toMatchObject({ ready: false, required: false, detail: "Nobody has the order desk. Nobody ticks." });
  await hold("order-desk");
  expect(await look(false)).toMatchObject({ ready: true });
  await hold("tick");
  expect(await look()).toMatchObject({ ready: true, detail: "Held: order-desk, tick." });
  await hold("tick", "-1 second");
  await hold("shard 0 of 3");
  expect(await look()).toMatchObject({ ready: false, detail: "Nobody has 2 of 3 shards." });
  await hold("shard 1 of 3");
  await hold("shard 2 of 3");
  expect(await look()).toMatchObject({ ready: true });
});
