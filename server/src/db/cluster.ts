/**
 * The PostgreSQL that Nod brings along, in a folder of its own.
 *
 *   const cluster = await startCluster({ folder: ".data" });
 *   cluster.ownerUrl("nod"); cluster.appUrl("nod");
 *   await cluster.stop();
 *
 * The server runs in a session of its own, so that Ctrl-C reaches Nod alone and Nod ends the
 * database after it has finished with it. When Nod is killed the server stays up; the next start
 * finds it by its lock file, makes sure that it serves this folder, and adopts it.
 *
 * One Nod process at a time owns a cluster. What says so is an advisory lock held by a connection,
 * which, unlike a file, cannot outlive its process.
 */
import type { ChildProcess } from "node:child_process";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { chooseClusterAccount, findClusterBinaries, spawnAs } from "./cluster-binaries.ts";
import type { ClusterAccount, ClusterBinaries } from "./cluster-binaries.ts";
import { appRole, createData, ownerRole, webRole } from "./cluster-data.ts";
import { accessFile, clearLockFile, logLimitBytes, logSize, logTail, openClusterFolder, readAccess, readPostmaster, servesFolder, webPasswordOf, writeAccess } from "./cluster-folder.ts";
import type { ClusterAccess, ClusterFolder, Postmaster } from "./cluster-folder.ts";
import { freePort, isFree } from "./free-port.ts";

export interface ClusterSettings {
  /** Created when missing; holds the data, the passwords and the log. */
  folder: string;
  /** `refuse` (the default) fails when another process owns the cluster, `join` uses it beside that process. */
  inUse?: "refuse" | "join";
  /** False gives up safety against power loss for speed: for tests only. Default true. */
  durable?: boolean;
  /** Default 100: enough for one machine's Nod. Counts from the start of the server on. */
  maxConnections?: number;
  /** Progress lines. */
  log?: (line: string) => void;
  /** The server went away without `stop`. */
  onLost?: (error: Error) => void;
}

export interface Cluster {
  readonly port: number;
  readonly pid: number;
  /** True when the server was already running. */
  readonly adopted: boolean;
  /** Password of the role `nod_app`. */
  readonly appPassword: string;
  /** As the superuser `nod_owner`. */
  ownerUrl(database: string): string;
  /** As `nod_app`; the role must have been created. */
  appUrl(database: string): string;
  /** As `nod_web`; the role must have been created. */
  webUrl(database: string): string;
  /** Shuts the server down cleanly; one that was only joined is left running. */
  stop(): Promise<void>;
}

/** Another Nod process uses this folder. */
export class ClusterInUse extends Error {
  override readonly name = "ClusterInUse";
}

/** Loopback only, UTC, and no compiler for queries that take milliseconds. */
const serverOptions = { listen_addresses: "127.0.0.1", unix_socket_directories: "", timezone: "UTC", log_timezone: "UTC", jit: "off" };
const defaultMaxConnections = 100;
const fastOptions = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/** Crash recovery of a large log may take its time. */
const startTimeoutMs = 120_000;
const stopTimeoutMs = 30_000;
const pollMs = 40;
/** Another start may be about to be refused, or to end. */
const ownershipTimeoutMs = 2_000;
/** After a kill, the server needs a moment to notice that the owner's connection is gone; on a busy machine a long one. */
const deadOwnerTimeoutMs = 60_000;
const ownershipKey = 7_011_982_000;

/**
 * Starts the cluster of a folder, or adopts it when it is still running.
 * @throws {ClusterInUse}, and an Error that says what to do: other major version, lost password file,
 *   no binaries for this machine, server that does not come up (with the end of its log)
 */
export async function startCluster(settings: ClusterSettings): Promise<Cluster> {
  const log = settings.log ?? (() => undefined);
  const folder = await openClusterFolder(settings.folder);
  const binaries = await findClusterBinaries();
  const account = await chooseClusterAccount([binaries.postgres, folder.data]);
  await createData(folder, binaries, account, log);
  let access = await readAccess(folder.data);
  let postmaster = await findRunning(folder, access, log);
  const adopted = postmaster !== undefined;
  if (postmaster === undefined) {
    access = await launch(folder, access, binaries, account, settings);
    postmaster = await findRunning(folder, access, log);
    if (postmaster === undefined) throw new Error(`PostgreSQL did not start:\n${await logTail(folder)}`);
  } else {
    access = { ...access, port: postmaster.port };
  }
  return own(folder, access, postmaster, adopted, settings);
}

/** Starts the server on its usual port, or on a new one when another program has taken it meanwhile. */
async function launch(folder: ClusterFolder, access: ClusterAccess, binaries: ClusterBinaries, account: ClusterAccount, settings: ClusterSettings): Promise<ClusterAccess> {
  const port = (await isFree(access.port)) ? access.port : await freePort();
  const current = { ...access, port };
  if (port !== access.port) await writeAccess(folder.data, current);
  const log = await open(folder.log, (await logSize(folder)) > logLimitBytes ? "w" : "a", 0o600);
  try {
    const options = { ...serverOptions, max_connections: settings.maxConnections ?? defaultMaxConnections, ...((settings.durable ?? true) ? {} : fastOptions), port };
    const flags = Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const server = spawnAs(account, binaries.postgres, ["-D", folder.data, ...flags], { stdio: ["ignore", log.fd, log.fd], detached: true });
    await new Promise<void>((resolve, reject) => server.once("spawn", resolve).once("error", reject));
    server.unref();
    await lockFileOrEnd(server, folder);
  } finally {
    await log.close();
  }
  return current;
}

