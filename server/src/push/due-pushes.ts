import type { Db } from "../db/pool.ts";

/** One push to one device. `lifetimeMs`: after it the question is over and the push is not worth delivering. */
export type DuePush = { questionId: string; pushToken: string; lifetimeMs: number };

export type DueWindow = {
  /** A connected device takes a question in and acknowledges it within this time. */
  graceMs: number;
  /** Older questions are not pushed any more: after a pause of the server nobody wants yesterday's. */
  notOlderThanMs: number;
  /** What ends sooner is not worth a push. */
  leastLeftMs: number;
  /** Questions at once. */
  limit: number;
};

/**
 * Takes the open questions that no device of their user has taken in, and marks each as pushed. Whether a device is
 * connected is told by its acknowledgement in the outbox, which holds for every process; so a question is pushed at most once,
 * by whichever process comes first.
 */
export async function takeDuePushes(db: Db, window: DueWindow): Promise<DuePush[]> {
  const { rows } = await db.query<{ question_id: string; push_token: string; lifetime_ms: number }>({
    name: "take-due-pushes",
    text: `
      with due as (
        select q.id, q.firebase_uid, q.expires_at
        from questions as q
        where q.status = 'open'
          and q.created_at between clock_timestamp() - $2::float8 * interval '1 ms' and clock_timestamp() - $1::float8 * interval '1 ms'
          and q.expires_at > clock_timestamp() + $3::float8 * interval '1 ms'
          and exists (select from devices as d where d.firebase_uid = q.firebase_uid and d.push_token is not null)
          and exists (
            select from user_outbox as o join user_outbox_heads as h using (firebase_uid)
            where o.firebase_uid = q.firebase_uid and o.kind = 'question_asked' and o.ref_id = q.id and o.seq > h.acked_seq)
          and not exists (select from question_pushes as p where p.question_id = q.id)
        order by q.created_at
        limit $4::int4
      ), marked as (
        insert into question_pushes (question_id, firebase_uid) select id, firebase_uid from due
        on conflict (question_id) do nothing
        returning question_id
      )
      select due.id as question_id, d.push_token, (extract(epoch from due.expires_at - clock_timestamp()) * 1000)::float8 as lifetime_ms
      from marked join due on due.id = marked.question_id join devices as d on d.firebase_uid = due.firebase_uid
      where d.push_token is not null`,
    values: [window.graceMs, window.notOlderThanMs, window.leastLeftMs, window.limit],
  });
  return rows.map((row) => ({ questionId: row.question_id, pushToken: row.push_token, lifetimeMs: row.lifetime_ms }));
}
