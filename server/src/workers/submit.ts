/** Sends what was approved: each order once. */
import type { Pool } from "../db/pool.ts";
import { lockAbandonedOrder, type DueScope } from "../trading/orders/claims-table.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import { settleOrder } from "../trading/orders/settle-order.ts";
import { ticketOf } from "../trading/orders/ticket.ts";
import type { BrokerPort, SubmitOutcome } from "../trading/ports.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import type { BookedObserver } from "./booked-observer.ts";
import { claimOrders } from "./claim-orders.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";
import { createPostResults, type PostResultLimits } from "./post-results.ts";
import type { ReconciledGate } from "./reconciled-gate.ts";

export type SubmitLimits = PostResultLimits & {
  concurrentPosts: number;
  /** So many more for exits alone: an approval that the broker is slow to answer keeps none of them waiting. */
  exitPosts: number;
  /** Orders that were taken up and whose results are not written yet, POSTs under way included: at so many nothing more is taken up but as many exits as have POSTs of their own. */
  maxUnwritten: number;
  /** After this long without an answer a POST's outcome is unknown. */
  postTimeoutMs: number;
  /** How often the books are looked at without having been woken. */
  pollIntervalMs: number;
};

const defaultSubmitLimits: SubmitLimits = {
  concurrentPosts: 16,
  exitPosts: 4,
  maxUnwritten: 64,
  resultsPerTransaction: 32,
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

/** How many orders the broker's rate leaves room for at this moment: one that would wait for it after it was judged is not taken up. */
export type RoomToSend = { any: number; exits: number };

export type SubmitDeps = {
  pool: Pool;
  fence: DeskFence;
  broker: BrokerPort;
  gate: ReconciledGate;
  settings: RiskSettings;
  observer: SubmitObserver;
  roomToSend?: (() => RoomToSend) | undefined;
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
  const results = createPostResults(deps, limits);
  const underWay = new Set<Promise<void>>();
  let posting = 0;
  /** More may be due than was taken up. */
  let isShort = false;
  let running: Promise<void> | null = null;
  const stopping = new AbortController();
  let woken = true;
  let rouse: () => void = () => undefined;

  const wake = (): void => {
    woken = true;
    rouse();
  };

  const post = (order: OrderRecord): void => {
    posting += 1;
    const sent = sendOrder(deps, limits, order)
      .finally(() => {
        posting -= 1;
        if (isShort) wake();
      })
      .then(async (outcome) => {
        if (outcome === null) return;
        await results.write({ order, outcome });
        if (outcome.kind === "duplicate" || outcome.kind === "unknown") deps.onDoubt();
        if (outcome.kind === "not_sent") wake();
      })
      .catch((error: unknown) => deps.observer.failed(error))
      .finally(() => {
        underWay.delete(sent);
        if (isShort) wake();
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
        const { passes, isAll } = passesFor(limits, { posting, unwritten: underWay.size, room: deps.roomToSend?.() ?? { any: Infinity, exits: Infinity } });
        isShort = !isAll;
        for (const { scope, limit, maySend } of passes) {
          const { toSend, denied, nextInMs } = await claimOrders(deps.pool, deps.fence, { limit, scope, gateIsOpen: deps.gate.isOpen() && maySend, settings: deps.settings });
          // To the moment: whoever could take an order back until now is not kept waiting for it any longer.
          if (nextInMs !== null) sleepMs = Math.min(sleepMs, Math.max(1, nextInMs));
          for (const order of denied) deps.observer.denied(order);
          for (const order of toSend) post(order);
          if (toSend.length + denied.length === limit) isShort = woken = true;
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

type Pass = { scope: DueScope; limit: number; maySend: boolean };

/**
 * What may be taken up now. Where there is no space for whatever comes, exits have POSTs and room of their own; and what waits
 * for the broker's rate is still denied when waiting cannot mend what stands against it. `isAll`: nothing is passed over. Pure.
 */
function passesFor(limits: SubmitLimits, of: { posting: number; unwritten: number; room: RoomToSend }): { passes: Pass[]; isAll: boolean } {
  const slots = Math.min(limits.concurrentPosts - of.posting, limits.maxUnwritten - of.unwritten);
  const any = Math.min(slots, of.room.any);
  if (any > 0) return { passes: [{ scope: "all", limit: any, maySend: true }], isAll: true };
  const exits = Math.min(slots + limits.exitPosts, of.room.exits);
  const passes: Pass[] = [];
  if (exits > 0) passes.push({ scope: "exits", limit: exits, maySend: true });
  if (slots > 0) passes.push({ scope: "all", limit: slots, maySend: false });
  return { passes, isAll: false };
}

/** The POST, outside any transaction. Never repeated here. Null: nothing was sent. */
async function sendOrder(deps: SubmitDeps, limits: SubmitLimits, order: OrderRecord): Promise<SubmitOutcome | null> {
  // This process was held up since it claimed the order: whoever has the desk now finds it abandoned, and looks it up.
  if (!deps.fence.isSure()) return null;
  deps.observer.sending(order);
  const began = performance.now();
  const outcome = await submitOnce(deps.broker, order, limits.postTimeoutMs);
  deps.observer.answered(order, outcome.kind, performance.now() - began);
  return outcome;
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
