/** Creates the data folder of an embedded cluster, once, and refuses one that this PostgreSQL cannot read. */
import { chown, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { spawnAs } from "./cluster-binaries.ts";
import type { ClusterAccount, ClusterBinaries } from "./cluster-binaries.ts";
import { newAccess, readAccess, readDataVersion, writeAccess } from "./cluster-folder.ts";
import type { ClusterFolder } from "./cluster-folder.ts";

/** The cluster's superuser: owns the databases and runs the migrations. */
export const ownerRole = "nod_owner";
/** The role as which the server connects; it owns nothing. */
export const appRole = "nod_app";

/**
 * Leaves existing data alone. New data is made in a folder beside and moved into place when it is
 * complete, so that a killed first start leaves nothing half made.
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
  const access = (await readAccess(folder)) ?? (await newAccess());
  await writeAccess(folder, access);
  const draft = `${folder.data}.new`;
  const passwordFile = join(folder.root, "postgres-password.new");
  try {
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, access.ownerPassword, { mode: 0o600 });
    if (account.ids !== undefined) {
      await chown(draft, account.ids.uid, account.ids.gid);
      await chown(passwordFile, account.ids.uid, account.ids.gid);
    }
    await initialise(account, binaries, draft, passwordFile);
    await rename(draft, folder.data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
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
