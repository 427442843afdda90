import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { makePartitions } from "../../src/db/partitions-table.ts";
import { writeArchive } from "../../src/trading/audit/archive-file.ts";
import { archiveOldestMonth } from "../../src/trading/audit/archive-month.ts";
import { recordEvents, type AuditEvent } from "../../src/trading/audit/events-table.ts";
import { verifyArchives } from "../../src/trading/audit/verify-archives.ts";
import { verifyChains } from "../../src/trading/audit/verify-chains.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { monthAgo, recordLongAgo, shadowLogClock } from "../support/past-events.ts";

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = join(inject("scratchFolder"), `archive-${newUuid()}`);
  await shadowLogClock(database);
});
afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const event = (firebaseUid: string | null, data: Record<string, unknown> = {}): AuditEvent => ({ firebaseUid, kind: "config_changed", questionId: newUuid(), data });
const archive = (keepMonths = 6): Promise<string | null> => archiveOldestMonth(database.pool, { folder, keepMonths });

/** Eight months ago, seven months ago and now: what of it is in which chain is known. */
async function threeMonths(): Promise<void> {
  await recordLongAgo(database, { months: 8 }, [event("alice", { n: 1 }), event("bob", { text: "\u001f ü \" \\ \n", n: 1.1 }), event(null, { n: 1 }), event("alice", { n: 2 })]);
  await recordLongAgo(database, { months: 7 }, [event("alice", { n: 3 }), event("carol", { n: 1 })]);
  await recordEvents(database.pool, [event("alice", { n: 4 }), event("bob", { n: 2 })]);
  await makePartitions(database.pool, "events", 1);
}

/** Under the guard that keeps everybody from it. */
async function tamper(sql: string): Promise<void> {
  await database.ownerPool.query(`alter table event_archives disable trigger user; alter table event_anchors disable trigger user; ${sql}; alter table event_archives enable trigger user; alter table event_anchors enable trigger user`);
}

