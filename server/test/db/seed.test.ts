import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { applySeed } from "../../src/db/seed.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const seeds = join(import.meta.dirname, "../../seeds");

async function seedFile(sql: string): Promise<string> {
  const folder = await mkdtemp(join(inject("scratchFolder"), "seed-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "users.sql");
  await writeFile(file, sql);
  return file;
}

const users = async (): Promise<unknown[]> => (await database.pool.query("select firebase_uid as uid from users order by 1")).rows.map(({ uid }) => uid);

test("every seed that Nod brings along can be applied again and again", async () => {
  const files = (await readdir(seeds)).filter((name) => name.endsWith(".sql"));
  expect(files).toContain("default_paper_watchlist.sql");
  const rows = async (): Promise<unknown> =>
    (await database.pool.query("select (select count(*) from trading_config_templates) as templates, (select count(*) from users) as users, (select count(*) from user_trading_config) as configs")).rows;
  for (const file of files) await applySeed({ url: database.ownerUrl, file: join(seeds, file) });
  const once = await rows();
  for (const file of files) await applySeed({ url: database.ownerUrl, file: join(seeds, file) });
  expect(await rows()).toEqual(once);
});

test("a seed that fails in the middle keeps nothing and names file, line and reason", async () => {
  const before = await users();
  const file = await seedFile("insert into users (firebase_uid) values ('half');\n\ninsert into nowhere values (1);");
  await expect(applySeed({ url: database.ownerUrl, file })).rejects.toThrow(/^users\.sql line 3: relation "nowhere" does not exist/);
  expect(await users()).toEqual(before);
});

test("a seed that commits by itself is refused", async () => {
  const file = await seedFile("insert into users (firebase_uid) values ('half');\ncommit;");
  await expect(applySeed({ url: database.ownerUrl, file })).rejects.toThrow(/begins or ends a transaction itself/);
});

test("a file that is not there is named", async () => {
  await expect(applySeed({ url: database.ownerUrl, file: "no/such/seed.sql" })).rejects.toThrow("no/such/seed.sql cannot be read");
});
