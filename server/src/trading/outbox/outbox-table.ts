import type { Db } from "../../db/pool.ts";

export type OutboxKind = "question_asked" | "question_closed" | "trade_update";

export type OutboxEntry = { firebaseUid: string; kind: OutboxKind; refId: string };

/** `refId` is the question or the order told of; its row is the content. `seq` is small enough for a JSON number. */
export type OutboxRow = OutboxEntry & { seq: number; createdAt: Date };

/**
 * The channel on which a commit that told somebody something is announced, within it or right after it: once, with the
 * user's id when it told one user and with nothing when it told many.
 */
export const outboxChannel = "nod_outbox";

/**
 * Adds to the users' outboxes, in the order given, within the caller's transaction: the same one as the change of state
 * that is told of. One statement for any number. Each user's numbers count up by one without a gap; the head row stays
 * locked until commit, so a number is never seen before a smaller one. Heads are locked in the order of their user, so
 * two bulk writers cannot wait for each other. The commit notifies `outboxChannel`.
 */
export async function appendToOutbox(db: Db, entries: readonly OutboxEntry[]): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  const told = entries.every((e) => e.firebaseUid === first.firebaseUid) ? first.firebaseUid : "";
  await Promise.all([appendToOutboxSilently(db, entries), db.query({ name: "announce-outbox", text: "select pg_notify('nod_outbox', $1::text)", values: [told] })]);
}

/** The same, for a transaction that is announced after its commit, since a notifying commit keeps all others waiting. */
export async function appendToOutboxSilently(db: Db, entries: readonly OutboxEntry[]): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  await (entries.every((e) => e.firebaseUid === first.firebaseUid) ? appendForOne(db, first.firebaseUid, entries) : appendForMany(db, entries));
}

/** An answer or an order's next state: no window is needed to number them. */
async function appendForOne(db: Db, firebaseUid: string, entries: readonly OutboxEntry[]): Promise<void> {
  await db.query({
    name: "append-to-outbox",
    text: `
      with head as (
        insert into user_outbox_heads as h (firebase_uid, last_seq) values ($1::text, cardinality($2::text[]))
        on conflict (firebase_uid) do update set last_seq = h.last_seq + excluded.last_seq
        returning h.last_seq - cardinality($2::text[]) as before
      )
      insert into user_outbox (firebase_uid, seq, kind, ref_id)
      select $1::text, head.before + e.nth, e.kind, e.ref_id
      from head cross join unnest($2::text[], $3::uuid[]) with ordinality as e (kind, ref_id, nth)`,
    values: [firebaseUid, entries.map((e) => e.kind), entries.map((e) => e.refId)],
  });
}

async function appendForMany(db: Db, entries: readonly OutboxEntry[]): Promise<void> {
  await db.query({
    name: "append-to-outboxes",
    text: `
      with entry as materialized (
        select e.firebase_uid, e.kind, e.ref_id,
               row_number() over (partition by e.firebase_uid order by e.position) as nth,
               count(*) over (partition by e.firebase_uid) as of_user
        from unnest($1::text[], $2::text[], $3::uuid[]) with ordinality as e (firebase_uid, kind, ref_id, position)
      ), head as (
        insert into user_outbox_heads as h (firebase_uid, last_seq)
        select firebase_uid, of_user from entry where nth = 1 order by firebase_uid
        on conflict (firebase_uid) do update set last_seq = h.last_seq + excluded.last_seq
        returning h.firebase_uid, h.last_seq
      )
      insert into user_outbox (firebase_uid, seq, kind, ref_id)
      select entry.firebase_uid, head.last_seq - entry.of_user + entry.nth, entry.kind, entry.ref_id
      from entry join head using (firebase_uid)`,
    values: [entries.map((e) => e.firebaseUid), entries.map((e) => e.kind), entries.map((e) => e.refId)],
  });
}

type RawOutboxRow = { firebase_uid: string; seq: string; kind: OutboxKind; ref_id: string; created_at: Date };