describe("a month of the log that is old enough", () => {
  test("goes to a file and then from the database; every chain stays whole, the archives too, and goes on", async () => {
    await threeMonths();
    const [eight, seven] = [await monthAgo(database.pool, 8), await monthAgo(database.pool, 7)];
    const { fingerprint } = await verifyChains(database.pool);
    expect(await archive()).toBe(eight);
    expect(await verifyChains(database.pool)).toEqual({ users: 3, events: 4, archived: 4, breaks: [], fingerprint });
    expect(await archive()).toBe(seven);
    expect(await archive()).toBe(null);
    expect(await readdir(folder)).toEqual([`${eight}.ndjson.gz`, `${seven}.ndjson.gz`]);
    expect(await verifyChains(database.pool)).toEqual({ users: 3, events: 2, archived: 6, breaks: [], fingerprint });
    expect(await verifyArchives(database.pool, folder)).toEqual({ archives: 2, events: 6, breaks: [] });

    await recordEvents(database.pool, [event("carol", { n: 2 }), event("alice", { n: 5 }), event(null, { n: 2 }), event("dora")]);
    expect(await verifyChains(database.pool)).toMatchObject({ users: 4, events: 6, archived: 6, breaks: [] });
    const { rows } = await database.pool.query("select place::int4 from events where firebase_uid = 'carol'");
    expect(rows).toEqual([{ place: 2 }]);
  });

  test("is a file that says all by itself: each event once, in the order of the chains", async () => {
    await threeMonths();
    const { rows } = await database.ownerPool.query("select firebase_uid, place::int4, data from events where data @> '{\"n\": 1}' or data @> '{\"n\": 2}' or data @> '{\"n\": 1.1}' order by 1, 2");
    const name = await archive();
    const lines = gunzipSync(await readFile(join(folder, `${name}.ndjson.gz`))).toString("utf8").trimEnd().split("\n").map((line): Record<string, unknown> => Object(JSON.parse(line)));
    expect(lines.map((line) => [line["firebase_uid"], line["place"]])).toEqual([[null, 1], ["alice", 1], ["alice", 2], ["bob", 1]]);
    expect(lines.map((line) => JSON.parse(String(line["data"])) as unknown)).toEqual([{ n: 1 }, { n: 1 }, { n: 2 }, rows.find((row) => row["firebase_uid"] === "bob")?.["data"]]);
  });

  test("also when events took their places in another order than the clock's around a month's end", async () => {
    await recordLongAgo(database, { months: 7 }, [event("alice", { n: 1 }), event("alice", { n: 2 })]);
    await recordLongAgo(database, { months: 8, into: "27 days" }, [event("alice", { n: 3 }), event("bob", { n: 1 })]);
    await recordLongAgo(database, { months: 7 }, [event("alice", { n: 4 }), event("bob", { n: 2 })]);
    await recordLongAgo(database, { months: 8, into: "27 days" }, [event("alice", { n: 5 })]);
    await makePartitions(database.pool, "events", 1);
    for (const archived of [3, 4]) {
      await archive();
      expect(await verifyChains(database.pool)).toMatchObject({ users: 2, events: 7 - (archived === 3 ? 3 : 7), archived: archived === 3 ? 3 : 7, breaks: [] });
      expect(await verifyArchives(database.pool, folder)).toMatchObject({ breaks: [] });
    }
    await recordEvents(database.pool, [event("alice", { n: 6 })]);
    expect(await verifyChains(database.pool)).toMatchObject({ events: 1, archived: 7, breaks: [] });
  });

  test("is written again when the process died between the file and the drop", async () => {
    await threeMonths();
    const name = await monthAgo(database.pool, 8);
    await writeArchive(folder, name, (async function* () {})());
    expect(await archive()).toBe(name);
    expect(await verifyArchives(database.pool, folder)).toMatchObject({ archives: 1, events: 4, breaks: [] });
  });

  test("stays where it is when the file holds something else, and for three whole months whatever is asked for", async () => {
    await threeMonths();
    await recordLongAgo(database, { months: 3 }, [event("alice", { n: 5 })]);
    await makePartitions(database.pool, "events", 1);
    const drop = (name: string, events: number, digest: string): Promise<unknown> =>
      database.pool.query("select drop_archived_events($1, $2, decode($3, 'hex'), 'x', decode($4, 'hex'))", [name, events, digest, "0".repeat(64)]);
    await expect(drop(await monthAgo(database.pool, 8), 4, "0".repeat(64))).rejects.toThrow("holds something else than what was archived");
    await expect(drop(await monthAgo(database.pool, 8), 3, "0".repeat(64))).rejects.toThrow("holds something else than what was archived");
    await expect(drop(await monthAgo(database.pool, 3), 1, "0".repeat(64))).rejects.toThrow("three whole months of the log stay");
    await expect(drop("events_default", 0, "0".repeat(64))).rejects.toThrow("the log has no month events_default");
    await expect(drop("users", 0, "0".repeat(64))).rejects.toThrow("the log has no month users");
    await expect(archive(2)).resolves.toBe(await monthAgo(database.pool, 8));
    await archive(2);
    await expect(archive(2)).rejects.toThrow("three whole months of the log stay");
    expect(await verifyChains(database.pool)).toMatchObject({ events: 3, archived: 6, breaks: [] });
  });
});

test("the application can neither change the log and its archives, nor drop a month but by the way over a file", async () => {
  await threeMonths();
  await archive();
  const part = await monthAgo(database.pool, 7);
  for (const statement of [
    "update events set kind = 'changed'", "delete from events", "truncate events", "insert into events (kind, place, hash_before, hash) values ('forged', 9, '', '')",
    `select from ${part}`, `update ${part} set kind = 'changed'`, `delete from ${part}`, `truncate ${part}`, `drop table ${part}`, `alter table events detach partition ${part}`,
    "update event_archives set file = 'x'", "delete from event_anchors", "truncate event_archives", "insert into event_anchors values ('alice', 9, 9, '', '', 'x')", "select guard_partition('events', 'users')",
  ]) {
    await expect(database.pool.query(statement)).rejects.toMatchObject({ code: "42501" });
  }
  await expect(database.webPool.query(`select drop_archived_events('${part}', 0, '', '', '')`)).rejects.toMatchObject({ code: "42501" });
  for (const statement of [`update ${part} set kind = 'changed'`, `delete from ${part}`, `truncate ${part}`]) await expect(database.ownerPool.query(statement)).rejects.toThrow("events is append-only");
  for (const statement of ["update event_archives set file = 'x'", "delete from event_anchors", "truncate event_anchors"]) await expect(database.ownerPool.query(statement)).rejects.toThrow("is append-only");
});

