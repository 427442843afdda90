import type { Order } from "@nod/contract/order";
import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { asUser } from "../db/user-db.ts";
import { describeOrder, type OrderRecord } from "../trading/orders/order-record.ts";
import { lockOrderToTakeBack, orderOfQuestion } from "../trading/orders/orders-table.ts";
import { settleOrder } from "../trading/orders/settle-order.ts";
import type { AnswerMeta } from "./answer.ts";
import { isQuestionId, questionsByIds } from "./questions-table.ts";

export type UndoOutcome =
  /** Nothing was sent and nothing will be, now or when it was taken back before. */
  | { kind: "undone"; order: Order }
  /** There is no such question, or it is somebody else's: nobody can tell which. */
  | { kind: "not_found" }
  /** `stands`: where the order is, or how the question closed without one. */
  | { kind: "not_possible"; stands: string; why: string };

const takenBack = "taken back by you";

/** Takes an approval back before anything is sent. The order's row decides: whoever locks it first, this or the worker that sends. */
export async function undoAnswer(pool: Pool, firebaseUid: string, questionId: string, meta: AnswerMeta): Promise<UndoOutcome> {
  if (!isQuestionId(questionId)) return { kind: "not_found" };
  return withTransaction(pool, async (tx): Promise<UndoOutcome> => {
    const of = { firebaseUid, questionId };
    const waiting = await asUser(tx, firebaseUid, () => lockOrderToTakeBack(tx, of));
    if (waiting === null) return whatStands(tx, of);
    const undone = await settleOrder(tx, waiting.id, { kind: "taken_back", reason: takenBack }, { data: { via: meta.via, request_id: meta.requestId } });
    if (undone === null) throw new Error("an order that waits, and is locked, could not be taken back");
    return { kind: "undone", order: describeOrder(undone) };
  });
}

async function whatStands(tx: Db, of: { firebaseUid: string; questionId: string }): Promise<UndoOutcome> {
  const order = await orderOfQuestion(tx, of);
  if (order === null) {
    const [question] = await questionsByIds(tx, [of.questionId]);
    if (question?.firebaseUid !== of.firebaseUid) return { kind: "not_found" };
    return { kind: "not_possible", stands: question.status, why: "There is nothing to take back: no order came of this question." };
  }
  if (order.status === "not_placed" && order.statusReason === takenBack) return { kind: "undone", order: describeOrder(order) };
  return { kind: "not_possible", stands: order.status, why: tooLate(order) };
}

function tooLate({ status, undoUntil }: OrderRecord): string {
  if (undoUntil === null) return `It could not be taken back: no time for that is set. The order stands as ${status}.`;
  return `It is too late to take it back; that was possible until ${undoUntil.toISOString()}. The order stands as ${status}.`;
}
