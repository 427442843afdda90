import type { Decision } from "@nod/contract/denial";
import { pipelinedTransaction } from "../db/pipelined-transaction.ts";
import type { Pool } from "../db/pool.ts";
import type { AuditEvent } from "../trading/audit/events-table.ts";
import { announceOrders } from "../trading/orders/announce.ts";
import { eventOf } from "../trading/orders/apply-broker-event.ts";
import { lockDueOrders, nextDueInMs, type DueOrder, type DueScope } from "../trading/orders/claims-table.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import { transition, type OrderEvent } from "../trading/orders/order-state.ts";
import { saveOrderState, stateOf } from "../trading/orders/orders-table.ts";
import { denialBeforeSending, denialWhileWaiting, exitDenialBeforeSending } from "../trading/risk/clear-to-send.ts";
import { messageOf, type Denial } from "../trading/risk/denial.ts";
import { deniedDecision } from "../trading/risk/decide.ts";
import { stillWanted } from "../trading/risk/exit-guardrails.ts";
import { insertDecision } from "../trading/risk/decisions-table.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import type { DeskFence } from "./desk-lease.ts";

/** `toSend`: now `submitting`, committed, and this caller's alone to send. `waiting`: left as they were. `nextInMs`: when one is due that is not yet. */
export type Claimed = { toSend: OrderRecord[]; denied: OrderRecord[]; waiting: number; nextInMs: number | null };

type Judged = { due: DueOrder; denial: Denial | null };

/**
 * Takes up to `limit` orders that wait to be sent, checks once more what can have changed since the answer, and commits
 * what comes of it, in two round trips. With the gate closed nothing is claimed; what can no longer be sent is still denied.
 * Without the desk nothing is claimed and nothing denied.
 */
export async function claimOrders(pool: Pool, fence: DeskFence, of: { limit: number; scope?: DueScope; gateIsOpen: boolean; settings: RiskSettings }): Promise<Claimed> {
  return pipelinedTransaction(pool, {
    read: async (tx) => {
      // In this order: what becomes due between the two statements is seen by the second.
      const [isOurs, nextInMs, due] = await Promise.all([fence.holds(tx), nextDueInMs(tx), lockDueOrders(tx, of.limit, of.scope)]);
      return { due: isOurs ? due : [], nextInMs };
    },
    write: (tx, { due, nextInMs }) => {
      const judged = due.map((each): Judged => ({ due: each, denial: judge(each, of) }));
      const denied = judged.filter((each) => each.denial !== null);
      const cleared = judged.filter((each) => each.denial === null);
      const changes = (of.gateIsOpen ? judged : denied).map(changeOf);
      return {
        result: {
          toSend: of.gateIsOpen ? cleared.map(({ due: { order } }) => ({ ...order, status: "submitting" })) : [],
          denied: denied.map(({ due: { order } }) => order),
          waiting: of.gateIsOpen ? 0 : cleared.length,
          nextInMs,
        },
        written:
          changes.length === 0
            ? []
            : [
                ...changes.map(({ order, state }) => saveOrderState(tx, order.id, state)),
                ...changes.map(({ order, decision, at }) => insertDecision(tx, { intentId: order.intentId, stage: "submit", decision, at })),
                announceOrders(tx, changes.map(({ order, state }) => ({ ...order, ...state })), changes.map(({ event }) => event)),
              ],
      };
    },
  });
}

/** What now stands against sending an order; null: it may go out. With the gate closed only what no waiting can mend. Pure. */
export function judge(due: DueOrder, { gateIsOpen, settings }: { gateIsOpen: boolean; settings: RiskSettings }): Denial | null {
  const { order, facts, context } = due;
  const intent = { side: order.side, symbol: order.symbol, mode: order.mode, facts, limitPrice: order.limitPrice, approvalExpiresAt: order.approvalExpiresAt };
  // While it waits an exit is only stopped by what also stops it at its POST.
  if (due.origin !== "rule") {
    const exit = { ...intent, origin: due.origin };
    return gateIsOpen ? exitDenialBeforeSending({ intent: exit, context, settings }) : stillWanted({ intent: exit, context });
  }
  return gateIsOpen ? denialBeforeSending({ intent, context, settings }) : denialWhileWaiting({ intent, context, settings });
}

function changeOf({ due: { order, context }, denial }: Judged) {
  const decision: Decision =
    denial === null
      ? { verdict: "approved", code: null, message: "Cleared to be sent.", limits: { price_now: context.lastTrade?.price ?? null, at: context.at.toISOString() } }
      : deniedDecision(denial);
  const happened = eventFor(order, denial);
  const next = transition(stateOf(order), happened);
  if (next.kind !== "changed") throw new Error(`a waiting order cannot be ${happened.kind}`);
  const event: AuditEvent =
    denial === null
      ? eventOf(order, "order_submitting", { client_order_id: order.clientOrderId, attempt: order.submitAttempts + 1 })
      : happened.kind === "not_sent_again"
        ? eventOf(order, "order_not_placed", { from: order.status, reason: happened.reason, code: denial.code, limits: denial.limits })
        : eventOf(order, "order_denied", { stage: "submit", code: denial.code, limits: denial.limits });
  return { order, state: next.state, decision, event, at: context.at };
}

/** One that was sent before is not simply denied: the user is told that nothing came of that sending either. */
function eventFor(order: OrderRecord, denial: Denial | null): Extract<OrderEvent, { kind: "claimed" | "denied" | "not_sent_again" }> {
  if (denial === null) return { kind: "claimed" };
  return order.sentAgainAt === null ? { kind: "denied", reason: messageOf(denial) } : { kind: "not_sent_again", reason: notSentAgain(denial) };
}

const notSentAgain = ({ because }: Denial): string => `it was sent before and no answer came; nothing was placed, and it was not sent again: ${because}`;
