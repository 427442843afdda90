/**
 * One PostgreSQL for a whole test run: in a temporary folder, without fsync, with the migrations
 * applied once to a template database that `database.ts` copies for each test file.
 *
 * The folder also has room for what tests leave on disk (`scratchFolder`). It goes when the run ends,
 * however it ends, with every server in it; what a killed run left is cleared by the next one.
 */
import { globSync, rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
  webUrl: string;
  template: string;
}

declare module "vitest" {
  interface ProvidedContext {
    testCluster: TestCluster;
    /** For files and servers of tests; PostgreSQL's own account may pass through it. */
    scratchFolder: string;
  }
}

const template = "nod_template";
const folderPrefix = "nod-test-";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await clearKilledRuns();
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  const scratchFolder = join(folder, "scratch");
  const endAtOnce = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  process.once("exit", endAtOnce);
  const teardown = async (): Promise<void> => {
    await killServers(folder);
    process.off("exit", endAtOnce);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await chmod(folder, 0o755);
    await mkdir(scratchFolder, { mode: 0o755 });
    const cluster = await startCluster({ folder, durable: false });
    process.prependOnceListener("exit", () => signal(cluster.pid, "SIGKILL"));
    await prepareRoleAndDatabase(cluster.ownerUrl("postgres"), cluster.appPassword, template);
    await migrate({ url: cluster.ownerUrl(template), directory: join(import.meta.dirname, "../../migrations") });
    project.provide("testCluster", { ownerUrl: cluster.ownerUrl("DATABASE"), appUrl: cluster.appUrl("DATABASE"), webUrl: cluster.webUrl("DATABASE"), template });
    project.provide("scratchFolder", scratchFolder);
    return async () => {
      await cluster.stop();
      await teardown();
    };
  } catch (error) {
    await teardown();
    throw error;
  }
}

/** Of runs that were killed before they could end by themselves. */
async function clearKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || (await commandLine(Number(pid))).includes("vitest")) continue;
    const folder = join(tmpdir(), name);
    await killServers(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Ends every PostgreSQL whose data lies below the folder, without ado: nothing of it is kept. */
async function killServers(folder: string): Promise<void> {
  for (const lockFile of globSync(["postgres/postmaster.pid", "scratch/*/.data/postgres/postmaster.pid", "scratch/*/*/.data/postgres/postmaster.pid"], { cwd: folder })) {
    const cluster = await openClusterFolder(join(folder, dirname(dirname(lockFile))));
    const postmaster = await readPostmaster(cluster);
    if (postmaster === undefined || !(await servesFolder(postmaster.pid, cluster))) continue;
    signal(postmaster.pid, "SIGQUIT");
    for (let waits = 0; waits < 200 && (await servesFolder(postmaster.pid, cluster)); waits += 1) await sleep(25);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