/** What each of the wanted users has not been told yet: rows after `afterSeq`, oldest first, at most `limitPerUser` each. */
export async function readOutbox(db: Db, wanted: readonly { firebaseUid: string; afterSeq: number }[], limitPerUser: number): Promise<OutboxRow[]> {
  if (wanted.length === 0) return [];
  const { rows } = await db.query<RawOutboxRow>({
    name: "read-outbox",
    text: `
      select o.firebase_uid, o.seq, o.kind, o.ref_id, o.created_at
      from unnest($1::text[], $2::int8[]) as wanted (firebase_uid, after_seq)
      cross join lateral (
        select * from user_outbox
        where user_outbox.firebase_uid = wanted.firebase_uid and user_outbox.seq > wanted.after_seq
        order by user_outbox.seq
        limit $3::int4
      ) as o
      order by o.firebase_uid, o.seq`,
    values: [wanted.map((w) => w.firebaseUid), wanted.map((w) => w.afterSeq), limitPerUser],
  });
  return rows.map((row) => ({ firebaseUid: row.firebase_uid, seq: Number(row.seq), kind: row.kind, refId: row.ref_id, createdAt: row.created_at }));
}

/** The age in seconds, by the database's clock, of the oldest message that comes after one of these places; 0 when none does. */
export async function oldestUnreadSeconds(db: Db, places: readonly { firebaseUid: string; afterSeq: number }[]): Promise<number> {
  if (places.length === 0) return 0;
  const { rows } = await db.query<{ seconds: number }>({
    name: "oldest-unread",
    text: `
      select coalesce(extract(epoch from clock_timestamp() - min(next.created_at)), 0)::float8 as seconds
      from unnest($1::text[], $2::int8[]) as place (firebase_uid, after_seq)
      cross join lateral (
        select o.created_at from user_outbox as o
        where o.firebase_uid = place.firebase_uid and o.seq > place.after_seq
        order by o.seq
        limit 1
      ) as next`,
    values: [places.map((place) => place.firebaseUid), places.map((place) => place.afterSeq)],
  });
  return rows[0]?.seconds ?? 0;
}

export type OutboxHead = { lastSeq: number; ackedSeq: number };

/** Where a user's numbers stand; zeros for somebody who was never told anything. */
export async function headOf(db: Db, firebaseUid: string): Promise<OutboxHead> {
  const { rows } = await db.query<{ last_seq: string; acked_seq: string }>(
    "select last_seq, acked_seq from user_outbox_heads where firebase_uid = $1::text",
    [firebaseUid],
  );
  const row = rows[0];
  return row === undefined ? { lastSeq: 0, ackedSeq: 0 } : { lastSeq: Number(row.last_seq), ackedSeq: Number(row.acked_seq) };
}

/** Under which numbers questions were told of when they were asked; those whose row was dropped since are absent. */
export async function seqsOfQuestions(db: Db, firebaseUid: string, questionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (questionIds.length === 0) return new Map();
  const { rows } = await db.query<{ ref_id: string; seq: string }>(
    `select ref_id, min(seq) as seq from user_outbox
     where firebase_uid = $1::text and kind = 'question_asked' and ref_id = any($2::uuid[])
     group by ref_id`,
    [firebaseUid, questionIds],
  );
  return new Map(rows.map((row) => [row.ref_id, Number(row.seq)]));
}

/**
 * Everything up to `seq` was taken in. An acknowledgement never goes back, and one of the future counts as one of the
 * newest: a client cannot acknowledge what it has not been told. Returns where the head stands then.
 */
export async function acknowledge(db: Db, firebaseUid: string, seq: number): Promise<OutboxHead> {
  const { rows } = await db.query<{ last_seq: string; acked_seq: string }>(
    `update user_outbox_heads set acked_seq = greatest(acked_seq, least($2::int8, last_seq))
     where firebase_uid = $1::text
     returning last_seq, acked_seq`,
    [firebaseUid, seq],
  );
  const row = rows[0];
  return row === undefined ? { lastSeq: 0, ackedSeq: 0 } : { lastSeq: Number(row.last_seq), ackedSeq: Number(row.acked_seq) };
}

/** What nobody has taken in for so long is for a device that never comes back; what it told of is in the lists all the same. */
const forgottenDays = 90;

/** Drops what was acknowledged and is older than `keepHours`, and what was forgotten, at most `limit` rows; returns how many went. */
export async function dropAcknowledged(db: Db, keepHours: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from user_outbox where (firebase_uid, seq) in (
       select o.firebase_uid, o.seq
       from user_outbox as o join user_outbox_heads as h using (firebase_uid)
       where o.seq <= h.acked_seq and o.created_at < now() - make_interval(hours => $1::int4) or o.created_at < now() - make_interval(days => $3::int4)
       limit $2::int4)`,
    [keepHours, limit, forgottenDays],
  );
  return rowCount ?? 0;
}
