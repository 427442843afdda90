import type { Db } from "../../db/pool.ts";
import { recordEvents, type AuditEvent } from "../audit/events-table.ts";
import { appendToOutbox } from "../outbox/outbox-table.ts";
import type { OrderRecord } from "./order-record.ts";

/** Still on its way to the broker, as far as the question that it came from is concerned. */
const onItsWay: ReadonlySet<string> = new Set(["pending_submit", "submitting", "unknown"]);

/**
 * What belongs to every change of an order's state, in its transaction: the user is told, the log says what happened,
 * and once the order is out of our hands its question's subject is done with.
 */
export async function announceOrders(tx: Db, orders: readonly OrderRecord[], events: readonly AuditEvent[]): Promise<void> {
  const arrived = orders.filter((order) => !onItsWay.has(order.status)).flatMap((order) => order.questionId ?? []);
  await Promise.all([
    recordEvents(tx, events),
    arrived.length === 0 ? undefined : finishSubjects(tx, arrived),
    appendToOutbox(tx, orders.map((order) => ({ firebaseUid: order.firebaseUid, kind: "trade_update", refId: order.id }))),
  ]);
}

export type Announce = typeof announceOrders;

/** For several changes in one transaction: what they would each announce is announced at its end, all of it at once. */
export function gatherAnnouncements(): { announce: Announce; tell(tx: Db): Promise<void> } {
  const [changed, happened]: [OrderRecord[], AuditEvent[]] = [[], []];
  return {
    announce: (_tx, orders, events) => {
      changed.push(...orders);
      happened.push(...events);
      return Promise.resolve();
    },
    tell: (tx) => announceOrders(tx, changed, happened),
  };
}

async function finishSubjects(tx: Db, questionIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "finish-subjects",
    text: "update user_pipeline_state set phase = 'done', updated_at = now() where question_id = any($1::uuid[]) and phase = 'submit_order'",
    values: [questionIds],
  });
}
