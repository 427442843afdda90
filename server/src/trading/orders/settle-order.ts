import type { Db } from "../../db/pool.ts";
import type { EventKind } from "../audit/events-table.ts";
import { announceOrders, type Announce } from "./announce.ts";
import { eventOf } from "./apply-broker-event.ts";
import type { OrderRecord } from "./order-record.ts";
import { transition, type OrderEvent } from "./order-state.ts";
import { lockOrder, saveOrderState, stateOf, type AlongWithState } from "./orders-table.ts";

/** What we ourselves say of an order; the broker's words go through `applyBrokerEvent`. */
export type OwnEvent = Exclude<OrderEvent, { kind: "reported" | "amended" | "mismatched" | "claimed" | "denied" }>;

const recordedAs: Readonly<Record<OwnEvent["kind"], EventKind>> = {
  not_sent: "order_not_sent",
  given_up: "order_not_placed",
  taken_back: "order_taken_back",
  outcome_lost: "order_unknown",
  refused: "order_rejected",
  not_found_in_time: "order_not_placed",
  send_again: "order_sent_again",
  not_sent_again: "order_not_placed",
};

export type AlongWithEvent = AlongWithState & { data?: Record<string, unknown> };

/**
 * Takes in what became of a POST or of a look-up. Run in a transaction. Null when it no longer applies to the order.
 * @param announce for a transaction of several orders, which announces them together
 */
export async function settleOrder(tx: Db, orderId: string, event: OwnEvent, along: AlongWithEvent = {}, announce: Announce = announceOrders): Promise<OrderRecord | null> {
  const order = await lockOrder(tx, { id: orderId });
  if (order === null) throw new Error(`order ${orderId} is gone`);
  const next = transition(stateOf(order), event);
  if (next.kind !== "changed") {
    const why = next.kind === "ignored" ? next.why : `${event.kind} again`;
    await announce(tx, [], [eventOf(order, "order_report_ignored", { source: "post", why, ...along.data })]);
    return null;
  }
  const saved = await saveOrderState(tx, order.id, next.state, along);
  await announce(tx, [saved], [eventOf(saved, recordedAs[event.kind], { from: order.status, reason: event.reason, ...along.data })]);
  return saved;
}
