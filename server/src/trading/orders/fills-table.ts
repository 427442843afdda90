import { price, quantity } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { Amendment, Execution } from "../ports.ts";
import { isUntold } from "./judge-amendment.ts";
import { decodeOrder, orderColumns, type OrderRecord, type RawOrder } from "./order-record.ts";
import type { ExecutionBook } from "./standing.ts";

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

/** Keeps a bust or a correction once. `about`: the execution that it is about, as far as that can be told. */
export async function insertAmendment(tx: Db, order: OrderRecord, amendment: Amendment, about: string | null): Promise<void> {
  const restated = amendment.kind === "trade_correct" ? amendment : null;
  const was = amendment.kind === "trade_bust" ? amendment.was : null;
  await tx.query(
    `insert into fill_amendments (execution_id, previous_execution_id, kind, order_id, firebase_uid, qty, price, executed_at, was_qty, was_price)
     values ($1::text, $2::text, $3::text, $4::uuid, $5::text, $6::numeric, $7::numeric, $8::timestamptz, $9::numeric, $10::numeric)`,
    [amendment.executionId, about, amendment.kind, order.id, order.firebaseUid, restated?.qty ?? null, restated?.price ?? null, amendment.executedAt, was?.qty ?? null, was?.price ?? null],
  );
}

/** Of these executions, busts and corrections those that are not known yet, whichever order they are of. A bust may bear the id of what it takes back. */
export async function unknownExecutions<Told extends Execution | Amendment>(db: Db, told: readonly Told[]): Promise<Told[]> {
  if (told.length === 0) return [];
  const idsOf = (amended: boolean): string[] => told.filter((each) => "kind" in each === amended).map(({ executionId }) => executionId);
  const { rows } = await db.query<{ id: string; amended: boolean }>(
    `select execution_id as id, false as amended from fills where execution_id = any($1::text[])
     union all
     select execution_id, true from fill_amendments where execution_id = any($2::text[])`,
    [idsOf(false), idsOf(true)],
  );
  const known = { fills: new Set<string>(), amendments: new Set<string>() };
  for (const { id, amended } of rows) known[amended ? "amendments" : "fills"].add(id);
  return told.filter((each) => !known["kind" in each ? "amendments" : "fills"].has(each.executionId));
}

type RawExecution = { execution_id: string; is_amendment: boolean; about: string | null; qty: string | null; price: string | null; executed_at: Date; was_qty: string | null; was_price: string | null };

/** Everything that was told of an order's executions, the oldest first. */
export async function executionBookOf(tx: Db, orderId: string): Promise<ExecutionBook> {
  const { rows } = await tx.query<RawExecution>(
    `select execution_id, false as is_amendment, null as about, qty, price, executed_at, null as was_qty, null as was_price from fills where order_id = $1::uuid
     union all
     select execution_id, true, previous_execution_id, qty, price, executed_at, was_qty, was_price from fill_amendments where order_id = $1::uuid
     order by executed_at, execution_id`,
    [orderId],
  );
  const lotOf = (qty: string | null, at: string | null) => (qty === null || at === null ? null : { qty: quantity(qty), price: price(at) });
  return {
    fills: rows.flatMap((row) => {
      const lot = row.is_amendment ? null : lotOf(row.qty, row.price);
      return lot === null ? [] : [{ executionId: row.execution_id, ...lot, at: row.executed_at }];
    }),
    amendments: rows
      .filter((row) => row.is_amendment)
      .map((row) => ({
        executionId: row.execution_id, about: row.about, restated: lotOf(row.qty, row.price), at: row.executed_at, was: lotOf(row.was_qty, row.was_price), isConcluded: isUntold({ executionId: row.execution_id }),
      })),
  };
}

/** Orders that are over and hold something, of the last days, the latest first. */
export async function latestFilledOrders(db: Db, limit: number): Promise<OrderRecord[]> {
  const { rows } = await db.query<RawOrder>(
    `select ${orderColumns} from trade_orders as o
     where not o.is_open and o.filled_qty > 0 and o.alpaca_order_id is not null and o.created_at > clock_timestamp() - $2::int4 * interval '1 day'
     order by o.created_at desc
     limit $1::int4`,
    [limit, lackingForDays],
  );
  return rows.map(decodeOrder);
}

/** Further back than this nobody looks for executions again: an order that will never have them must not make every start slower. */
const lackingForDays = 7;

/**
 * When the oldest order was made of whose executions some may be missing: it is in doubt, so that they were taken for somebody
 * else's, it says that more was filled than they add up to, or one was taken back or corrected that was never told of. Null when
 * there is none. Reads every filled order: for a start.
 */
export async function oldestLackingFills(db: Db): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select min(o.created_at) as at from trade_orders as o
     where o.created_at > clock_timestamp() - $1::int4 * interval '1 day'
       and (o.status = 'submitting' or (o.status = 'unknown' and o.next_lookup_at is not null)
            or (o.filled_qty > 0 and o.filled_qty > (select coalesce(sum(f.qty), 0) from fills as f where f.order_id = o.id))
            or exists (
              select from fill_amendments as a
              where a.order_id = o.id
                and not exists (select from fills as f where f.execution_id = a.previous_execution_id)
                and not exists (select from fill_amendments as b where b.execution_id = a.previous_execution_id)
                and a.previous_execution_id is not null))`,
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
