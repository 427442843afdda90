/** `npm run seed -- FILE…`: applies seeds to the database that this environment names, running or not. */
import { join, resolve } from "node:path";
import { ConfigError, readConfig } from "./config.ts";
import { migrate, MigrationFailed } from "./db/migrate.ts";
import { openDatabase } from "./db/open-database.ts";
import { applySeed, SeedFailed } from "./db/seed.ts";

const say = (line: string): void => console.log(line);

async function applySeeds(files: string[]): Promise<void> {
  const config = readConfig(process.env);
  const database = await openDatabase({ url: config.databaseUrl ?? undefined, ownerUrl: config.databaseOwnerUrl ?? undefined, dataFolder: config.dataFolder, inUse: "join", log: say });
  try {
    await migrate({ url: database.ownerUrl, directory: join(import.meta.dirname, "../migrations"), log: say });
    for (const file of files) {
      await applySeed({ url: database.ownerUrl, file });
      say(`applied ${file} to ${database.description}`);
    }
  } finally {
    await database.stop();
  }
}

/** Paths are as the person who typed them sees them, which under npm is not this process's folder. */
const files = process.argv.slice(2).map((file) => resolve(process.env["INIT_CWD"] ?? ".", file));
try {
  if (files.length === 0) throw new SeedFailed("usage: npm run seed -- FILE…, for example server/seeds/test_users.sql");
  await applySeeds(files);
} catch (error) {
  if (!(error instanceof SeedFailed || error instanceof MigrationFailed || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
