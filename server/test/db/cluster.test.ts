import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { openClusterFolder, readPostmaster, servesFolder } from "../../src/db/cluster-folder.ts";
import { startCluster } from "../../src/db/cluster.ts";
import type { Cluster, ClusterSettings } from "../../src/db/cluster.ts";
import { openDatabase } from "../../src/db/open-database.ts";

let prepared: string;
let parent: string;
let folder: string;

beforeAll(async () => {
  prepared = await temporaryFolder();
  await (await startCluster({ folder: join(prepared, ".data") })).stop();
});

afterAll(async () => {
  await rm(prepared, { recursive: true });
});

beforeEach(async () => {
  parent = await temporaryFolder();
  folder = join(parent, ".data");
});

/** PostgreSQL's own account must be able to pass through it. */
async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(inject("scratchFolder"), "cluster-"));
  await chmod(path, 0o755);
  return path;
}

/** What an earlier start left, without the second that creating it takes. */
async function withData(): Promise<void> {
  await promisify(execFile)("cp", ["-a", join(prepared, ".data"), folder]);
}

afterEach(async () => {
  await killServer();
  await rm(parent, { recursive: true });
});

async function serverPid(): Promise<number | undefined> {
  const places = await openClusterFolder(folder);
  const postmaster = await readPostmaster(places);
  return postmaster !== undefined && (await servesFolder(postmaster.pid, places)) ? postmaster.pid : undefined;
}

async function killServer(): Promise<void> {
  const pid = await serverPid();
  if (pid === undefined) return;
  process.kill(pid, "SIGKILL");
  const places = await openClusterFolder(folder);
  await expect.poll(() => servesFolder(pid, places)).toBe(false);
}

