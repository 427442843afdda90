/** Looks up, by its client order id, every order whose POST ended without a clear yes or no. Nothing is sent from here. */
import type { Pool } from "../db/pool.ts";
import { recordEvents } from "../trading/audit/events-table.ts";
import { applyBrokerEvent, eventOf } from "../trading/orders/apply-broker-event.ts";
import { claimLookups, type DueLookup } from "../trading/orders/claims-table.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import { BrokerUnavailableError, type BrokerPort, type LookupOutcome } from "../trading/ports.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import type { BookedObserver } from "./booked-observer.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";
import { endDoubt } from "./not-found.ts";

export type LookupLimits = {
  firstDelayMs: number;
  longestDelayMs: number;
  /**
   * For so long an order that cannot be found stays in doubt and blocks its symbol for its user: a 404 right after an
   * ambiguous POST does not prove that nothing was placed. Then it is sent once more while its approval holds, or given up.
   */
  blockedWhileNotFoundMs: number;
  lookupTimeoutMs: number;
  perPass: number;
};

const defaultLookupLimits: LookupLimits = {
  firstDelayMs: 1_000,
  longestDelayMs: 30_000,
  blockedWhileNotFoundMs: 120_000,
  lookupTimeoutMs: 10_000,
  perPass: 20,
};

export type LookupObserver = BookedObserver & { lookedUp(order: OrderRecord, outcome: LookupOutcome["kind"]): void; failed(error: unknown): void };

export type LookupDeps = { pool: Pool; fence: DeskFence; broker: BrokerPort; settings: RiskSettings; observer: LookupObserver; onSendAgain: () => void; limits?: Partial<LookupLimits> };

export type UnknownResolver = {
  /** Looks up what is due; true when every look-up got an answer. */
  lookUpDue(): Promise<boolean>;
  /** Looks up everything in doubt, due or not: at the start, before anything is sent. */
  lookUpAll(): Promise<boolean>;
};

export function createUnknownResolver(deps: LookupDeps): UnknownResolver {
  const limits = { ...defaultLookupLimits, ...deps.limits };
  const pass = async (all: boolean): Promise<{ complete: boolean; taken: string[] }> => {
    const due = await fencedTransaction(deps.pool, deps.fence, (tx) =>
      claimLookups(tx, { limit: limits.perPass, firstDelayMs: limits.firstDelayMs, longestDelayMs: limits.longestDelayMs, all }),
    );
    let complete = true;
    for (const each of due) {
      const outcome = await lookUp(deps.broker, each.order, limits.lookupTimeoutMs);
      deps.observer.lookedUp(each.order, outcome.kind);
      if (outcome.kind === "unavailable") complete = false;
      if (!(await takeIn(deps, limits, each, outcome))) complete = false;
    }
    return { complete, taken: due.map(({ order }) => order.id) };
  };
  return {
    lookUpDue: async () => (await pass(false)).complete,
    lookUpAll: async () => {
      const seen = new Set<string>();
      for (;;) {
        const { complete, taken } = await pass(true);
        if (!complete) return false;
        const before = seen.size;
        for (const id of taken) seen.add(id);
        // A pass puts off what it looked up, so the next one begins with what it did not; nothing new means all were seen.
        if (taken.length < limits.perPass || seen.size === before) return true;
      }
    },
  };
}

async function lookUp(broker: BrokerPort, order: OrderRecord, timeoutMs: number): Promise<LookupOutcome> {
  try {
    return await broker.findByClientOrderId(order.clientOrderId, AbortSignal.timeout(timeoutMs));
  } catch (error) {
    return { kind: "unavailable", reason: error instanceof Error ? error.name : "the broker's adapter failed" };
  }
}

/** False when the broker could not be asked what else it takes to know. */
async function takeIn(deps: LookupDeps, limits: LookupLimits, { order, inDoubtForMs }: DueLookup, outcome: LookupOutcome): Promise<boolean> {
  const applied = await fencedTransaction(deps.pool, deps.fence, async (tx) => {
    await recordEvents(tx, [eventOf(order, "order_looked_up", { attempt: order.lookupAttempts, outcome: outcome.kind, in_doubt_ms: inDoubtForMs })]);
    return outcome.kind === "found" ? applyBrokerEvent(tx, { kind: "order", source: "lookup", order: outcome.order, execution: null, event: null }) : null;
  });
  if (applied !== null) deps.observer.booked?.("lookup", applied);
  if (outcome.kind !== "not_found" || inDoubtForMs < limits.blockedWhileNotFoundMs) return true;
  try {
    const ended = await endDoubt(deps, order, { waitedMs: limits.blockedWhileNotFoundMs, callTimeoutMs: limits.lookupTimeoutMs });
    if (ended === "sent_again") deps.onSendAgain();
    return true;
  } catch (error) {
    if (!(error instanceof BrokerUnavailableError)) throw error;
    deps.observer.failed(error);
    return false;
  }
}
