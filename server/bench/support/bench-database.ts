import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../../src/db/cluster.ts";
import { migrate } from "../../src/db/migrate.ts";
import { prepareRoleAndDatabase } from "../../src/db/open-database.ts";
import { createPool, type Pool } from "../../src/db/pool.ts";

/** A PostgreSQL of its own, as durable as in earnest, that is gone afterwards. `webUrl`: of the role that sees one user at a time. */
export type BenchDatabase = { pool: Pool; ownerPool: Pool; webUrl: string; workerUrl: string; ownerUrl: string; close(): Promise<void> };

export async function openBenchDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "nod-bench-"));
  await chmod(folder, 0o755); // PostgreSQL's own account passes through it
  const cluster = await startCluster({ folder });
  const endAtOnce = (): void => {
    process.kill(cluster.pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  const interrupted = (): never => process.exit(130); // which ends the cluster, as an uncaught error does
  process.once("exit", endAtOnce).once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const name = "bench";
  await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, name);
  await migrate({ url: cluster.ownerUrl(name), directory: join(import.meta.dirname, "../../migrations") });
  const statementTimeoutMs = 300_000;
  const pool = createPool({ url: cluster.appUrl(name), applicationName: "bench", maxConnections: 4, statementTimeoutMs });
  const ownerPool = createPool({ url: cluster.ownerUrl(name), applicationName: "bench-owner", maxConnections: 2, statementTimeoutMs });
  return {
    pool,
    ownerPool,
    webUrl: cluster.webUrl(name),
    workerUrl: cluster.appUrl(name),
    ownerUrl: cluster.ownerUrl(name),
    close: async () => {
      await Promise.all([pool.end(), ownerPool.end()]);
      await cluster.stop();
      process.off("exit", endAtOnce).off("SIGINT", interrupted).off("SIGTERM", interrupted);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
