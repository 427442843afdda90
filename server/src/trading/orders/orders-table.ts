import type { Db } from "../../db/pool.ts";
import { decodeOrder, orderColumns, type OrderRecord, type RawOrder } from "./order-record.ts";
import type { OrderState } from "./order-state.ts";

/** A user's orders, newest first; `before` is the id of the last one of the page before. */
export async function listOrders(db: Db, firebaseUid: string, page: { limit: number; before: string | null }): Promise<OrderRecord[]> {
  const { rows } = await db.query<RawOrder>(
    `select ${orderColumns} from trade_orders as o
     where o.firebase_uid = $1::text
       and ($2::uuid is null or (o.created_at, o.id) < (select p.created_at, p.id from trade_orders as p where p.id = $2::uuid and p.firebase_uid = $1::text))
     order by o.created_at desc, o.id desc
     limit $3::int4`,
    [firebaseUid, page.before, page.limit],
  );
  return rows.map(decodeOrder);
}

/** For deliveries to many users at once; the caller matches each with its own user. */
export async function ordersByIds(db: Db, ids: readonly string[]): Promise<OrderRecord[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<RawOrder>({ name: "orders-by-ids", text: `select ${orderColumns} from trade_orders as o where o.id = any($1::uuid[])`, values: [ids] });
  return rows.map(decodeOrder);
}

export async function orderById(db: Db, firebaseUid: string, id: string): Promise<OrderRecord | null> {
  const { rows } = await db.query<RawOrder>(`select ${orderColumns} from trade_orders as o where o.id = $2::uuid and o.firebase_uid = $1::text`, [firebaseUid, id]);
  return rows[0] === undefined ? null : decodeOrder(rows[0]);
}

/** Whoever's it is; null: it is none of ours. */
export async function orderByAlpacaId(db: Db, alpacaOrderId: string): Promise<OrderRecord | null> {
  const { rows } = await db.query<RawOrder>(`select ${orderColumns} from trade_orders as o where o.alpaca_order_id = $1::text`, [alpacaOrderId]);
  return rows[0] === undefined ? null : decodeOrder(rows[0]);
}

/** Locks the row until the transaction ends, so that reports of one order are taken in one after the other. */
export async function lockOrder(tx: Db, by: { id: string } | { clientOrderId: string } | { alpacaOrderId: string }): Promise<OrderRecord | null> {
  const [column, type, value] =
    "id" in by ? (["id", "uuid", by.id] as const)
    : "clientOrderId" in by ? (["client_order_id", "text", by.clientOrderId] as const)
    : (["alpaca_order_id", "text", by.alpacaOrderId] as const);
  const { rows } = await tx.query<RawOrder>({ name: `lock-order-by-${column}`, text: `select ${orderColumns} from trade_orders as o where o.${column} = $1::${type} for update`, values: [value] });
  return rows[0] === undefined ? null : decodeOrder(rows[0]);
}

/**
 * Locks a user's order by its question while it can still be taken back by the database's clock; null when it cannot, and
 * then nothing is locked: the worker that sends does not wait for a row, and must not find this one held for nothing.
 */
export async function lockOrderToTakeBack(tx: Db, of: { firebaseUid: string; questionId: string }): Promise<OrderRecord | null> {
  const { rows } = await tx.query<RawOrder>(
    `select ${orderColumns} from trade_orders as o
     where o.question_id = $1::uuid and o.firebase_uid = $2::text and o.status = 'pending_submit' and o.undo_until > clock_timestamp()
     for update`,
    [of.questionId, of.firebaseUid],
  );
  return rows[0] === undefined ? null : decodeOrder(rows[0]);
}

export async function orderOfQuestion(db: Db, of: { firebaseUid: string; questionId: string }): Promise<OrderRecord | null> {
  const { rows } = await db.query<RawOrder>(`select ${orderColumns} from trade_orders as o where o.question_id = $1::uuid and o.firebase_uid = $2::text`, [of.questionId, of.firebaseUid]);
  return rows[0] === undefined ? null : decodeOrder(rows[0]);
}

export const stateOf = (order: OrderRecord): OrderState => ({
  status: order.status,
  statusReason: order.statusReason,
  alpacaOrderId: order.alpacaOrderId,
  filledQty: order.filledQty,
  filledAvgPrice: order.filledAvgPrice,
  brokerUpdatedAt: order.brokerUpdatedAt,
  amendedAt: order.amendedAt,
  brokerSum: order.brokerSum,
});

/** What else a change of state brings along; a field left out stays as it is. */
export type AlongWithState = {
  /** The broker's own times. */
  submittedAt?: Date | null;
  filledAt?: Date | null;
  /** The broker's words as they came. */
  raw?: unknown;
  /** For an order in doubt: when to look it up; null when no look-up can help. */
  lookupInMs?: number | null;
  /** For an order that goes back to be sent: not before this long. */
  submitInMs?: number;
  /** It goes back to be sent although it was sent before. */
  sentAgain?: true;
};

/** Writes the state that `transition` gave. The caller holds the row's lock. */
export async function saveOrderState(tx: Db, id: string, state: OrderState, along: AlongWithState = {}): Promise<OrderRecord> {
  const { rows } = await tx.query<RawOrder>({
    name: "save-order-state",
    text: `
      update trade_orders as o set
        status = $2::text, status_reason = $3::text, alpaca_order_id = $4::text,
        filled_qty = $5::numeric, filled_avg_price = $6::numeric, broker_updated_at = $7::timestamptz, amended_at = $14::timestamptz,
        broker_sum_qty = $15::numeric, broker_sum_avg_price = $16::numeric, broker_sum_at = $17::timestamptz,
        submitted_at = coalesce(o.submitted_at, $8::timestamptz),
        filled_at = case when $2::text = 'filled' then coalesce(o.filled_at, $9::timestamptz, clock_timestamp()) else o.filled_at end,
        raw = coalesce($10::jsonb, o.raw),
        claimed_at = case when $2::text = 'submitting' then clock_timestamp() end,
        submit_attempts = o.submit_attempts + case when $2::text = 'submitting' then 1 else 0 end,
        unknown_since = case when $2::text = 'unknown' then coalesce(o.unknown_since, clock_timestamp()) end,
        next_lookup_at = case when $2::text = 'unknown' then clock_timestamp() + $11::int4 * interval '1 millisecond' end,
        lookup_attempts = case when $2::text = 'pending_submit' then 0 else o.lookup_attempts end,
        sent_again_at = case when $13::boolean then clock_timestamp() else o.sent_again_at end,
        next_submit_at = case when $2::text = 'pending_submit' then clock_timestamp() + $12::int4 * interval '1 millisecond' end,
        updated_at = clock_timestamp()
      where o.id = $1::uuid
      returning ${orderColumns}`,
    values: [
      id, state.status, state.statusReason, state.alpacaOrderId, state.filledQty, state.filledAvgPrice, state.brokerUpdatedAt,
      along.submittedAt ?? null, along.filledAt ?? null, along.raw === undefined ? null : JSON.stringify(along.raw),
      along.lookupInMs ?? null, along.submitInMs ?? null, along.sentAgain ?? false, state.amendedAt,
      state.brokerSum?.qty ?? null, state.brokerSum?.avgPrice ?? null, state.brokerSum?.at ?? null,
    ],
  });
  const row = rows[0];
  if (row === undefined) throw new Error("the order whose state was to be saved is gone");
  return decodeOrder(row);
}
