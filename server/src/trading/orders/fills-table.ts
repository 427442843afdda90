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
