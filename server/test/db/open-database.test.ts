import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { openDatabase } from "../../src/db/open-database.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const dataFolder = (): string => join(inject("scratchFolder"), "not-needed");

test("a database of one's own is used as it is, without starting another, and is not stopped", async () => {
  const opened = await openDatabase({ url: database.url, ownerUrl: database.ownerUrl, dataFolder: dataFolder() });
  expect(opened).toMatchObject({ url: database.url, ownerUrl: database.ownerUrl, embedded: false });
  await opened.stop();
  expect(existsSync(dataFolder())).toBe(false);
  expect((await database.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test("without a role of its own for migrations, the application's does them", async () => {
  expect((await openDatabase({ url: database.url, dataFolder: dataFolder() })).ownerUrl).toBe(database.url);
});

test("what it says of itself has neither user nor password", async () => {
  const { description } = await openDatabase({ url: "postgres://nod:hunter2@db.example.org:6543/nod", dataFolder: dataFolder() });
  expect(description).toBe("PostgreSQL at db.example.org:6543/nod");
});

test.each(["not an address", "mysql://root:hunter2@localhost/nod"])("%s is refused without repeating it", async (url) => {
  const failure = await openDatabase({ url, dataFolder: dataFolder() }).catch((error: unknown) => String(error));
  expect(failure).toBe("Error: DATABASE_URL must look like postgres://user:password@host:5432/database");
});
