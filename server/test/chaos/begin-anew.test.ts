/** Worlds follow each other in one database: what one leaves behind must not be there for the next. */
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openDatabase, type StageDatabase } from "../../chaos/stage/database.ts";
import { keepDatabase, type DatabaseKeeper } from "../../chaos/stage/world-database.ts";
import { openStage, type Stage } from "../../chaos/stage/stage.ts";
import { addUsers, configWith, dipRule } from "../support/trading-users.ts";

let stage: Stage;
let fresh: StageDatabase;
let kept: DatabaseKeeper;

beforeAll(async () => {
  stage = await openStage();
  fresh = await openDatabase(stage.addresses, "fresh");
  kept = keepDatabase(stage.addresses, "kept");
});

afterAll(async () => {
  await kept?.close();
  await stage?.close();
});

type Queryable = { query<Row extends Record<string, unknown>>(sql: string): Promise<{ rows: Row[] }> };

/** Every row of every table, and where every sequence stands. */
async function contentOf(database: Queryable): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  const { rows: tables } = await database.query<{ name: string }>(
    "select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace in ('public'::regnamespace, 'chaos'::regnamespace) order by 1",
  );
  for (const { name } of tables) {
    const { rows } = await database.query<{ rows: string }>(`select coalesce(json_agg(t order by t::text), '[]')::text as rows from ${name} as t`);
    content[name] = rows[0]?.rows ?? "";
  }
  const { rows: sequences } = await database.query<{ name: string }>("select oid::regclass::text as name from pg_class where relkind = 'S' and relnamespace in ('public'::regnamespace, 'chaos'::regnamespace)");
  for (const { name } of sequences) {
    const { rows } = await database.query<{ stand: string }>(`select last_value || ' ' || is_called as stand from ${name}`);
    content[name] = rows[0]?.stand ?? "";
  }
  return content;
}

test("a database that begins anew is as one that was just created, whatever was in it", async () => {
  const owner = new pg.Client({ connectionString: fresh.ownerUrl });
  await owner.connect();
  const asCreated = await contentOf(owner);
  await owner.end();
  expect(Object.keys(asCreated).length).toBeGreaterThan(25);

  const world = await kept.open();
  expect(await contentOf(world.owner)).toEqual(asCreated);
  await addUsers(world.owner, "people", configWith([dipRule()]), ["ada", "bob"]);
  await world.owner.query("select record_events(array['ada'], array['answer_given'], array[null::uuid], array[null::uuid], array['{}'::jsonb])");
  await world.owner.query("insert into leases (name, owner, fencing, expires_at) values ('tick', 'nobody', 7, now())");
  await world.owner.query("insert into chaos.clock_steps (natural_ms, database_ms, broker_ms, last_event) values (1, 2, 3, 0)");
  await world.owner.query("update chaos.clock set ahead_ms = 5000");
  expect(await contentOf(world.owner)).not.toEqual(asCreated);
  await kept.giveBack(true);

  const next = await kept.open();
  expect(next).toBe(world);
  expect(await contentOf(next.owner)).toEqual(asCreated);
  await kept.giveBack(true);
});

test("a database in which somebody may still be at work is given to nobody else", async () => {
  const world = await kept.open();
  // The pool has the little patience of lives that may die of the lack of it.
  const late = await vi.waitFor(() => world.app.connect(), 60_000);
  late.on("error", () => undefined); // its database goes away
  await late.query("begin");
  await late.query("insert into users (firebase_uid) values ('late')");
  await kept.giveBack(true);
  const next = await kept.open();
  expect(next).not.toBe(world);
  expect((await next.owner.query("select from users")).rows).toEqual([]);
  await kept.giveBack(true);
  late.release(true);
});
