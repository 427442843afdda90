/** Compares our books with the broker's: at the start, on each connect of the trade stream, and on a timer. */
import type { BrokerClock } from "../core/trading-day.ts";
import type { Pool } from "../db/pool.ts";
import { recordSession } from "../trading/market/session-table.ts";
import { applyBrokerEvent, type AppliedWord, type BrokerWord } from "../trading/orders/apply-broker-event.ts";
import { ordersAtBroker } from "../trading/orders/claims-table.ts";
import { oldestInDoubt, oldestLackingFills } from "../trading/orders/fills-table.ts";
import { lastReconciledAt, recordAccount, recordReconciled } from "../trading/portfolio/accounts-table.ts";
import type { KnownDifferences } from "../trading/portfolio/position-differences-table.ts";
import { BrokerUnavailableError, type BrokerPort } from "../trading/ports.ts";
import type { BookedObserver } from "./booked-observer.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";
import type { ReconciledGate } from "./reconciled-gate.ts";
import { reconcileExecutions } from "./reconcile-executions.ts";
import { reconcilePositions } from "./reconcile-positions.ts";
import { reconcileRestated } from "./reconcile-restated.ts";
import type { UnknownResolver } from "./resolve-unknown.ts";

export type ReconcileLimits = {
  callTimeoutMs: number;
  /** How far back executions are read where books were never compared; otherwise from the last success on, with this overlap. */
  firstFillLookbackMs: number;
  fillOverlapMs: number;
  /** Orders of ours that are looked up one by one because the broker's list of open ones leaves them out. */
  maxPolledOrders: number;
  /** Orders that are over which are looked up after a start and after a reconnect: what was filled of one may have been taken back. */
  maxRestatedOrders: number;
  /** Positions are compared after a start and after a reconnect, and then so often: it takes all orders that there are. */
  positionsEveryMs: number;
};

const defaultReconcileLimits: ReconcileLimits = { callTimeoutMs: 15_000, firstFillLookbackMs: 86_400_000, fillOverlapMs: 600_000, maxPolledOrders: 200, maxRestatedOrders: 20, positionsEveryMs: 300_000 };

/** `positions`: null when it was not their turn. */
export type Reconciled = { changed: number; foreignOrders: number; foreignFills: number; mismatched: number; polled: number; positions: KnownDifferences | null };

export type ReconcileObserver = BookedObserver & { reconciled(result: Reconciled, tookMs: number): void; failed(error: unknown): void };

export type ReconcileDeps = {
  pool: Pool;
  fence: DeskFence;
  broker: BrokerPort;
  gate: ReconciledGate;
  unknowns: UnknownResolver;
  observer: ReconcileObserver;
  limits?: Partial<ReconcileLimits>;
};

export type Reconciler = {
  /**
   * One comparison, and the gate opens if it went through from end to end. A failure leaves the gate as it is.
   * Calls during a running one share the next, which begins when that has ended. True when it went through.
   */
  reconcile(): Promise<boolean>;
};

export function createReconciler(deps: ReconcileDeps): Reconciler {
  const limits = { ...defaultReconcileLimits, ...deps.limits };
  let hasLooked = false;
  let lastSuccess: Date | null = null;
  let lackingSince: Date | null = null;
  let positionsAtMs = -Infinity;
  let running: Promise<boolean> | null = null;
  let next: Promise<boolean> | null = null;

  const once = async (): Promise<boolean> => {
    const began = performance.now();
    const startedAt = new Date();
    const closings = deps.gate.closings();
    try {
      if (!hasLooked) {
        // What was compared before this process began counts too: it may have been away for longer than the first look back.
        lastSuccess = await lastReconciledAt(deps.pool);
        lackingSince = await oldestLackingFills(deps.pool);
        hasLooked = true;
      }
      const inDoubtSince = await oldestInDoubt(deps.pool);
      lackingSince = earliest(lackingSince, inDoubtSince);
      const comparedAt = lastSuccess ?? new Date(startedAt.getTime() - limits.firstFillLookbackMs);
      const fillsAfter = new Date((earliest(comparedAt, lackingSince) ?? comparedAt).getTime() - limits.fillOverlapMs);
      // The gate is closed from the start, and from each reconnect, until the books are compared.
      const hasBeenAway = !deps.gate.isOpen();
      const result = await compare(deps, limits, { fillsAfter, hasBeenAway, withPositions: hasBeenAway || began - positionsAtMs >= limits.positionsEveryMs });
      if (result.positions !== null) positionsAtMs = began;
      lastSuccess = startedAt;
      // Executions of what was in doubt were taken for somebody else's: once it is adopted, they are to be read again.
      lackingSince = inDoubtSince;
      deps.gate.open(closings);
      deps.observer.reconciled(result, performance.now() - began);
      return true;
    } catch (error) {
      deps.observer.failed(error);
      return false;
    }
  };

  const begin = (): Promise<boolean> => {
    const mine = once().finally(() => {
      if (running === mine) running = null;
    });
    running = mine;
    return mine;
  };

  return {
    reconcile: () => {
      if (running === null) return begin();
      // What is running may have read the broker before the moment that this call is about.
      next ??= running.then(() => {
        next = null;
        return begin();
      });
      return next;
    },
  };
}

