/** `npm run audit:verify`: walks the event log of the database that this environment names, running or not. */
import { join } from "node:path";
import { ConfigError, readConfig } from "./config.ts";
import { migrate, MigrationFailed } from "./db/migrate.ts";
import { openDatabase } from "./db/open-database.ts";
import { createPool } from "./db/pool.ts";
import { verifyChains, type AuditReport } from "./trading/audit/verify-chains.ts";

const statementTimeoutMs = 600_000;

async function verify(): Promise<AuditReport> {
  const config = readConfig(process.env);
  const database = await openDatabase({ url: config.databaseUrl ?? undefined, workerUrl: config.databaseWorkerUrl ?? undefined, ownerUrl: config.databaseOwnerUrl ?? undefined, dataFolder: config.dataFolder, inUse: "join" });
  try {
    await migrate({ url: database.ownerUrl, directory: join(import.meta.dirname, "../migrations") });
    const pool = createPool({ url: database.workerUrl, applicationName: "nod-audit", maxConnections: 1, statementTimeoutMs });
    try {
      return await verifyChains(pool);
    } finally {
      await pool.end();
    }
  } finally {
    await database.stop();
  }
}

try {
  const { users, events, breaks, fingerprint } = await verify();
  console.log(`${users} users, ${events} events`);
  for (const { firebaseUid, eventId, place, reason } of breaks) {
    console.error(`BROKEN: ${firebaseUid === null ? "the chain of everybody" : `the chain of ${firebaseUid}`}, number ${place}, event ${eventId ?? "none"}: ${reason}`);
  }
  console.log(breaks.length === 0 ? `every chain is whole; fingerprint ${fingerprint}` : `${breaks.length} broken`);
  if (breaks.length > 0) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof MigrationFailed || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
