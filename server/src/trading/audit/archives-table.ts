/** The tables `event_archives` and `event_anchors`: which months of the log went to files, and where each chain goes on after them. */
import type { Partition } from "../../db/partitions-table.ts";
import type { Db } from "../../db/pool.ts";
import type { ArchivedEvent, WrittenArchive } from "./archive-file.ts";

const rowsPerFetch = 5_000;

/** The events of one month, in the order of an archive. Within a transaction of the caller's, a few thousand at a time. */
export async function* eventsOfMonth(tx: Db, { startsAt, endsAt }: Partition): AsyncGenerator<ArchivedEvent> {
  await tx.query(
    `declare archived no scroll cursor for
     select id::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, firebase_uid, kind, question_id, order_id, data::text as data,
            place::float8 as place, encode(hash_before, 'hex') as hash_before, encode(hash, 'hex') as hash
       from events where at >= $1::timestamptz and at < $2::timestamptz
      order by coalesce(firebase_uid, '') collate "C", place, events.id`,
    [startsAt, endsAt],
  );
  for (;;) {
    const { rows } = await tx.query<ArchivedEvent>(`fetch ${rowsPerFetch} from archived`);
    yield* rows;
    if (rows.length < rowsPerFetch) return;
  }
}

/**
 * Drops a month that was written to a file, keeps what the chains need to go on after it, and says which file it was. Refused
 * (22023) when the month is younger than three whole months, or holds other events than the file. 55P03 when a lock is not to be had.
 */
export async function dropArchivedMonth(db: Db, month: string, written: WrittenArchive): Promise<void> {
  await db.query("select drop_archived_events($1::text, $2::int8, decode($3::text, 'hex'), $4::text, decode($5::text, 'hex'))", [month, written.events, written.digest, written.file, written.fileDigest]);
}

export type EventArchive = { name: string; events: number; digest: string; file: string; fileDigest: string };

/** Oldest first. */
export async function readArchives(db: Db): Promise<EventArchive[]> {
  const { rows } = await db.query<{ name: string; events: string; digest: string; file: string; file_digest: string }>(
    "select name, events, encode(digest, 'hex') as digest, file, encode(file_digest, 'hex') as file_digest from event_archives order by starts_at",
  );
  return rows.map((row) => ({ name: row.name, events: Number(row.events), digest: row.digest, file: row.file, fileDigest: row.file_digest }));
}

/** A stretch of a chain that is in an archive. `chain` is the user, or the empty text for what concerns everybody. */
export type EventAnchor = { chain: string; firstPlace: number; lastPlace: number; hashBefore: string; hash: string };

export async function readAnchors(db: Db, archive: string): Promise<EventAnchor[]> {
  const { rows } = await db.query<{ chain: string; first_place: string; last_place: string; hash_before: string; hash: string }>(
    "select chain, first_place, last_place, encode(hash_before, 'hex') as hash_before, encode(hash, 'hex') as hash from event_anchors where archive = $1::text",
    [archive],
  );
  return rows.map((row) => ({ chain: row.chain, firstPlace: Number(row.first_place), lastPlace: Number(row.last_place), hashBefore: row.hash_before, hash: row.hash }));
}