async function start(settings: Partial<ClusterSettings> = {}): Promise<Cluster> {
  const cluster = await startCluster({ folder, ...settings });
  onTestFinished(() => cluster.stop());
  return cluster;
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Another process that owns the folder, up to the line that starts with `until`. */
async function startChild(until: string): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../support/cluster-child.ts"), folder], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith(until)) return { child, line };
  throw new Error(`the child ended before it said "${until}"`);
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("it starts, keeps its data and its port over a stop, and leaves no process behind", async () => {
  const first = await start();
  await query(first.ownerUrl("postgres"), "create table kept as select 42 as answer");
  await first.stop();
  expect(await serverPid()).toBeUndefined();
  const second = await start();
  expect(second).toMatchObject({ port: first.port, adopted: false });
  expect(await query(second.ownerUrl("postgres"), "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("its passwords are readable by its owner only, and needed", async () => {
  await withData();
  const cluster = await start();
  expect((await stat(join(folder, "postgres/nod-access.json"))).mode & 0o777).toBe(0o600);
  const wrong = new URL(cluster.ownerUrl("postgres"));
  wrong.password = "wrong";
  await expect(query(wrong.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
  expect(await readdir(folder)).toEqual(["postgres", "postgres.log"]);
});

test("strings sort by code point in UTF-8, and the clock is UTC, on every machine", async () => {
  await withData();
  const cluster = await start();
  expect(
    await query(cluster.ownerUrl("postgres"), "select pg_encoding_to_char(encoding) as encoding, 'B' < 'a' as by_code_point, upper('é') as upper, current_setting('timezone') as zone from pg_database where datname = 'postgres'"),
  ).toEqual([{ encoding: "UTF8", by_code_point: true, upper: "É", zone: "UTC" }]);
});

describe("after a kill", () => {
  test("the server that stayed up is adopted, with everything that was committed", async () => {
    const { child, line } = await startChild("ready ");
    const url = line.replace("ready ", "");
    await query(url, "create table kept as select 42 as answer");
    const pid = await serverPid();
    await kill(child);
    const database = await openDatabase({ dataFolder: folder });
    onTestFinished(() => database.stop());
    expect(database.adopted).toBe(true);
    expect(await serverPid()).toBe(pid);
    expect(database.ownerUrl).toBe(url);
    expect(await query(database.ownerUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
    await database.stop();
    expect(await serverPid()).toBeUndefined();
  });

  test("a server that is slow to notice it is waited for", async () => {
    await withData();
    const { child, line } = await startChild("ready ");
    const [backend] = await query(line.replace("ready ", ""), "select pid from pg_stat_activity where application_name like 'nod-owner %'");
    const { pid } = backend as { pid: number };
    process.kill(pid, "SIGSTOP");
    try {
      await kill(child);
      const starting = start();
      // Longer than one waits whose owner is there.
      await Promise.race([starting, sleep(3_000)]);
      process.kill(pid, "SIGCONT");
      expect((await starting).adopted).toBe(true);
    } catch (error) {
      process.kill(pid, "SIGCONT");
      throw error;
    }
  });

  test("when the server was killed too, its lock file is cleared and nothing committed is lost", async () => {
    const { child, line } = await startChild("ready ");
    await query(line.replace("ready ", ""), "create table kept as select 42 as answer");
    await kill(child);
    await killServer();
    const database = await openDatabase({ dataFolder: folder });
    onTestFinished(() => database.stop());
    expect(database.adopted).toBe(false);
    expect(await query(database.ownerUrl, "select answer from kept")).toEqual([{ answer: 42 }]);
  });

  test("a lock file whose number now belongs to another program is cleared, and that program is left alone", async () => {
    await withData();
    const bystander = spawn("sleep", ["600"]);
    onTestFinished(() => void bystander.kill());
    await writeFile(join(folder, "postgres/postmaster.pid"), `${bystander.pid}\n${folder}/postgres\n0\n5432\n\n127.0.0.1\n\nready\n`);
    const lines: string[] = [];
    expect((await start({ log: (line) => lines.push(line) })).adopted).toBe(false);
    expect(lines).toEqual(["clearing the lock file of a database that is gone"]);
    expect(bystander.exitCode).toBeNull();
  });

  test("a first start that was killed while it created the data begins again", async () => {
    const { child } = await startChild("creating the database folder");
    await expect.poll(async () => (await readdir(folder)).length).toBeGreaterThan(0);
    await sleep(100);
    await kill(child);
    const cluster = await start();
    expect(await query(cluster.ownerUrl("postgres"), "select 1 as one")).toEqual([{ one: 1 }]);
    expect(await readdir(folder)).toEqual(["postgres", "postgres.log"]);
  });
});

describe("one owner at a time", () => {
  test("a second start is refused with the other process's number, and does not disturb it", async () => {
    await withData();
    const { child, line } = await startChild("ready ");
    await expect(startCluster({ folder })).rejects.toThrow(`another Nod (process ${child.pid}) is running`);
    expect(await query(line.replace("ready ", ""), "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("of two first starts at the same time, one serves and the other is refused", async () => {
    const results = await Promise.allSettled([startCluster({ folder }), startCluster({ folder })]);
    onTestFinished(async () => {
      for (const result of results) if (result.status === "fulfilled") await result.value.stop();
    });
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(results.find((result) => result.status === "rejected")?.reason).toMatchObject({ name: "ClusterInUse" });
  });

  test("one that joins uses the running server and leaves it running", async () => {
    await withData();
    const owner = await start();
    const guest = await start({ inUse: "join" });
    expect(guest).toMatchObject({ port: owner.port, adopted: true });
    await guest.stop();
    expect(await serverPid()).toBe(owner.pid);
  });

  test("one that joins a folder where nothing runs starts the server, and stops it", async () => {
    await withData();
    const alone = await start({ inUse: "join" });
    await alone.stop();
    expect(await serverPid()).toBeUndefined();
  });
});

describe("what stands in the way is said", () => {
  test("data of another major version, which is not touched", async () => {
    await withData();
    await writeFile(join(folder, "postgres/PG_VERSION"), "16\n");
    await expect(startCluster({ folder })).rejects.toThrow(/was written by PostgreSQL 16, and this is PostgreSQL 18/);
    expect(await readFile(join(folder, "postgres/PG_VERSION"), "utf8")).toBe("16\n");
  });

  test("a lost password file", async () => {
    await withData();
    await rm(join(folder, "postgres/nod-access.json"));
    await expect(startCluster({ folder })).rejects.toThrow(/nod-access\.json is missing/);
  });

  test("damaged data: the end of the server's own log", async () => {
    await withData();
    await writeFile(join(folder, "postgres/postgresql.conf"), "nonsense = on\n");
    await expect(startCluster({ folder })).rejects.toThrow(/did not start:[^]*unrecognized configuration parameter "nonsense"/);
  });

  test("a server that goes away by itself is reported", async () => {
    await withData();
    const lost = Promise.withResolvers<Error>();
    const cluster = await start({ onLost: lost.resolve });
    process.kill(cluster.pid, "SIGKILL");
    expect(await lost.promise).toBeInstanceOf(Error);
  });
});

test("when its port was taken meanwhile it moves to another and remembers it", async () => {
  await withData();
  const first = await start();
  await first.stop();
  const squatter = createServer().listen(first.port, "127.0.0.1");
  await once(squatter, "listening");
  onTestFinished(() => void squatter.close());
  const second = await start();
  expect(second.port).not.toBe(first.port);
  await second.stop();
  expect((await start()).port).toBe(second.port);
});

test("it works under a folder that is closed to all but its owner", async () => {
  const closed = join(parent, "closed");
  await mkdir(closed, { mode: 0o700 });
  folder = join(closed, ".data");
  const cluster = await start();
  expect(await query(cluster.ownerUrl("postgres"), "select 1 as one")).toEqual([{ one: 1 }]);
});
