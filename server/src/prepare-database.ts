/** The database in its newest shape, with the templates that can be chosen: at each start, or once before all of them. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { migrate } from "./db/migrate.ts";
import { applySeed } from "./db/seed.ts";
import { prepareChoresSchema } from "./workers/chores-schema.ts";

export const migrationsFolder = join(import.meta.dirname, "../migrations");
const seedsFolder = join(import.meta.dirname, "../seeds");
const defaultSeed = join(seedsFolder, "default_paper_watchlist.sql");

/**
 * Repeatable, and safe beside others that do the same.
 * @param ownerUrl as who owns the schema
 * @throws MigrationFailed, SeedFailed
 */
export async function prepareDatabase(ownerUrl: string, say: (line: string) => void): Promise<void> {
  await migrate({ url: ownerUrl, directory: migrationsFolder, log: say });
  await prepareChoresSchema(ownerUrl);
  for (const file of [defaultSeed, ...(await templateSeeds())]) await applySeed({ url: ownerUrl, file });
}

/** The templates that can be chosen, in the order of their names. */
async function templateSeeds(): Promise<string[]> {
  const folder = join(seedsFolder, "templates");
  return (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted().map((name) => join(folder, name));
}