describe("an archive that somebody touched is found", () => {
  let name: string;
  let path: string;
  beforeEach(async () => {
    await threeMonths();
    name = (await archive()) ?? "";
    path = join(folder, `${name}.ndjson.gz`);
  });
  const breaks = async (): Promise<unknown> => (await verifyArchives(database.pool, folder)).breaks;

  /** As the owner of the database and of the folder could: the file rewritten, and its digest with it. */
  async function rewrite(change: (lines: string[]) => string[]): Promise<void> {
    const lines = gunzipSync(await readFile(path)).toString("utf8").trimEnd().split("\n");
    const file = gzipSync(`${change(lines).join("\n")}\n`);
    await writeFile(path, file);
    await tamper(`update event_archives set file_digest = decode('${createHash("sha256").update(file).digest("hex")}', 'hex')`);
  }

  test("by its digest", async () => {
    const file = await readFile(path);
    file[file.length - 12] = (file[file.length - 12] ?? 0) ^ 1;
    await writeFile(path, file);
    expect(await breaks()).toEqual([{ archive: name, reason: "its file is not the one that was written" }]);
  });

  test("by its absence", async () => {
    await rm(path);
    expect(await breaks()).toEqual([{ archive: name, reason: expect.stringMatching(/^its file cannot be read: ENOENT/) }]);
  });

  test("when it is no archive any more", async () => {
    await writeFile(path, "nothing");
    await tamper(`update event_archives set file_digest = decode('${createHash("sha256").update("nothing").digest("hex")}', 'hex')`);
    expect(await breaks()).toEqual([{ archive: name, reason: expect.stringMatching(/^its file cannot be read: /) }]);
  });

  test.each([
    ["an event that says something else", (lines: string[]) => lines.map((line) => line.replace('{\\"n\\": 2}', '{\\"n\\": 7}')), "number 2 of alice: it says something else than when it was written"],
    ["an event of another time", (lines: string[]) => lines.map((line, index) => (index === 1 ? line.replace(/"at":"\d{4}/, '"at":"2001') : line)), "number 1 of alice: it says something else than when it was written"],
    ["an event that is missing in the middle", (lines: string[]) => lines.toSpliced(1, 1), "number 2 of alice: it does not begin where the chain left off"],
    ["an event that is missing at the end of a chain", (lines: string[]) => lines.toSpliced(2, 1), "number 1 of bob: the stretch before it ends elsewhere than when it was archived"],
    ["a chain that is missing", (lines: string[]) => lines.slice(0, -1), "1 stretches of chains are not in it"],
    ["an event that is there twice", (lines: string[]) => [...lines.slice(0, 2), ...lines.slice(1)], "number 1 of alice: the stretch before it ends elsewhere than when it was archived"],
  ])("by its chains, with its digest made right: %s", async (_, change, reason) => {
    await rewrite(change);
    expect(await breaks()).toEqual([{ archive: name, reason }]);
  });

  test.each([
    ["an anchor taken away", "delete from event_anchors where chain = 'alice'", { firebaseUid: "alice", place: 3, reason: "it is number 3 and follows number 0" }],
    ["an anchor that ends in another hash", "update event_anchors set hash = sha256('forged') where chain = 'alice'", { firebaseUid: "alice", place: 3, reason: "it does not follow the event before it" }],
    ["an anchor of more than was there", "update event_anchors set last_place = 2 where chain = 'bob'", { firebaseUid: "bob", place: 2, reason: "it is number 2 and follows number 2" }],
  ])("by the chains in the database: %s", async (_, sql, found) => {
    await tamper(sql);
    expect((await verifyChains(database.pool)).breaks).toMatchObject([found]);
    expect(await breaks()).toMatchObject([{ archive: name }]);
  });
});

describe("npm run audit:verify", () => {
  const command = async (archiveFolder: string): Promise<{ code: number; out: string; err: string }> =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, "../../src/verify-audit.ts")], { env: { DATABASE_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl, RETENTION_ARCHIVE_DIR: archiveFolder } }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: unknown) => ({ code: Number(Object(error).code), out: String(Object(error).stdout), err: String(Object(error).stderr) }),
    );

  test("reads the archives too, and fails when one is not what was written", async () => {
    await threeMonths();
    const name = await archive();
    const whole = await command(folder);
    expect(whole).toMatchObject({ code: 0, err: "" });
    expect(whole.out).toContain("3 users, 4 events, and 4 in 1 archive");
    expect(whole.out).toContain("every chain is whole");
    const elsewhere = await command(join(folder, "elsewhere"));
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.err).toContain(`BROKEN: the archive ${name}: its file cannot be read`);
  });
});
