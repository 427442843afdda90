import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { migrate } from "../../src/db/migrate.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { recordEvents, type AuditEvent } from "../../src/trading/audit/events-table.ts";
import { verifyChains } from "../../src/trading/audit/verify-chains.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const event = (firebaseUid: string | null, data: Record<string, unknown> = {}): AuditEvent => ({ firebaseUid, kind: "config_changed", questionId: newUuid(), data });
const record = (...events: AuditEvent[]): Promise<void> => recordEvents(database.pool, events);

/** What nobody may do, done by the owner with the guard switched off. */
async function tamper(sql: string): Promise<void> {
  await database.ownerPool.query(`alter table events disable trigger user; ${sql}; alter table events enable trigger user`);
}
const idAt = async (uid: string, place: number): Promise<string> => {
  const { rows } = await database.ownerPool.query<{ id: string }>("select id from events where firebase_uid = $1 and place = $2", [uid, place]);
  return rows[0]?.id ?? "";
};

describe("an event that was written stays", () => {
  test("for the application, by privilege: it can add through one function only, and change nothing", async () => {
    await record(event("alice"));
    const refused = { code: "42501" };
    for (const statement of [
      "insert into events (firebase_uid, kind, place, hash_before, hash) values ('alice', 'forged', 2, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))",
      "update events set kind = 'changed'",
      "delete from events",
      "truncate events",
      "insert into event_chains (chain, length, before, digests) values ('bob', 1, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))",
      "update event_chains set length = 7",
      "delete from event_chains",
      "alter table events disable trigger user",
    ]) {
      await expect(database.pool.query(statement)).rejects.toMatchObject(refused);
    }
  });

  test("for the owner, by trigger", async () => {
    await record(event("alice"));
    for (const statement of ["update events set kind = 'changed'", "delete from events", "truncate events"]) {
      await expect(database.ownerPool.query(statement)).rejects.toThrow("events is append-only");
    }
  });
});

describe("the chains", () => {
  test("are one for each user and one for everybody, in the order in which events were given", async () => {
    await record(event("alice", { n: 1 }), event(null, { n: 2 }), event("bob", { n: 3 }), event("alice", { n: 4 }));
    await record(event("alice", { n: 5 }));
    const { rows } = await database.pool.query("select firebase_uid, place::int4, data->'n' as n from events order by firebase_uid nulls first, place");
    expect(rows.map((row) => [row["firebase_uid"], row["place"], row["n"]])).toEqual([[null, 1, 2], ["alice", 1, 1], ["alice", 2, 4], ["alice", 3, 5], ["bob", 1, 3]]);
    expect(await verifyChains(database.pool)).toMatchObject({ users: 2, events: 5, breaks: [] });
  });

  test("are not forked by many writers at once, and a writing that is rolled back leaves no gap", async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        withTransaction(database.pool, async (tx) => {
          await recordEvents(tx, n % 2 === 0 ? [event("alice", { n }), event("bob", { n }), event("alice", { n })] : [event("bob", { n }), event(null, { n }), event("alice", { n })]);
          if (n % 7 === 0) throw new Error("roll back");
        }).catch(() => undefined),
      ),
    );
    const report = await verifyChains(database.pool);
    expect(report).toMatchObject({ users: 2, breaks: [] });
    const { rows } = await database.pool.query<{ events: number; last: number }>("select count(*)::int4 as events, max(place)::int4 as last from events where firebase_uid is not null group by firebase_uid");
    expect(rows.every(({ events, last }) => events === last && events > 40)).toBe(true);
  });

  test("take text of any kind", async () => {
    await record(event("quote \" and \\ and \u001f", { text: "\u001f ü \" \\ \n", n: 1.10, nested: { b: [null, true], a: "x" } }), event("ключ", {}));
    expect(await verifyChains(database.pool)).toMatchObject({ users: 2, events: 2, breaks: [] });
  });

  test("are walked in pieces", async () => {
    await record(...Array.from({ length: 10_001 }, (_, n) => event(`u${n % 3}`)));
    expect(await verifyChains(database.pool)).toMatchObject({ users: 3, events: 10_001, breaks: [] });
  });

  test("have a fingerprint that any further event changes", async () => {
    await record(event("alice"));
    const before = await verifyChains(database.pool);
    expect((await verifyChains(database.pool)).fingerprint).toBe(before.fingerprint);
    await record(event("alice"));
    expect((await verifyChains(database.pool)).fingerprint).not.toBe(before.fingerprint);
  });

  test("begin with what was logged before there were chains", async () => {
    await database.ownerPool.query("drop schema public cascade; create schema public");
    const directory = join(inject("scratchFolder"), `chains-${newUuid()}`);
    const migrations = join(import.meta.dirname, "../../migrations");
    await mkdir(directory);
    for (const name of ["0001_users-and-config", "0002_market-data", "0003_questions", "0004_orders", "0005_application-role", "0006_readiness"]) await cp(join(migrations, `${name}.sql`), join(directory, `${name}.sql`));
    await migrate({ url: database.ownerUrl, directory });
    await database.ownerPool.query("insert into events (firebase_uid, kind, data) select case when n % 3 > 0 then 'u' || n % 3 end, 'old', jsonb_build_object('n', n) from generate_series(1, 20) n");
    await migrate({ url: database.ownerUrl, directory: migrations });
    await record(event("u1"), event(null));
    expect(await verifyChains(database.ownerPool)).toMatchObject({ users: 2, events: 22, breaks: [] });
  });
});

