/**
 * What lies in the folder of an embedded cluster:
 *
 *   <folder>/postgres/                   the data
 *   <folder>/postgres/nod-access.json    port and passwords, readable by Nod's own user only; it lies with
 *                                        the data because one is of no use without the other
 *   <folder>/postgres.log                the server's own log
 */
import { execFile } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);

export interface ClusterFolder {
  root: string;
  data: string;
  log: string;
}

export interface ClusterAccess {
  port: number;
  /** The superuser `nod_owner`, which owns databases and runs migrations. */
  ownerPassword: string;
  /** The role `nod_app`. That of `nod_web` follows from it. */
  appPassword: string;
}

/** The password of `nod_web`, which whoever may be `nod_app` may know, and from which that one's cannot be told. */
export function webPasswordOf(appPassword: string): string {
  return createHmac("sha256", appPassword).update("nod_web").digest("base64url");
}

/** The first lines of PostgreSQL's `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** Creates the folder itself, nothing in it. */
export async function openClusterFolder(path: string): Promise<ClusterFolder> {
  await mkdir(path, { recursive: true });
  const root = await realpath(path);
  return { root, data: join(root, "postgres"), log: join(root, "postgres.log") };
}

/** The major version that wrote the data, or undefined when there is none yet. */
export async function readDataVersion(folder: ClusterFolder): Promise<string | undefined> {
  return (await readIfThere(join(folder.data, "PG_VERSION")))?.trim();
}

/** Of a data folder, which may still be in the making. */
export function accessFile(dataFolder: string): string {
  return join(dataFolder, "nod-access.json");
}

/** @throws when the file is missing or is not what this module wrote */
export async function readAccess(dataFolder: string): Promise<ClusterAccess> {
  const text = await readIfThere(accessFile(dataFolder));
  if (text === undefined) {
    throw new Error(`${accessFile(dataFolder)} is missing, so the database in that folder cannot be opened; put it back, or move the folder away to begin anew`);
  }
  const value: unknown = JSON.parse(text);
  if (!isAccess(value)) throw new Error(`${accessFile(dataFolder)} does not hold a port and two passwords`);
  return value;
}

function isAccess(value: unknown): value is ClusterAccess {
  return (
    typeof value === "object" && value !== null &&
    "port" in value && typeof value.port === "number" &&
    "ownerPassword" in value && typeof value.ownerPassword === "string" &&
    "appPassword" in value && typeof value.appPassword === "string"
  );
}

export async function newAccess(): Promise<ClusterAccess> {
  return { port: await freePort(), ownerPassword: randomBytes(24).toString("base64url"), appPassword: randomBytes(24).toString("base64url") };
}

/** Replaces the file in one step: a killed process leaves the old one or the new one. */
export async function writeAccess(dataFolder: string, access: ClusterAccess): Promise<void> {
  const draft = `${accessFile(dataFolder)}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, accessFile(dataFolder));
}

/** What the lock file says; it may be stale. */
export async function readPostmaster(folder: ClusterFolder): Promise<Postmaster | undefined> {
  const lines = (await readIfThere(join(folder.data, "postmaster.pid")))?.split("\n");
  const [pid, port] = [Number(lines?.[0]), Number(lines?.[3])];
  return Number.isInteger(pid) && pid > 0 ? { pid, port } : undefined;
}

export async function clearLockFile(folder: ClusterFolder): Promise<void> {
  await rm(join(folder.data, "postmaster.pid"), { force: true });
}

/**
 * Whether process `pid` is the PostgreSQL that serves this very data folder. A number in a lock file
 * proves nothing: after a restart of the machine it may be any program's.
 */
export async function servesFolder(pid: number, folder: ClusterFolder): Promise<boolean> {
  return (await commandLine(pid)).includes(folder.data);
}

/** Of a process. Empty for one that is gone, or that has ended and was not waited for. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === "linux") return (await readIfThere(`/proc/${pid}/cmdline`)) ?? "";
  return run("ps", ["-o", "command=", "-p", String(pid)]).then(({ stdout }) => stdout, () => "");
}

/** The last lines of the server's log, for an error message. */
export async function logTail(folder: ClusterFolder, lines = 8): Promise<string> {
  return ((await readIfThere(folder.log)) ?? "").trimEnd().split("\n").slice(-lines).join("\n");
}

/** Bytes after which the log starts anew at the next start. */
export const logLimitBytes = 16 * 1024 * 1024;

export async function logSize(folder: ClusterFolder): Promise<number> {
  return stat(folder.log).then(({ size }) => size, () => 0);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return undefined;
    throw error;
  }
}
