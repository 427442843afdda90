import type { Db } from "../../db/pool.ts";

/** What can happen, in the past tense. Together they tell the story of a question and of an order. */
export type EventKind =
  | "question_asked"
  | "question_closed"
  | "answer_given"
  | "intent_proposed"
  | "order_approved"
  | "order_denied"
  | "order_taken_back"
  | "order_submitting"
  | "order_not_sent"
  | "order_unknown"
  | "order_looked_up"
  | "order_sent_again"
  | "order_not_placed"
  | "order_reported"
  | "order_rejected"
  | "order_filled"
  | "order_mismatched"
  | "order_report_ignored"
  | "cancel_requested"
  | "fill_recorded"
  | "trade_busted"
  | "trade_corrected"
  | "exit_triggered"
  | "kill_switch_set"
  | "kill_switch_cleared"
  | "config_changed";

export type AuditEvent = {
  /** Null for what concerns everybody. */
  firebaseUid: string | null;
  kind: EventKind;
  questionId?: string | null;
  orderId?: string | null;
  /** JSON; never a secret. */
  data?: Readonly<Record<string, unknown>>;
};

/** `place` and `hash` are the event's in its user's chain; the hash as 64 hexadecimal digits. */
export type RecordedEvent = {
  id: string;
  at: Date;
  firebaseUid: string | null;
  kind: string;
  questionId: string | null;
  orderId: string | null;
  data: Record<string, unknown>;
  place: number;
  hash: string;
};

/**
 * Adds to the log, in the order given, within the caller's transaction. One statement for any number. The database chains
 * them (migration 0007): each user's chain stays locked until commit, so who also writes the outbox records first.
 */
export async function recordEvents(db: Db, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  await db.query({
    name: "record-events",
    text: "select record_events($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::jsonb[])",
    values: [
      events.map((e) => e.firebaseUid),
      events.map((e) => e.kind),
      events.map((e) => e.questionId ?? null),
      events.map((e) => e.orderId ?? null),
      events.map((e) => JSON.stringify(e.data ?? {})),
    ],
  });
}

type RawEvent = {
  id: string;
  at: Date;
  firebase_uid: string | null;
  kind: string;
  question_id: string | null;
  order_id: string | null;
  data: Record<string, unknown>;
  place: string;
  hash: string;
};

const eventColumns = "e.id, e.at, e.firebase_uid, e.kind, e.question_id, e.order_id, e.data, e.place, encode(e.hash, 'hex') as hash";

/**
 * The story of one order of one user, oldest first: what its question told (and the one that it asked again), what was
 * decided, what the broker said.
 */
export async function storyOfOrder(db: Db, firebaseUid: string, orderId: string): Promise<RecordedEvent[]> {
  const { rows } = await db.query<RawEvent>(
    `select ${eventColumns}
     from trade_orders as o
     left join questions as q on q.id = o.question_id
     join events as e on e.firebase_uid = o.firebase_uid and (e.order_id = o.id or e.question_id in (o.question_id, q.follow_up_of))
     where o.id = $2::uuid and o.firebase_uid = $1::text
     order by e.place`,
    [firebaseUid, orderId],
  );
  return rows.map(decode);
}

/** The same by its question, for one that led to no order as well. */
export async function storyOfQuestion(db: Db, firebaseUid: string, questionId: string): Promise<RecordedEvent[]> {
  const { rows } = await db.query<RawEvent>(
    `select ${eventColumns}
     from questions as q
     left join trade_orders as o on o.question_id = q.id
     join events as e on e.firebase_uid = q.firebase_uid and (e.order_id = o.id or e.question_id in (q.id, q.follow_up_of))
     where q.id = $2::uuid and q.firebase_uid = $1::text
     order by e.place`,
    [firebaseUid, questionId],
  );
  return rows.map(decode);
}

/**
 * Where the log begins that is in the database, if that is after `startedAt`: what happened in between has gone to archives
 * (`docs/retention.md`). Null: nothing of what began then has.
 */
export async function archivedBefore(db: Db, startedAt: Date): Promise<Date | null> {
  const { rows } = await db.query<{ begins_at: Date }>("select begins_at from (select min(starts_at) as begins_at from partitions_of('events')) as log where begins_at > $1::timestamptz", [startedAt]);
  return rows[0]?.begins_at ?? null;
}

function decode(row: RawEvent): RecordedEvent {
  return {
    id: row.id,
    at: row.at,
    firebaseUid: row.firebase_uid,
    kind: row.kind,
    questionId: row.question_id,
    orderId: row.order_id,
    data: row.data,
    place: Number(row.place),
    hash: row.hash,
  };
}
