/** `npm run migrate`: brings the database that this environment names to its newest shape, so that no process has to. */
import { ConfigError, readConfig } from "./config.ts";
import { MigrationFailed } from "./db/migrate.ts";
import { openDatabase } from "./db/open-database.ts";
import { SeedFailed } from "./db/seed.ts";
import { prepareDatabase } from "./prepare-database.ts";

const say = (line: string): void => console.log(line);

try {
  const { databaseUrl, databaseOwnerUrl, dataFolder } = readConfig(process.env);
  const database = await openDatabase({ url: databaseUrl ?? undefined, ownerUrl: databaseOwnerUrl ?? undefined, dataFolder, inUse: "join", log: say });
  try {
    await prepareDatabase(database.ownerUrl, say);
    say(`${database.description} is up to date`);
  } finally {
    await database.stop();
  }
} catch (error) {
  if (!(error instanceof SeedFailed || error instanceof MigrationFailed || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
