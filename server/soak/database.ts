/** The PostgreSQL of a soak: one that Nod could have brought along, restarted in the middle of everything. */
import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notesSql } from "../chaos/checker/notes.ts";
import { runOnce } from "../chaos/stage/run-once.ts";
import { startCluster, type Cluster } from "../src/db/cluster.ts";
import { migrate } from "../src/db/migrate.ts";
import { prepareRoleAndDatabase } from "../src/db/open-database.ts";
import { createPool, type Pool } from "../src/db/pool.ts";

export const databaseName = "soak";

export type SoakDatabase = {
  /** Removed at the end; the processes keep their files beside the data. */
  folder: string;
  ownerUrl: string;
  workerUrl: string;
  webUrl: string;
  owner: Pool;
  /** As `pg_ctl restart -m fast`: everybody is disconnected. @returns for how many milliseconds it was away */
  restart(): Promise<number>;
  close(): Promise<void>;
};

/** Four processes with their pools and listeners, and those that are starting while the dead one's are not yet noticed. */
const maxConnections = 300;
/** The soak has patience with its own database, however busy the machine is. */
const patienceMs = 600_000;

export async function openSoakDatabase(durable: boolean): Promise<SoakDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "nod-soak-"));
  await chmod(folder, 0o755); // PostgreSQL's own account passes through it
  const settings = { folder, durable, maxConnections };
  let cluster: Cluster = await startCluster(settings);
  const { port } = cluster;
  const endAtOnce = (): void => {
    process.kill(cluster.pid, "SIGQUIT");
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  process.once("exit", endAtOnce);
  const ownerUrl = cluster.ownerUrl(databaseName);
  await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, databaseName);
  await runOnce(ownerUrl, notesSql);
  await migrate({ url: ownerUrl, directory: join(import.meta.dirname, "../migrations") });
  const owner = createPool({
    url: ownerUrl, applicationName: "soak", maxConnections: 4, statementTimeoutMs: patienceMs, lockTimeoutMs: patienceMs, connectTimeoutMs: patienceMs, idleInTransactionTimeoutMs: patienceMs,
    onIdleConnectionLost: () => undefined,
  });
  return {
    folder,
    ownerUrl,
    workerUrl: cluster.appUrl(databaseName),
    webUrl: cluster.webUrl(databaseName),
    owner,
    restart: async () => {
      const began = performance.now();
      await cluster.stop();
      cluster = await startCluster(settings);
      if (cluster.port !== port) throw new Error(`PostgreSQL came back on port ${cluster.port}: another program has taken ${port}`);
      return performance.now() - began;
    },
    close: async () => {
      await owner.end();
      await cluster.stop();
      process.off("exit", endAtOnce);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
