/** Everything that happens to an order after its approval, put together: what main starts, wakes and stops. */
import { newUuid } from "../core/ids.ts";
import type { Pool } from "../db/pool.ts";
import type { BrokerPort, TradeStreamPort } from "../trading/ports.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import { cancelHaltedOrders, type CancelLimits, type CancelObserver } from "./cancel-halted.ts";
import { takeDesk, type DeskFence } from "./desk-lease.ts";
import { flattenPositions } from "./flatten-positions.ts";
import { followExitPlans } from "./follow-exit-plans.ts";
import { defaultLeaseTiming, type HeldLease, type LeaseTiming } from "./held-lease.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";
import { refreshAssets } from "./refresh-assets.ts";
import { createReconciler, type ReconcileLimits, type ReconcileObserver } from "./reconcile.ts";
import { createReconciledGate } from "./reconciled-gate.ts";
import { createUnknownResolver, type LookupLimits, type LookupObserver } from "./resolve-unknown.ts";
import { createSubmitWorker, type RoomToSend, type SubmitLimits, type SubmitObserver } from "./submit.ts";
import { createTradeStreamWorker, type TradeStreamObserver } from "./trade-stream.ts";

export type OrderDeskObserver = SubmitObserver &
  LookupObserver &
  CancelObserver &
  ReconcileObserver &
  TradeStreamObserver & {
    /** This process has the desk from now on, or has it no more. */
    deskChanged?(isOurs: boolean): void;
  };

export type OrderDeskRhythm = {
  reconcileEveryMs: number;
  /** After a comparison that failed. */
  reconcileAgainMs: number;
  lookUpEveryMs: number;
  /** A kill switch must hold in every process within a second, also where its notification was lost. */
  cancelEveryMs: number;
  /** How soon the broker is asked about a symbol that is new. */
  assetsEveryMs: number;
  lease: LeaseTiming;
};

const defaultRhythm: OrderDeskRhythm = { reconcileEveryMs: 60_000, reconcileAgainMs: 2_000, lookUpEveryMs: 500, cancelEveryMs: 1_000, assetsEveryMs: 500, lease: defaultLeaseTiming };

export type OrderDeskDeps = {
  pool: Pool;
  broker: BrokerPort;
  stream: TradeStreamPort;
  settings: RiskSettings;
  observer: OrderDeskObserver;
  /** Without it, any number. */
  roomToSend?: () => RoomToSend;
  rhythm?: Partial<OrderDeskRhythm>;
  limits?: { submit?: Partial<SubmitLimits>; lookup?: Partial<LookupLimits>; cancel?: Partial<CancelLimits>; reconcile?: Partial<ReconcileLimits> };
};

export type OrderDesk = {
  start(): void;
  /** An order was committed: by this process, or by another that said so on `nod_orders`. */
  orderPlaced(): void;
  /** A kill switch was set or cleared, as told on `nod_kill_switch`. */
  killSwitchChanged(): void;
  /** For readiness: the books have been compared with the broker's since the start and since the last connect. */
  isReconciled(): boolean;
  /** For readiness: another process has the desk, and this one takes over when that one is gone. */
  isStandingBy(): boolean;
  /** Takes nothing new, finishes what is under way, and lets the next process begin at once. */
  stop(): Promise<void>;
};

/**
 * Any number of processes may have one; the one that holds the lease works, the others stand by. Whoever takes over begins
 * as after a start: what was being sent is looked up, and nothing is sent before the books have been compared.
 */
