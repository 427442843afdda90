/** Creates the data folder of an embedded cluster, once, and refuses one that this PostgreSQL cannot read. */
import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { spawnAs } from "./cluster-binaries.ts";
import type { ClusterAccount, ClusterBinaries } from "./cluster-binaries.ts";
import { commandLine, newAccess, readDataVersion, writeAccess } from "./cluster-folder.ts";
import type { ClusterFolder } from "./cluster-folder.ts";

/** The cluster's superuser: owns the databases and runs the migrations. */
export const ownerRole = "nod_owner";
/** The role of what is done for all users; it owns nothing. */
export const appRole = "nod_app";
/** The role of what is done for one user, who sees his own rows only; it owns nothing. */
export const webRole = "nod_web";

const draftPrefix = "postgres.new-";

/**
 * Leaves existing data alone. New data is made in a folder beside and moved into place when it is
 * complete: a killed first start leaves nothing half made, and of two first starts one wins.
 * @throws when the data was written by another major version
 */
export async function createData(folder: ClusterFolder, binaries: ClusterBinaries, account: ClusterAccount, log: (line: string) => void): Promise<void> {
  const version = await readDataVersion(folder);
  if (version === binaries.majorVersion) return;
  if (version !== undefined) {
    throw new Error(
      `the data in ${folder.data} was written by PostgreSQL ${version}, and this is PostgreSQL ${binaries.majorVersion}: ` +
        `take a dump with the Nod that wrote it, move the folder away, start, and restore the dump`,
    );
  }
  log("creating the database folder (first start only)");
  await clearAbandonedDrafts(folder);
  // A folder of its own: the initdb of a start that was killed may still be writing to the last one.
  const draft = join(folder.root, `${draftPrefix}${process.pid}-${randomBytes(4).toString("hex")}`);
  const passwordFile = `${draft}.password`;
  try {
    const access = await newAccess();
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, access.ownerPassword, { mode: 0o600 });
    if (account.ids !== undefined) {
      await chown(draft, account.ids.uid, account.ids.gid);
      await chown(passwordFile, account.ids.uid, account.ids.gid);
    }
    await initialise(account, binaries, draft, passwordFile);
    await writeAccess(draft, access);
    await rename(draft, folder.data);
  } catch (error) {
    if ((await readDataVersion(folder)) === undefined) throw error; // otherwise another start was first, and its data is as good
  } finally {
    await removeDraft(passwordFile);
    await removeDraft(draft);
  }
}

async function clearAbandonedDrafts(folder: ClusterFolder): Promise<void> {
  for (const name of await readdir(folder.root)) {
    if (!name.startsWith(draftPrefix)) continue;
    const maker = Number.parseInt(name.slice(draftPrefix.length), 10);
    if ((await commandLine(maker)) === "") await removeDraft(join(folder.root, name));
  }
}

/** Tried again while an orphaned initdb is still adding files; it gives up when they vanish. */
async function removeDraft(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

async function initialise(account: ClusterAccount, binaries: ClusterBinaries, draft: string, passwordFile: string): Promise<void> {
  const child = spawnAs(account, binaries.initdb, [
    `--pgdata=${draft}`,
    `--username=${ownerRole}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    // The same order of strings and the same messages on every machine.
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ], { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`initdb failed (${code ?? "killed"}): ${complaint.trim()}`);
}
