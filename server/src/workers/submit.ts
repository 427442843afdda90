/** Sends what was approved: each order once. */
import type { Pool } from "../db/pool.ts";
import { applyBrokerEvent } from "../trading/orders/apply-broker-event.ts";
import { lockAbandonedOrder } from "../trading/orders/claims-table.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import { settleOrder, type OwnEvent } from "../trading/orders/settle-order.ts";
import { ticketOf } from "../trading/orders/ticket.ts";
import type { BrokerPort, SubmitOutcome } from "../trading/ports.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import type { BookedObserver } from "./booked-observer.ts";
import { claimOrders } from "./claim-orders.ts";
import { DeskLost, fencedTransaction, type DeskFence } from "./desk-lease.ts";
import type { ReconciledGate } from "./reconciled-gate.ts";

export type SubmitLimits = {
  concurrentPosts: number;
  /** After this long without an answer a POST's outcome is unknown. */
  postTimeoutMs: number;
  /** How often an order may be found not to have left before it is given up. */
  maxAttempts: number;
  retryDelayMs: number;
  /** The first look-up of an order in doubt. */
  firstLookupDelayMs: number;
  /** How often the books are looked at without having been woken. */
  pollIntervalMs: number;
  /** How often a result is tried to be written before the order is left to be found abandoned. */
  maxWriteAttempts: number;
  writeRetryDelayMs: number;
};

const defaultSubmitLimits: SubmitLimits = {
  concurrentPosts: 8,
  postTimeoutMs: 15_000,
  maxAttempts: 5,
  retryDelayMs: 500,
  firstLookupDelayMs: 500,
  pollIntervalMs: 1_000,
  maxWriteAttempts: 5,
  writeRetryDelayMs: 500,
};

/** A POST, and the writing of what came of it, are over by then: whoever claimed the order is gone. */
const abandonedGraceMs = 10_000;
const abandonedPerPass = 100;

/** For metrics and logs; never throws. */
export type SubmitObserver = BookedObserver & {
  denied(order: OrderRecord): void;
  /** Right before the POST. */
  sending(order: OrderRecord): void;
  answered(order: OrderRecord, outcome: SubmitOutcome["kind"], tookMs: number): void;
  failed(error: unknown): void;
};

export type SubmitDeps = {
  pool: Pool;
  fence: DeskFence;
  broker: BrokerPort;
  gate: ReconciledGate;
  settings: RiskSettings;
  observer: SubmitObserver;
  /** There is an order whose outcome must be looked up. */
  onDoubt: () => void;
  limits?: Partial<SubmitLimits>;
};

export type SubmitWorker = {
  start(): void;
  /** There may be something to send: after a commit in this process, or a notification from another. */
  wake(): void;
  /** Takes nothing new, and waits for the POSTs that are under way and for their results to be written. */
  stop(): Promise<void>;
};