export function createOrderDesk(deps: OrderDeskDeps): OrderDesk {
  const rhythm = { ...defaultRhythm, ...deps.rhythm };
  const owner = newUuid();
  let standby: IntervalLoop | null = null;
  let isStandingBy = false;
  let current: { held: HeldLease; shift: Shift } | null = null;
  const ending = new Set<Promise<void>>();

  const endLost = (): void => {
    if (current === null) return;
    const ended = current.shift
      .stop()
      .catch((error: unknown) => deps.observer.failed(error))
      .finally(() => ending.delete(ended));
    ending.add(ended);
    current = null;
    deps.observer.deskChanged?.(false);
    standby?.wake();
  };
  const tryToTake = async (): Promise<undefined> => {
    if (current !== null) return;
    const held = await takeDesk(deps.pool, { owner, timing: rhythm.lease, onLost: endLost });
    isStandingBy = held === undefined;
    if (held === undefined) return;
    current = { held, shift: startShift(deps, rhythm, held.fence) };
    deps.observer.deskChanged?.(true);
  };

  return {
    start: () => {
      standby ??= startInterval({ intervalMs: rhythm.lease.standbyRetryMs, run: tryToTake, onError: (error) => deps.observer.failed(error) });
    },
    orderPlaced: () => current?.shift.orderPlaced(),
    killSwitchChanged: () => current?.shift.killSwitchChanged(),
    isReconciled: () => current?.shift.isReconciled() ?? false,
    isStandingBy: () => isStandingBy,
    stop: async () => {
      await standby?.stop();
      const last = current;
      await last?.shift.stop();
      await last?.held.release();
      await Promise.all(ending);
    },
  };
}

/** The desk's workers from when it was taken until it is given up or lost. */
type Shift = Pick<OrderDesk, "orderPlaced" | "killSwitchChanged" | "isReconciled" | "stop">;

function startShift(deps: OrderDeskDeps, rhythm: OrderDeskRhythm, fence: DeskFence): Shift {
  const { pool, broker, settings, observer, limits = {} } = deps;
  const gate = createReconciledGate();
  const unknowns = createUnknownResolver({ pool, fence, broker, settings, observer, onSendAgain: () => submit.wake(), limits: limits.lookup ?? {} });
  const reconciler = createReconciler({ pool, fence, broker, gate, unknowns, observer, limits: limits.reconcile ?? {} });
  const onError = (error: unknown): void => observer.failed(error);
  const reconcile = startInterval({
    intervalMs: rhythm.reconcileEveryMs,
    run: async () => ((await reconciler.reconcile()) ? undefined : { nextInMs: rhythm.reconcileAgainMs }),
    onError,
  });
  const lookUp = startInterval({
    intervalMs: rhythm.lookUpEveryMs,
    run: async () => {
      // Before the first comparison the look-ups are part of it.
      if (gate.isOpen()) await unknowns.lookUpDue();
      return undefined;
    },
    onError,
  });
  const cancel = startInterval({
    intervalMs: rhythm.cancelEveryMs,
    run: async () => {
      await cancelHaltedOrders({ pool, fence, broker, observer, limits: limits.cancel ?? {} });
      return undefined;
    },
    onError,
  });
  const assets = startInterval({
    intervalMs: rhythm.assetsEveryMs,
    retryMs: rhythm.reconcileAgainMs,
    run: async () => {
      await refreshAssets({ pool, broker });
      return undefined;
    },
    onError,
  });
  const flatten = startInterval({
    intervalMs: rhythm.cancelEveryMs,
    run: async () => {
      if (gate.isOpen() && (await flattenPositions({ pool, fence, settings })) > 0) submit.wake();
      return undefined;
    },
    onError,
  });
  const exits = startInterval({
    intervalMs: rhythm.cancelEveryMs,
    run: async () => {
      if (gate.isOpen() && (await followExitPlans({ pool, fence, settings })) > 0) submit.wake();
      return undefined;
    },
    onError,
  });
  const submit = createSubmitWorker({ pool, fence, broker, gate, settings, observer, roomToSend: deps.roomToSend, onDoubt: () => lookUp.wake(), limits: limits.submit ?? {} });
  const stream = createTradeStreamWorker({ pool, fence, stream: deps.stream, gate, reconcile: () => reconcile.wake(), observer });
  stream.start();
  submit.start();

  return {
    orderPlaced: () => submit.wake(),
    killSwitchChanged: () => {
      submit.wake();
      cancel.wake();
      flatten.wake();
    },
    isReconciled: () => fence.isSure() && gate.isOpen(),
    stop: async () => {
      await stream.stop();
      await Promise.all([submit.stop(), reconcile.stop(), lookUp.stop(), cancel.stop(), flatten.stop(), exits.stop(), assets.stop()]);
    },
  };
}
