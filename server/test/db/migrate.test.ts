import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { createTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let directory: string;

beforeEach(async () => {
  database = await createTestDatabase();
  await database.ownerPool.query("drop schema public cascade; create schema public");
  directory = await mkdtemp(join(inject("scratchFolder"), "migrations-"));
});

afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

const write = (name: string, sql: string): Promise<void> => writeFile(join(directory, name), sql);
const run = (): Promise<string[]> => migrate({ url: database.ownerUrl, directory });
const tables = async (): Promise<unknown[]> =>
  (await database.ownerPool.query("select tablename from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations' order by 1")).rows.map((row) => row["tablename"]);

test("what is due is applied in order, once", async () => {
  await write("0002_second.sql", "alter table first add column note text;");
  await write("0001_first.sql", "create table first (id int);");
  expect(await run()).toEqual(["0001_first", "0002_second"]);
  expect(await run()).toEqual([]);
  await write("0003_third.sql", "create table third (id int);");
  expect(await run()).toEqual(["0003_third"]);
  expect(await tables()).toEqual(["first", "third"]);
});

test("two processes that start together apply everything once", async () => {
  await write("0001_first.sql", "create table first (id int); select pg_sleep(0.2);");
  expect((await Promise.all([run(), run(), run()])).toSorted()).toEqual([[], [], ["0001_first"]]);
});

describe("a bad migration stops the start with its name and the reason", () => {
  test("a failing statement: the line is named, and nothing of any pending migration is kept", async () => {
    await write("0001_first.sql", "create table first (id int);");
    await write("0002_broken.sql", "-- Up Migration\ncreate table half (id int);\n\ninsert into nowhere values (1);\n");
    await expect(run()).rejects.toThrow(/^0002_broken\.sql line 4: relation "nowhere" does not exist \(42P01\); nothing of it was kept$/);
    expect(await tables()).toEqual([]);
    await write("0002_broken.sql", "create table mended (id int);");
    expect(await run()).toEqual(["0001_first", "0002_broken"]);
  });

  test("a file that commits by itself could leave half of itself behind", async () => {
    await write("0001_first.sql", "create table first (id int);\nCOMMIT;\nselect 1/0;");
    await expect(run()).rejects.toThrow(/^0001_first\.sql: begins or ends a transaction itself/);
    expect(await tables()).toEqual([]);
  });

  test("a block of PL/pgSQL is not taken for one", async () => {
    await write("0001_first.sql", "do $$\nbegin\n  create table first (id int);\nend;\n$$;");
    expect(await run()).toEqual(["0001_first"]);
  });

  test("one that was changed after it had been applied", async () => {
    await write("0001_first.sql", "create table first (id int);");
    await run();
    await write("0001_first.sql", "create table first (id bigint);");
    await expect(run()).rejects.toThrow(/^0001_first\.sql: was changed after it had been applied/);
  });

  test("one that was applied and is gone, as with an older version of the program", async () => {
    await write("0001_first.sql", "create table first (id int);");
    await write("0002_second.sql", "create table second (id int);");
    await run();
    await rm(join(directory, "0002_second.sql"));
    await expect(run()).rejects.toThrow(/^0002_second\.sql: was applied to this database but is not here/);
  });

  test("one that comes before others that were already applied", async () => {
    await write("0002_second.sql", "create table second (id int);");
    await run();
    await write("0001_first.sql", "create table first (id int);");
    await expect(run()).rejects.toThrow(/0001_first is preceding already run migration 0002_second/);
  });

  test.each([
    ["first.sql", "select 1;", /is named like 0001_what-it-does\.sql/],
    ["0001_first.js", "export const up = () => {};", /is named like/],
    ["0001_down.sql", "select 1;\n-- Down Migration\nselect 2;", /forward only/],
    ["0001_preamble.sql", "create table lost (id int);\n-- Up Migration\nselect 2;", /before its "Up" marker/],
  ])("%s is refused before anything runs", async (name, sql, message) => {
    await write(name, sql);
    await expect(run()).rejects.toThrow(message);
  });

  test("two with the same number", async () => {
    await write("0001_a.sql", "select 1;");
    await write("0001_b.sql", "select 1;");
    await expect(run()).rejects.toThrow("0001_b.sql: has the same number as 0001_a.sql");
  });
});

test("a database that cannot be reached is a clear refusal without the password", async () => {
  const unreachable = "postgres://someone:hunter2@127.0.0.1:1/nod";
  const failure = await migrate({ url: unreachable, directory }).catch((error: unknown) => error);
  expect(String(failure)).toMatch(/cannot connect to the database to migrate it: .*ECONNREFUSED/);
  expect(String(failure)).not.toContain("hunter2");
});
