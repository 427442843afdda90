/** Takes back the orders of users whose kill switch says so. */
import type { Pool } from "../db/pool.ts";
import { recordEvents } from "../trading/audit/events-table.ts";
import { eventOf } from "../trading/orders/apply-broker-event.ts";
import { claimCancels } from "../trading/orders/claims-table.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import type { BrokerPort } from "../trading/ports.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";

export type CancelObserver = { canceled(order: OrderRecord, outcome: "requested" | "not_cancelable" | "not_found"): void; failed(error: unknown): void };

export type CancelDeps = { pool: Pool; fence: DeskFence; broker: BrokerPort; observer: CancelObserver; limits?: Partial<CancelLimits> };

export type CancelLimits = { perPass: number; askAgainMs: number; cancelTimeoutMs: number };

const defaultCancelLimits: CancelLimits = { perPass: 50, askAgainMs: 15_000, cancelTimeoutMs: 10_000 };

/**
 * Asks the broker to cancel what is open under a switch that cancels. What becomes of each is the broker's to say, by
 * stream or reconciliation; one that was not cancelled is asked for again. Returns how many were asked for.
 */
export async function cancelHaltedOrders(deps: CancelDeps): Promise<number> {
  const limits = { ...defaultCancelLimits, ...deps.limits };
  const orders = await fencedTransaction(deps.pool, deps.fence, (tx) => claimCancels(tx, { limit: limits.perPass, askAgainMs: limits.askAgainMs }));
  for (const order of orders) {
    if (order.alpacaOrderId === null) continue;
    try {
      const outcome = await deps.broker.cancel(order.alpacaOrderId, AbortSignal.timeout(limits.cancelTimeoutMs));
      deps.observer.canceled(order, outcome);
      await fencedTransaction(deps.pool, deps.fence, (tx) => recordEvents(tx, [eventOf(order, "cancel_requested", { outcome, because: "kill_switch" })]));
    } catch (error) {
      deps.observer.failed(error);
    }
  }
  return orders.length;
}