function earliest(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/** @throws BrokerUnavailableError, and the database's errors: the comparison then did not take place. */
async function compare({ pool, fence, broker, unknowns, observer }: ReconcileDeps, limits: ReconcileLimits, scope: { fillsAfter: Date; hasBeenAway: boolean; withPositions: boolean }): Promise<Reconciled> {
  const signal = (): AbortSignal => AbortSignal.timeout(limits.callTimeoutMs);
  const clock: BrokerClock = await broker.clock(signal());
  const account = await broker.account(signal());
  await fencedTransaction(pool, fence, async (tx) => {
    await recordSession(tx, clock);
    await recordAccount(tx, account);
  });
  if (!(await unknowns.lookUpAll())) throw new BrokerUnavailableError("an order in doubt could not be looked up");

  const tally: Reconciled = { changed: 0, foreignOrders: 0, foreignFills: 0, mismatched: 0, polled: 0, positions: null };
  const apply = async (word: BrokerWord): Promise<AppliedWord> => {
    const applied = await fencedTransaction(pool, fence, (tx) => applyBrokerEvent(tx, word));
    observer.booked?.(word.source, applied);
    return applied;
  };
  const take = async (word: BrokerWord): Promise<void> => count(tally, word, await apply(word));

  const open = await broker.openOrders(signal());
  for (const order of open) await take({ kind: "order", source: "reconciliation", order, execution: null, event: null });

  // Executions first: an order that they complete need not be asked for.
  const parts = { pool, broker, apply, count: (word: BrokerWord, applied: AppliedWord) => count(tally, word, applied), signal };
  await reconcileExecutions(parts, scope.fillsAfter);
  const unlisted = await ordersAtBroker(pool, { limit: limits.maxPolledOrders, except: open.map((order) => order.clientOrderId) });
  for (const order of unlisted) {
    const found = await broker.findByClientOrderId(order.clientOrderId, signal());
    if (found.kind === "unavailable") throw new BrokerUnavailableError(`an order could not be polled: ${found.reason}`);
    tally.polled += 1;
    // An order that the broker once acknowledged and no longer knows is left as it is: what it filled cannot be undone.
    if (found.kind === "found") await take({ kind: "order", source: "poll", order: found.order, execution: null, event: null });
  }
  if (scope.hasBeenAway) tally.polled += await reconcileRestated(parts, limits.maxRestatedOrders);
  // Last: what the account holds is compared with books that are up to date.
  if (scope.withPositions) tally.positions = await reconcilePositions({ pool, fence, broker }, signal());
  await fencedTransaction(pool, fence, recordReconciled);
  return tally;
}

function count(tally: Reconciled, word: BrokerWord, applied: AppliedWord): void {
  switch (applied.kind) {
    case "changed":
      tally.changed += 1;
      return;
    case "mismatched":
      tally.mismatched += 1;
      return;
    case "foreign":
      if (word.kind === "order") tally.foreignOrders += 1;
      else tally.foreignFills += 1;
      return;
    case "unchanged":
      return;
  }
}