async function lockFileOrEnd(server: ChildProcess, folder: ClusterFolder): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && server.exitCode === null && server.signalCode === null) {
    if ((await readPostmaster(folder))?.pid === server.pid) return;
    await sleep(pollMs);
  }
}

/** Waits until the server of this folder answers; undefined when there is none (a stale lock file is cleared). */
async function findRunning(folder: ClusterFolder, access: ClusterAccess, log: (line: string) => void): Promise<Postmaster | undefined> {
  const deadline = Date.now() + startTimeoutMs;
  let announceAt = Date.now() + 2_000;
  for (;;) {
    const postmaster = await readPostmaster(folder);
    if (postmaster === undefined) return undefined;
    if (!(await servesFolder(postmaster.pid, folder))) {
      log("clearing the lock file of a database that is gone");
      await clearLockFile(folder);
      return undefined;
    }
    const answer = await greet(postmaster, access, folder);
    if (answer === "ready") return postmaster;
    if (Date.now() > deadline) throw new Error(`PostgreSQL (process ${postmaster.pid}) does not answer (${answer}):\n${await logTail(folder)}`);
    if (Date.now() > announceAt) {
      announceAt = Date.now() + 5_000;
      log(`waiting for the database: ${answer}`);
    }
    await sleep(pollMs);
  }
}

/** `ready`, or why not yet. A port can have passed to another server, so the server names its data folder. */
async function greet(postmaster: Postmaster, access: ClusterAccess, folder: ClusterFolder): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrlOf(postmaster.port, access, "postgres"), connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  client.on("error", () => undefined); // the awaited call rejects with it
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
    return rows[0]?.folder === folder.data ? "ready" : `another server answers on port ${postmaster.port}`;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === "28P01") {
      throw new Error(`PostgreSQL in ${folder.data} does not accept the password in ${accessFile(folder.data)}`, { cause: error });
    }
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.end();
  }
}

async function own(folder: ClusterFolder, access: ClusterAccess, postmaster: Postmaster, adopted: boolean, settings: ClusterSettings): Promise<Cluster> {
  const owner = new pg.Client({ connectionString: ownerUrlOf(postmaster.port, access, "postgres"), application_name: `nod-owner ${process.pid}`, keepAlive: true });
  let stopping = false;
  owner.on("error", (error) => {
    if (!stopping) settings.onLost?.(error);
  });
  await owner.connect();
  const owned = await takeOwnership(owner, settings.inUse ?? "refuse");
  if (!owned && settings.inUse !== "join") {
    const other = await ownerProcess(owner);
    await owner.end();
    throw new ClusterInUse(`another Nod (process ${other}) is running on the database in ${folder.root}; stop it first`);
  }
  return {
    port: postmaster.port,
    pid: postmaster.pid,
    adopted,
    appPassword: access.appPassword,
    ownerUrl: (database) => ownerUrlOf(postmaster.port, access, database),
    appUrl: (database) => urlOf(postmaster.port, appRole, access.appPassword, database),
    webUrl: (database) => urlOf(postmaster.port, webRole, webPasswordOf(access.appPassword), database),
    stop: async () => {
      if (stopping) return;
      stopping = true;
      await owner.end();
      if (owned) await shutDown(postmaster.pid, folder);
    },
  };
}

/** Waits for an owner that has ended, and hardly for one that is there. */
async function takeOwnership(owner: pg.Client, inUse: "refuse" | "join"): Promise<boolean> {
  const began = performance.now();
  for (;;) {
    const { rows } = await owner.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [ownershipKey]);
    if (rows[0]?.taken === true) return true;
    const waitedMs = performance.now() - began;
    if (inUse === "join" || waitedMs > deadOwnerTimeoutMs) return false;
    if (waitedMs > ownershipTimeoutMs && isRunning(Number(await ownerProcess(owner)))) return false;
    await sleep(pollMs);
  }
}

/** False for what is no process's number. */
function isRunning(pid: number): boolean {
  if (!(Number.isSafeInteger(pid) && pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function ownerProcess(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select activity.application_name as name
       from pg_locks lock join pg_stat_activity activity using (pid)
      where lock.locktype = 'advisory' and lock.granted and lock.classid::int8 << 32 | lock.objid::int8 = $1::int8`,
    [ownershipKey],
  );
  return rows[0]?.name.replace("nod-owner ", "") ?? "unknown";
}

/** Disconnects everyone and writes everything out; when that takes too long, leaves the rest to crash recovery. */
async function shutDown(pid: number, folder: ClusterFolder): Promise<void> {
  for (const [signal, timeoutMs] of [["SIGINT", stopTimeoutMs], ["SIGQUIT", 5_000]] as const) {
    signalProcess(pid, signal);
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      if (!(await servesFolder(pid, folder))) return;
      await sleep(pollMs);
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) did not stop:\n${await logTail(folder)}`);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function ownerUrlOf(port: number, access: ClusterAccess, database: string): string {
  return urlOf(port, ownerRole, access.ownerPassword, database);
}

function urlOf(port: number, role: string, password: string, database: string): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
}
