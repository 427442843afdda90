/** Questions and orders as the stories that they are to their user. */
import type { ActivityEntry, ActivityFilter } from "@nod/contract/activity";
import type { DenialCode } from "@nod/contract/denial";
import type { Db } from "../db/pool.ts";
import { describeOrder } from "../trading/orders/order-record.ts";
import { ordersByIds } from "../trading/orders/orders-table.ts";
import { describeQuestion, questionsByIds } from "./questions-table.ts";

type RawStory = {
  id: string;
  at: Date;
  question_id: string | null;
  order_id: string | null;
  closed_at: Date | null;
  code: DenialCode | null;
  message: string | null;
  follow_up_id: string | null;
};

/** What stopped an order, or leaves it in doubt: the words of `OrderStatus` that need a look. */
const troubled = "('unknown', 'denied', 'not_placed', 'rejected', 'suspended')";

const isWanted = {
  question: `case $3::text
    when 'asked' then q.status = 'open'
    when 'approved' then q.status = 'approved'
    when 'skipped' then q.status = 'rejected'
    when 'expired' then q.status = 'expired'
    when 'trouble' then o.status in ${troubled} or d.code is not null
    else true end`,
  order: `case $3::text when 'all' then true when 'approved' then true when 'trouble' then o.status in ${troubled} else false end`,
};

const ofQuestion = `
  select q.id, q.created_at as at, q.id as question_id, o.id as order_id, q.closed_at, d.code, d.message, f.id as follow_up_id
    from questions as q
    left join trade_orders as o on o.question_id = q.id
    left join trade_intents as i on i.question_id = q.id
    left join risk_decisions as d on d.intent_id = i.id and d.stage = 'answer' and d.verdict = 'denied'
    left join questions as f on f.follow_up_of = q.id`;
const ofOrder = "select o.id, o.created_at as at, null::uuid as question_id, o.id as order_id, null::timestamptz as closed_at, null as code, null as message, null::uuid as follow_up_id from trade_orders as o";

/**
 * Of one user, newest first; `before` is the id of the last story of the page before. Both halves walk their index down from
 * there and are cut before they are put together, so a page costs what it shows, however long the history.
 */
export async function listActivity(db: Db, firebaseUid: string, page: { show: ActivityFilter; limit: number; before: string | null }): Promise<ActivityEntry[]> {
  const { rows } = await db.query<RawStory>(
    `with place as (
       select created_at as at, id from questions where id = $2::uuid and firebase_uid = $1::text
       union all
       select created_at, id from trade_orders where id = $2::uuid and firebase_uid = $1::text
     )
     select * from (
       (${ofQuestion}
         where q.firebase_uid = $1::text and (${isWanted.question}) and ($2::uuid is null or (q.created_at, q.id) < (select at, id from place))
         order by q.created_at desc, q.id desc limit $4::int4)
       union all
       (${ofOrder}
         where o.firebase_uid = $1::text and o.question_id is null and (${isWanted.order}) and ($2::uuid is null or (o.created_at, o.id) < (select at, id from place))
         order by o.created_at desc, o.id desc limit $4::int4)
     ) as s
     order by at desc, id desc
     limit $4::int4`,
    [firebaseUid, page.before, page.show, page.limit],
  );
  return withParts(db, rows);
}

/** The story of a question or an order of the user, by the id of either; null when it is neither. */
export async function oneActivity(db: Db, firebaseUid: string, id: string): Promise<ActivityEntry | null> {
  const { rows } = await db.query<RawStory>(
    `${ofQuestion} where q.firebase_uid = $1::text and q.id = coalesce((select question_id from trade_orders where id = $2::uuid and firebase_uid = $1::text), $2::uuid)
     union all
     ${ofOrder} where o.firebase_uid = $1::text and o.id = $2::uuid and o.question_id is null`,
    [firebaseUid, id],
  );
  const [entry] = await withParts(db, rows);
  return entry ?? null;
}

async function withParts(db: Db, rows: readonly RawStory[]): Promise<ActivityEntry[]> {
  const idsOf = (column: "question_id" | "order_id"): string[] => rows.flatMap((row) => row[column] ?? []);
  const [questions, orders] = await Promise.all([questionsByIds(db, idsOf("question_id")), ordersByIds(db, idsOf("order_id"))]);
  const questionOf = new Map(questions.map((question) => [question.id, describeQuestion(question)]));
  const orderOf = new Map(orders.map((order) => [order.id, describeOrder(order)]));
  return rows.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    question: questionOf.get(row.question_id ?? "") ?? null,
    closed_at: row.closed_at?.toISOString() ?? null,
    order: orderOf.get(row.order_id ?? "") ?? null,
    denial: row.code === null || row.message === null ? null : { code: row.code, message: row.message },
    follow_up_question_id: row.follow_up_id,
  }));
}
