import { price, quantity, type Price, type Quantity } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { Execution } from "../ports.ts";
import type { OrderRecord } from "./order-record.ts";

/** Keeps an execution once, however often and by whichever way it is told. True when it was new. */
export async function insertFill(tx: Db, order: OrderRecord, execution: Execution): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into fills (execution_id, order_id, firebase_uid, symbol, side, qty, price, executed_at)
     values ($1::text, $2::uuid, $3::text, $4::text, $5::text, $6::numeric, $7::numeric, $8::timestamptz)
     on conflict (execution_id) do nothing`,
    [execution.executionId, order.id, order.firebaseUid, order.symbol, order.side, execution.qty, execution.price, execution.executedAt],
  );
  return rowCount === 1;
}

/** The executions of an order that we know of, added up; null when there is none. */
export async function executedOf(tx: Db, orderId: string): Promise<{ qty: Quantity; avgPrice: Price } | null> {
  const { rows } = await tx.query<{ qty: string | null; avg_price: string | null }>(
    "select sum(qty) as qty, round(sum(qty * price) / sum(qty), 9) as avg_price from fills where order_id = $1::uuid",
    [orderId],
  );
  const row = rows[0];
  return row === undefined || row.qty === null || row.avg_price === null ? null : { qty: quantity(row.qty), avgPrice: price(row.avg_price) };
}

/** Further back than this nobody looks for executions again: an order that will never have them must not make every start slower. */
const lackingForDays = 7;

/**
 * When the oldest order was made of whose executions some may be missing: it is in doubt, so that they were taken for somebody
 * else's, or it says that more was filled than they add up to. Null when there is none. Reads every filled order: for a start.
 */
export async function oldestLackingFills(db: Db): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select min(o.created_at) as at from trade_orders as o
     where o.created_at > clock_timestamp() - $1::int4 * interval '1 day'
       and (o.status = 'submitting' or (o.status = 'unknown' and o.next_lookup_at is not null)
            or (o.filled_qty > 0 and o.filled_qty > (select coalesce(sum(f.qty), 0) from fills as f where f.order_id = o.id)))`,
    [lackingForDays],
  );
  return rows[0]?.at ?? null;
}

/** The same of those in doubt alone, by an index: for every comparison. */
export async function oldestInDoubt(db: Db): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select min(o.created_at) as at from trade_orders as o
     where o.status in ('submitting', 'unknown') and (o.status = 'submitting' or o.next_lookup_at is not null)
       and o.created_at > clock_timestamp() - $1::int4 * interval '1 day'`,
    [lackingForDays],
  );
  return rows[0]?.at ?? null;
}
