/**
 * One PostgreSQL for a whole test run: in a temporary folder, without fsync, with the migrations
 * applied once to a template database that `database.ts` copies for each test file.
 *
 * It goes when the run ends, however it ends; what a killed run left is cleared by the next one.
 */
import { rmSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import { commandLine, openClusterFolder, readPostmaster, servesFolder } from "../../src/db/cluster-folder.ts";
import { startCluster } from "../../src/db/cluster.ts";
import { migrate } from "../../src/db/migrate.ts";
import { prepareRoleAndDatabase } from "../../src/db/open-database.ts";

/** What a test file needs to make its own database. */
export interface TestCluster {
  /** URLs with `DATABASE` in the place of the database's name. */
  ownerUrl: string;
  appUrl: string;
  template: string;
}

declare module "vitest" {
  interface ProvidedContext {
    testCluster: TestCluster;
  }
}

const template = "nod_template";
const folderPrefix = "nod-test-";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await clearKilledRuns();
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  await chmod(folder, 0o755); // PostgreSQL's own account passes through it
  const cluster = await startCluster({ folder, durable: false }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const endAtOnce = (): void => {
    process.kill(cluster.pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  process.once("exit", endAtOnce);
  try {
    await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, template);
    await migrate({ url: cluster.ownerUrl(template), directory: join(import.meta.dirname, "../../migrations") });
  } catch (error) {
    process.off("exit", endAtOnce);
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  project.provide("testCluster", { ownerUrl: cluster.ownerUrl("DATABASE"), appUrl: cluster.appUrl("DATABASE"), template });
  return async () => {
    await cluster.stop();
    process.off("exit", endAtOnce);
    await rm(folder, { recursive: true, force: true });
  };
}

/** Stops and removes the clusters of runs that were killed before they could. */
async function clearKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || (await commandLine(Number(pid))).includes("vitest")) continue;
    const folder = await openClusterFolder(join(tmpdir(), name));
    const postmaster = await readPostmaster(folder);
    if (postmaster !== undefined && (await servesFolder(postmaster.pid, folder))) {
      process.kill(postmaster.pid, "SIGQUIT");
      for (let waits = 0; waits < 200 && (await servesFolder(postmaster.pid, folder)); waits += 1) await sleep(25);
    }
    await rm(folder.root, { recursive: true, force: true });
  }
}
