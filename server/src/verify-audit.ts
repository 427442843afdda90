/** `npm run audit:verify`: walks the event log of the database that this environment names, running or not, and its archives. */
import { join } from "node:path";
import { ConfigError, readConfig } from "./config.ts";
import { migrate, MigrationFailed } from "./db/migrate.ts";
import { openDatabase } from "./db/open-database.ts";
import { createPool } from "./db/pool.ts";
import { verifyArchives, type ArchivesReport } from "./trading/audit/verify-archives.ts";
import { verifyChains, type AuditReport } from "./trading/audit/verify-chains.ts";

const statementTimeoutMs = 600_000;

async function verify(): Promise<{ chains: AuditReport; archives: ArchivesReport }> {
  const config = readConfig(process.env);
  const database = await openDatabase({ url: config.databaseUrl ?? undefined, workerUrl: config.databaseWorkerUrl ?? undefined, ownerUrl: config.databaseOwnerUrl ?? undefined, dataFolder: config.dataFolder, inUse: "join" });
  try {
    await migrate({ url: database.ownerUrl, directory: join(import.meta.dirname, "../migrations") });
    const pool = createPool({ url: database.workerUrl, applicationName: "nod-audit", maxConnections: 1, statementTimeoutMs });
    try {
      return { chains: await verifyChains(pool), archives: await verifyArchives(pool, config.retention.archiveFolder) };
    } finally {
      await pool.end();
    }
  } finally {
    await database.stop();
  }
}

try {
  const { chains, archives } = await verify();
  const files = archives.archives === 1 ? "1 archive" : `${archives.archives} archives`;
  console.log(`${chains.users} users, ${chains.events} events${archives.archives === 0 ? "" : `, and ${archives.events} in ${files}`}`);
  for (const { firebaseUid, eventId, place, reason } of chains.breaks) {
    console.error(`BROKEN: ${firebaseUid === null ? "the chain of everybody" : `the chain of ${firebaseUid}`}, number ${place}, event ${eventId ?? "none"}: ${reason}`);
  }
  for (const { archive, reason } of archives.breaks) console.error(`BROKEN: the archive ${archive}: ${reason}`);
  const broken = chains.breaks.length + archives.breaks.length;
  console.log(broken === 0 ? `every chain is whole; fingerprint ${chains.fingerprint}` : `${broken} broken`);
  if (broken > 0) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof MigrationFailed || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