describe("a chain that somebody touched is found, with the first event that is wrong", () => {
  beforeEach(() => record(event("alice", { n: 1 }), event("alice", { n: 2 }), event("alice", { n: 3 }), event("bob", { n: 1 }), event(null)));

  const aHash = "sha256('forged')";
  const relinked = "hash = sha256(hash_before || event_digest(at, firebase_uid, kind, question_id, order_id, data))";
  test.each([
    ["its data changed", "update events set data = '{\"n\": 7}' where firebase_uid = 'alice' and place = 2", 2, "it says something else than when it was written"],
    ["its time changed", "update events set at = at - interval '1 microsecond' where firebase_uid = 'alice' and place = 2", 2, "it says something else than when it was written"],
    ["its order changed", `update events set order_id = '${newUuid()}' where firebase_uid = 'alice' and place = 1`, 1, "it says something else than when it was written"],
    ["its data and its hash changed", `update events set data = '{}' where firebase_uid = 'alice' and place = 2; update events set ${relinked} where firebase_uid = 'alice' and place = 2`, 3, "it does not follow the event before it"],
    ["the first removed", "delete from events where firebase_uid = 'alice' and place = 1", 2, "it is number 2 and follows number 0"],
    ["one in the middle removed", "delete from events where firebase_uid = 'alice' and place = 2", 3, "it is number 3 and follows number 1"],
    ["the last removed", "delete from events where firebase_uid = 'alice' and place = 3", 2, "the chain ends here, and its head says after 3"],
    ["one added at the end", `insert into events (firebase_uid, kind, place, hash_before, hash) select firebase_uid, 'forged', 4, hash, ${aHash} from events where firebase_uid = 'alice' and place = 3; update events set ${relinked} where place = 4`, 4, "the chain ends here, and its head says after 3"],
    ["the last rewritten with its hash", `update events set data = '{}' where firebase_uid = 'alice' and place = 3; update events set ${relinked} where firebase_uid = 'alice' and place = 3`, 3, "the head has another hash than the last event"],
    ["its head removed", "delete from event_chains where chain = 'alice'", 3, "the chain has no head"],
  ])("%s", async (_, sql, place, reason) => {
    await tamper(sql);
    const report = await verifyChains(database.pool);
    expect(report.breaks).toEqual([{ firebaseUid: "alice", eventId: await idAt("alice", place), place, reason }]);
  });

  test("all of it removed, the one of everybody too", async () => {
    await tamper("delete from events where firebase_uid is distinct from 'bob'");
    expect((await verifyChains(database.pool)).breaks).toEqual([
      { firebaseUid: null, eventId: null, place: 0, reason: "none of its 1 events is left" },
      { firebaseUid: "alice", eventId: null, place: 0, reason: "none of its 3 events is left" },
    ]);
  });

  test("two of them exchanged, in their places", async () => {
    await tamper("update events set place = 9 where firebase_uid = 'alice' and place = 1; update events set place = 1 where firebase_uid = 'alice' and place = 2; update events set place = 2 where place = 9");
    expect((await verifyChains(database.pool)).breaks).toMatchObject([{ firebaseUid: "alice", place: 1 }]);
  });
});

test("an event that was written again later, in its old place and with its old hash, is found by the next one's older number", async () => {
  await record(event("alice", { n: 1 }), event("alice", { n: 2 }));
  const columns = "at, firebase_uid, kind, question_id, order_id, data, place, hash_before, hash";
  await tamper(`create temp table kept as select ${columns} from events where place = 1; delete from events where place = 1; insert into events (${columns}) select ${columns} from kept; drop table kept`);
  expect((await verifyChains(database.pool)).breaks).toEqual([{ firebaseUid: "alice", eventId: await idAt("alice", 2), place: 2, reason: "it is older than the event before it" }]);
});

describe("npm run audit:verify", () => {
  const run = (): Promise<{ code: number; out: string; err: string }> =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, "../../src/verify-audit.ts")], {
      env: { PATH: process.env["PATH"], DATABASE_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: unknown) => {
        const { code, stdout, stderr } = Object(error);
        return { code: Number(code), out: String(stdout), err: String(stderr) };
      },
    );

  test("says how many were read, and that all are whole", async () => {
    await record(event("alice"), event("bob"), event("alice"));
    const { code, out, err } = await run();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^2 users, 3 events\nevery chain is whole; fingerprint [0-9a-f]{64}\n$/);
  });

  test("names the first event that is wrong, and fails", async () => {
    await record(event("alice"), event("alice"));
    await tamper("update events set kind = 'changed' where place = 2");
    const { code, out, err } = await run();
    expect({ code, out }).toEqual({ code: 1, out: "1 users, 2 events\n1 broken\n" });
    expect(err).toContain(`BROKEN: the chain of alice, number 2, event ${await idAt("alice", 2)}: it says something else than when it was written`);
  });
});