export function createSubmitWorker(deps: SubmitDeps): SubmitWorker {
  const limits = { ...defaultSubmitLimits, ...deps.limits };
  const underWay = new Set<Promise<void>>();
  let running: Promise<void> | null = null;
  const stopping = new AbortController();
  let woken = true;
  let rouse: () => void = () => undefined;

  const wake = (): void => {
    woken = true;
    rouse();
  };

  const post = (order: OrderRecord): void => {
    const sent = sendOrder(deps, limits, order)
      .catch((error: unknown) => deps.observer.failed(error))
      .finally(() => {
        underWay.delete(sent);
        wake();
      });
    underWay.add(sent);
  };

  const sleepUntilWoken = async (atMostMs: number): Promise<void> => {
    if (woken || stopping.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    rouse = resolve;
    const timer = setTimeout(resolve, atMostMs);
    await promise;
    clearTimeout(timer);
  };

  const run = async (): Promise<void> => {
    // Whoever claimed these is not this process: it has just begun.
    let abandonedAfterMs = 0;
    let lookForAbandonedAt = 0;
    while (!stopping.signal.aborted) {
      woken = false;
      let sleepMs = limits.pollIntervalMs;
      try {
        if (performance.now() >= lookForAbandonedAt) {
          await doubtAbandoned(deps, limits, abandonedAfterMs);
          abandonedAfterMs = limits.postTimeoutMs + abandonedGraceMs;
          lookForAbandonedAt = performance.now() + abandonedGraceMs;
        }
        const free = limits.concurrentPosts - underWay.size;
        if (free > 0) {
          const { toSend, denied, nextInMs } = await claimOrders(deps.pool, deps.fence, { limit: free, gateIsOpen: deps.gate.isOpen(), settings: deps.settings });
          // To the moment: whoever could take an order back until now is not kept waiting for it any longer.
          if (nextInMs !== null) sleepMs = Math.min(sleepMs, Math.max(1, nextInMs));
          for (const order of denied) deps.observer.denied(order);
          for (const order of toSend) post(order);
          if (toSend.length + denied.length === free) woken = true;
        }
      } catch (error) {
        deps.observer.failed(error);
        woken = false;
      }
      await sleepUntilWoken(sleepMs);
    }
  };

  return {
    start: () => {
      deps.gate.onOpen(wake);
      running ??= run();
    },
    wake,
    stop: async () => {
      stopping.abort();
      rouse();
      await running;
      await Promise.all(underWay);
    },
  };
}

/** The POST, outside any transaction, and its result into the books. Never repeated here. */
async function sendOrder(deps: SubmitDeps, limits: SubmitLimits, order: OrderRecord): Promise<void> {
  // This process was held up since it claimed the order: whoever has the desk now finds it abandoned, and looks it up.
  if (!deps.fence.isSure()) return;
  deps.observer.sending(order);
  const began = performance.now();
  const outcome = await submitOnce(deps.broker, order, limits.postTimeoutMs);
  deps.observer.answered(order, outcome.kind, performance.now() - began);
  await writeResult(deps, limits, () => takeIn(deps, limits, order, outcome));
  if (outcome.kind === "duplicate" || outcome.kind === "unknown") deps.onDoubt();
}

async function submitOnce(broker: BrokerPort, order: OrderRecord, timeoutMs: number): Promise<SubmitOutcome> {
  try {
    const outcome = await broker.submit(ticketOf(order), AbortSignal.timeout(timeoutMs));
    if (outcome.kind === "accepted" && outcome.order.clientOrderId !== order.clientOrderId) {
      return { kind: "unknown", reason: "the broker answered with another order" };
    }
    return outcome;
  } catch (error) {
    // The port promises not to throw; if it does, nothing was learned.
    return { kind: "unknown", reason: error instanceof Error ? error.name : "the broker's adapter failed" };
  }
}

async function takeIn(deps: SubmitDeps, limits: SubmitLimits, order: OrderRecord, outcome: SubmitOutcome): Promise<void> {
  const applied = await fencedTransaction(deps.pool, deps.fence, async (tx) => {
    switch (outcome.kind) {
      case "accepted":
        return applyBrokerEvent(tx, { kind: "order", source: "post", order: outcome.order, execution: null, event: null });
      case "rejected":
        await settleOrder(tx, order.id, { kind: "refused", reason: `the broker refused it: ${outcome.message}` }, { data: { http_status: outcome.httpStatus, code: outcome.code } });
        return;
      case "duplicate":
        await settleOrder(tx, order.id, { kind: "outcome_lost", reason: "the broker says that it has it already; it is being looked up" }, { lookupInMs: 0 });
        return;
      case "unknown":
        await settleOrder(tx, order.id, { kind: "outcome_lost", reason: `it may or may not have arrived (${outcome.reason}); it is being looked up` }, { lookupInMs: limits.firstLookupDelayMs });
        return;
      case "not_sent":
        await settleOrder(tx, order.id, notSent(order, outcome.reason, limits), { submitInMs: limits.retryDelayMs * 2 ** order.submitAttempts });
        return;
    }
  });
  if (applied !== undefined) deps.observer.booked?.("post", applied);
}

/** `submitAttempts` is the number before this attempt. */
function notSent(order: OrderRecord, reason: string, limits: SubmitLimits): OwnEvent {
  return order.submitAttempts + 1 < limits.maxAttempts
    ? { kind: "not_sent", reason: `not sent yet: ${reason}` }
    : { kind: "given_up", reason: `nothing was sent: ${reason}, ${limits.maxAttempts} times` };
}

/** The database may be away for a moment; what the broker said must not be lost to that. */
async function writeResult(deps: SubmitDeps, limits: SubmitLimits, write: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write();
      return;
    } catch (error) {
      deps.observer.failed(error);
      if (error instanceof DeskLost || attempt >= limits.maxWriteAttempts) return;
      await new Promise((resolve) => setTimeout(resolve, limits.writeRetryDelayMs * attempt));
    }
  }
}

/**
 * Orders that somebody took up and never finished may be at the broker: they are looked up, not sent again. One
 * transaction each: two users' outboxes are never locked in an order that somebody else might reverse.
 */
async function doubtAbandoned(deps: SubmitDeps, limits: SubmitLimits, olderThanMs: number): Promise<void> {
  for (let count = 0; count < abandonedPerPass; count += 1) {
    const doubted = await fencedTransaction(deps.pool, deps.fence, async (tx) => {
      const order = await lockAbandonedOrder(tx, olderThanMs);
      if (order === null) return false;
      const reason = "the process that was sending it stopped; it is being looked up";
      await settleOrder(tx, order.id, { kind: "outcome_lost", reason }, { lookupInMs: limits.firstLookupDelayMs });
      return true;
    });
    if (!doubted) return;
    deps.onDoubt();
  }
}
