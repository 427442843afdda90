/** One PostgreSQL for a whole run of simulations, and a migrated template in it that each database is copied from. */
import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../../src/db/cluster.ts";
import { migrate } from "../../src/db/migrate.ts";
import { prepareRoleAndDatabase } from "../../src/db/open-database.ts";
import { notesSql } from "../checker/notes.ts";
import { template, withOurClock, type Addresses } from "./database.ts";
import { clockSql, migrationsByOurClockSql } from "./shadow-clock.ts";
import { beginAnewSql } from "./begin-anew.ts";
import { runOnce } from "./run-once.ts";

export type Stage = { addresses: Addresses; close(): Promise<void> };

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "nod-chaos-"));
  await chmod(folder, 0o755); // PostgreSQL's own account passes through it
  const cluster = await startCluster({ folder, durable: false });
  let closed = false;
  process.once("exit", () => {
    if (closed) return;
    process.kill(cluster.pid, "SIGQUIT");
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  const close = async (): Promise<void> => {
    await cluster.stop();
    closed = true;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // Tables are swept between two worlds (world-database.ts), when nobody is in the middle of anything.
    await runOnce(cluster.ownerUrl("postgres"), "alter system set autovacuum = off", "select pg_reload_conf()");
    await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, template);
    await runOnce(cluster.ownerUrl(template), withOurClock(template));
    await runOnce(cluster.ownerUrl(template), notesSql, clockSql);
    await migrate({ url: cluster.ownerUrl(template), directory: join(import.meta.dirname, "../../migrations") });
    await runOnce(cluster.ownerUrl(template), migrationsByOurClockSql, beginAnewSql);
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses: { owner: cluster.ownerUrl(""), app: cluster.appUrl(""), web: cluster.webUrl("") }, close };
}
