/** What became of POSTs, into the books: those that end while a transaction is under way share the next one. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Db, Pool } from "../db/pool.ts";
import { gatherAnnouncements, type Announce } from "../trading/orders/announce.ts";
import { applyBrokerEvent, type AppliedWord } from "../trading/orders/apply-broker-event.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import { settleOrder, type AlongWithEvent, type OwnEvent } from "../trading/orders/settle-order.ts";
import { differenceFrom } from "../trading/orders/ticket.ts";
import type { SubmitOutcome } from "../trading/ports.ts";
import type { BookedObserver } from "./booked-observer.ts";
import { DeskLost, fencedTransaction, type DeskFence } from "./desk-lease.ts";

export type PostResultLimits = {
  /** Results that share a transaction when that many wait. */
  resultsPerTransaction: number;
  /** How often an order may be found not to have left before it is given up. */
  maxAttempts: number;
  retryDelayMs: number;
  /** The first look-up of an order in doubt. */
  firstLookupDelayMs: number;
  /** How often a result is tried to be written before the order is left to be found abandoned. */
  maxWriteAttempts: number;
  writeRetryDelayMs: number;
};

export type PostResultDeps = { pool: Pool; fence: DeskFence; observer: BookedObserver & { failed(error: unknown): void } };

export type PostResult = { order: OrderRecord; outcome: SubmitOutcome };

export type PostResults = {
  /** Resolves when it is on the books, or was tried so often that the order is left to be found abandoned. */
  write(result: PostResult): Promise<void>;
};

type Waiting = PostResult & { written: () => void };

/** One transaction at a time; what comes meanwhile waits for the next. One that fails holds nobody up: its results are tried again by themselves. */
export function createPostResults(deps: PostResultDeps, limits: PostResultLimits): PostResults {
  const waiting: Waiting[] = [];
  let isWriting = false;

  const writeTogether = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await takeIn(deps, limits, batch);
      for (const { written } of batch) written();
    } catch (error) {
      deps.observer.failed(error);
      const tryAgain = error instanceof DeskLost ? undefined : writeAlone;
      for (const each of batch) void (tryAgain?.(deps, limits, each) ?? Promise.resolve()).finally(each.written);
    }
  };
  const writeAll = async (): Promise<void> => {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) await writeTogether(nextOf(waiting, limits.resultsPerTransaction));
    isWriting = false;
  };
  return {
    write: (result) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ ...result, written: resolve });
      void writeAll();
      return promise;
    },
  };
}

/** What halts its user is written alone: a halt is logged at once, and logs are locked in the order of their users. */
function nextOf(waiting: Waiting[], atMost: number): Waiting[] {
  const halting = waiting.findIndex(({ order, outcome }) => outcome.kind === "accepted" && differenceFrom(order, outcome.order) !== null);
  return waiting.splice(0, halting === -1 ? atMost : Math.min(atMost, Math.max(1, halting)));
}

/** The database may be away for a moment, or refuse another one of the batch; what the broker said must not be lost to that. */
async function writeAlone(deps: PostResultDeps, limits: PostResultLimits, result: PostResult): Promise<void> {
  for (let attempt = 1; attempt < limits.maxWriteAttempts; attempt += 1) {
    await sleep(limits.writeRetryDelayMs * attempt);
    try {
      await takeIn(deps, limits, [result]);
      return;
    } catch (error) {
      deps.observer.failed(error);
      if (error instanceof DeskLost) return;
    }
  }
}

async function takeIn(deps: PostResultDeps, limits: PostResultLimits, results: readonly PostResult[]): Promise<void> {
  const applied = await fencedTransaction(deps.pool, deps.fence, async (tx) => {
    const { announce, tell } = gatherAnnouncements();
    // Their statements go out side by side. Each waits for its own order's row only, and what is common to all comes last.
    const applied = await Promise.all(results.map((result) => takeInOne(tx, limits, result, announce)));
    await tell(tx);
    return applied;
  });
  for (const word of applied) if (word !== null) deps.observer.booked?.("post", word);
}

async function takeInOne(tx: Db, limits: PostResultLimits, { order, outcome }: PostResult, announce: Announce): Promise<AppliedWord | null> {
  if (outcome.kind === "accepted") return applyBrokerEvent(tx, { kind: "order", source: "post", order: outcome.order, execution: null, event: null }, announce);
  const { event, along } = ownEventOf(order, outcome, limits);
  await settleOrder(tx, order.id, event, along, announce);
  return null;
}

function ownEventOf(order: OrderRecord, outcome: Exclude<SubmitOutcome, { kind: "accepted" }>, limits: PostResultLimits): { event: OwnEvent; along: AlongWithEvent } {
  switch (outcome.kind) {
    case "rejected":
      return { event: { kind: "refused", reason: `the broker refused it: ${outcome.message}` }, along: { data: { http_status: outcome.httpStatus, code: outcome.code } } };
    case "duplicate":
      return { event: { kind: "outcome_lost", reason: "the broker says that it has it already; it is being looked up" }, along: { lookupInMs: 0 } };
    case "unknown":
      return { event: { kind: "outcome_lost", reason: `it may or may not have arrived (${outcome.reason}); it is being looked up` }, along: { lookupInMs: limits.firstLookupDelayMs } };
    case "not_sent":
      return { event: notSent(order, outcome.reason, limits), along: { submitInMs: limits.retryDelayMs * 2 ** order.submitAttempts } };
  }
}

/** `submitAttempts` is the number before this attempt. */
function notSent(order: OrderRecord, reason: string, limits: PostResultLimits): OwnEvent {
  return order.submitAttempts + 1 < limits.maxAttempts
    ? { kind: "not_sent", reason: `not sent yet: ${reason}` }
    : { kind: "given_up", reason: `nothing was sent: ${reason}, ${limits.maxAttempts} times` };
}
