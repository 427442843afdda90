import { beforeEach, expect, onTestFinished, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { createPool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { acknowledge, appendToOutbox, dropAcknowledged, headOf, readOutbox } from "../../src/trading/outbox/outbox-table.ts";
import { recordEvents } from "../../src/trading/audit/events-table.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
/** For writers that wait for each other, however long this machine takes over it. */
const patientMs = 100_000;
let [alice, bob] = ["", ""];

beforeEach(async () => {
  const suffix = newUuid().slice(0, 8);
  [alice, bob] = [`alice_${suffix}`, `bob_${suffix}`];
  await database.ownerPool.query("insert into users (firebase_uid) select unnest($1::text[])", [[alice, bob]]);
});

const asked = (firebaseUid: string) => ({ firebaseUid, kind: "question_asked" as const, refId: newUuid() });

test("each user's numbers count up by one, in the order given", async () => {
  const first = [asked(alice), asked(bob), asked(alice)];
  await appendToOutbox(database.pool, first);
  const second = [asked(alice)];
  await appendToOutbox(database.pool, second);
  const rows = await readOutbox(database.pool, [{ firebaseUid: alice, afterSeq: 0 }, { firebaseUid: bob, afterSeq: 0 }], 100);
  expect(rows.map(({ firebaseUid, seq, refId }) => [firebaseUid, seq, refId])).toEqual([
    [alice, 1, first[0]?.refId],
    [alice, 2, first[2]?.refId],
    [alice, 3, second[0]?.refId],
    [bob, 1, first[1]?.refId],
  ]);
});

test("writers at the same time leave no gap and no number twice, and a rolled back one leaves nothing", async () => {
  const pool = createPool({ url: database.url, applicationName: "writers", maxConnections: 10, connectTimeoutMs: patientMs, lockTimeoutMs: patientMs, statementTimeoutMs: patientMs });
  onTestFinished(() => pool.end());
  const given = new Error("roll back");
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      withTransaction(pool, async (tx) => {
        await appendToOutbox(tx, index % 2 === 0 ? [asked(alice), asked(bob)] : [asked(bob), asked(alice)]);
        if (index % 5 === 0) throw given;
      }, { timeoutMs: patientMs }).catch((error: unknown) => expect(error).toBe(given)),
    ),
  );
  for (const uid of [alice, bob]) {
    const rows = await readOutbox(database.pool, [{ firebaseUid: uid, afterSeq: 0 }], 1_000);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
  }
});

test("a reader is told what comes after what it saw, so much at a time", async () => {
  await appendToOutbox(database.pool, Array.from({ length: 5 }, () => asked(alice)));
  const rows = await readOutbox(database.pool, [{ firebaseUid: alice, afterSeq: 1 }], 2);
  expect(rows.map(({ seq }) => seq)).toEqual([2, 3]);
});

test("an acknowledgement neither goes back nor ahead of what was told", async () => {
  await appendToOutbox(database.pool, [asked(alice), asked(alice)]);
  expect(await acknowledge(database.pool, alice, 1)).toEqual({ lastSeq: 2, ackedSeq: 1 });
  expect(await acknowledge(database.pool, alice, 0)).toEqual({ lastSeq: 2, ackedSeq: 1 });
  expect(await acknowledge(database.pool, alice, 99)).toEqual({ lastSeq: 2, ackedSeq: 2 });
  expect(await headOf(database.pool, bob)).toEqual({ lastSeq: 0, ackedSeq: 0 });
});

test("what was acknowledged long ago is dropped, what was not is kept", async () => {
  await appendToOutbox(database.pool, [asked(alice), asked(alice)]);
  await acknowledge(database.pool, alice, 1);
  await database.ownerPool.query("update user_outbox set created_at = now() - interval '3 days' where firebase_uid = $1", [alice]);
  expect(await dropAcknowledged(database.pool, 48, 100)).toBe(1);
  expect((await readOutbox(database.pool, [{ firebaseUid: alice, afterSeq: 0 }], 10)).map(({ seq }) => seq)).toEqual([2]);
});

test("what was never acknowledged is kept for a quarter of a year and no longer, and the numbers go on", async () => {
  await appendToOutbox(database.pool, [asked(alice), asked(alice)]);
  await database.ownerPool.query("update user_outbox set created_at = now() - make_interval(days => case seq when 1 then 91 else 89 end) where firebase_uid = $1", [alice]);
  expect(await dropAcknowledged(database.pool, 48, 100)).toBe(1);
  await appendToOutbox(database.pool, [asked(alice)]);
  expect((await readOutbox(database.pool, [{ firebaseUid: alice, afterSeq: 0 }], 10)).map(({ seq }) => seq)).toEqual([2, 3]);
});

test("nothing to tell is no statement", async () => {
  await appendToOutbox(database.pool, []);
  await recordEvents(database.pool, []);
  expect(await readOutbox(database.pool, [], 10)).toEqual([]);
});

test("the log takes events in the order given and lets none of them be changed", async () => {
  await recordEvents(database.pool, [{ firebaseUid: alice, kind: "answer_given", data: { answer: 10 } }, { firebaseUid: alice, kind: "order_approved" }]);
  const { rows } = await database.ownerPool.query<{ kind: string }>("select kind from events where firebase_uid = $1 order by id", [alice]);
  expect(rows.map(({ kind }) => kind)).toEqual(["answer_given", "order_approved"]);
  await expect(database.ownerPool.query("delete from events")).rejects.toThrow(/append-only/);
  await expect(database.pool.query("update events set kind = 'x'")).rejects.toThrow(/permission denied/);
});
