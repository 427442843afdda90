import { clientOrderIdOf, derivedUuid } from "../../core/ids.ts";
import { zeroQuantity } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { Approved } from "../risk/decide.ts";
import type { OrderRecord } from "./order-record.ts";

/** The channel on which a commit says that there is an order to send. */
export const ordersChannel = "nod_orders";

/** An order before it is anywhere else than here. Everything in it follows from the approval and the instant. */
export function orderOf({ intent, size, tradingDay, undoSeconds }: Approved, at: Date): OrderRecord {
  return {
    id: derivedUuid("order", intent.id),
    firebaseUid: intent.firebaseUid,
    intentId: intent.id,
    questionId: intent.questionId,
    ruleId: intent.ruleId,
    clientOrderId: clientOrderIdOf(intent.id),
    alpacaOrderId: null,
    symbol: intent.symbol,
    assetClass: intent.assetClass,
    side: intent.side,
    orderType: intent.orderType,
    limitPrice: intent.limitPrice,
    notionalUsd: size.kind === "notional" ? size.notionalUsd : null,
    qty: size.kind === "quantity" ? size.qty : null,
    reservedUsd: size.reservedUsd,
    mode: intent.mode,
    status: "pending_submit",
    statusReason: null,
    filledQty: zeroQuantity,
    filledAvgPrice: null,
    tradingDay,
    approvalExpiresAt: intent.approvalExpiresAt,
    undoUntil: undoUntilOf(undoSeconds, intent.approvalExpiresAt, at),
    submitAttempts: 0,
    lookupAttempts: 0,
    unknownSince: null,
    sentAgainAt: null,
    brokerUpdatedAt: null,
    amendedAt: null,
    brokerSum: null,
    createdAt: at,
    submittedAt: null,
    filledAt: null,
    updatedAt: at,
  };
}

/** What is left of an approval when the time to take it back is over: enough to send the order. */
const leftToSendMs = 1_000;

function undoUntilOf(undoSeconds: number, approvalExpiresAt: Date, at: Date): Date | null {
  const until = Math.min(at.getTime() + undoSeconds * 1_000, approvalExpiresAt.getTime() - leftToSendMs);
  return until > at.getTime() ? new Date(until) : null;
}

/**
 * Puts an approved order on the books. Nothing goes to the broker here: first this row, with the id that the broker will
 * know it by, is committed. Whoever commits it announces it on `ordersChannel` afterwards.
 */
export async function placeOrder(tx: Db, approved: Approved, at: Date): Promise<void> {
  const order = orderOf(approved, at);
  await tx.query({
    name: "place-order",
    text: `
      insert into trade_orders (
        id, firebase_uid, intent_id, question_id, rule_id, client_order_id, symbol, asset_class, side, order_type,
        notional_usd, qty, reserved_notional_usd, mode, status, trading_day, approval_expires_at, created_at, updated_at,
        undo_until, next_submit_at, limit_price)
      values (
        $1::uuid, $2::text, $3::uuid, $4::uuid, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text,
        $11::numeric, $12::numeric, $13::numeric, $14::text, 'pending_submit', $15::date, $16::timestamptz, $17::timestamptz, $17::timestamptz,
        $18::timestamptz, $18::timestamptz, $19::numeric)`,
    values: [
      order.id, order.firebaseUid, order.intentId, order.questionId, order.ruleId, order.clientOrderId, order.symbol, order.assetClass,
      order.side, order.orderType, order.notionalUsd, order.qty, order.reservedUsd, order.mode, order.tradingDay, order.approvalExpiresAt, at, order.undoUntil, order.limitPrice,
    ],
  });
}
