/** Everything that happens to an order after its approval, put together: what main starts, wakes and stops. */
import type { Pool } from "../db/pool.ts";
import type { BrokerPort, TradeStreamPort } from "../trading/ports.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import { cancelHaltedOrders, type CancelLimits, type CancelObserver } from "./cancel-halted.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";
import { createReconciler, type ReconcileLimits, type ReconcileObserver } from "./reconcile.ts";
import { createReconciledGate } from "./reconciled-gate.ts";
import { createUnknownResolver, type LookupLimits, type LookupObserver } from "./resolve-unknown.ts";
import { createSubmitWorker, type SubmitLimits, type SubmitObserver } from "./submit.ts";
import { createTradeStreamWorker, type TradeStreamObserver } from "./trade-stream.ts";

export type OrderDeskObserver = SubmitObserver & LookupObserver & CancelObserver & ReconcileObserver & TradeStreamObserver;

export type OrderDeskRhythm = {
  reconcileEveryMs: number;
  /** After a comparison that failed. */
  reconcileAgainMs: number;
  lookUpEveryMs: number;
  /** A kill switch must hold in every process within a second, also where its notification was lost. */
  cancelEveryMs: number;
};

const defaultRhythm: OrderDeskRhythm = { reconcileEveryMs: 60_000, reconcileAgainMs: 2_000, lookUpEveryMs: 500, cancelEveryMs: 1_000 };

export type OrderDeskDeps = {
  pool: Pool;
  broker: BrokerPort;
  stream: TradeStreamPort;
  settings: RiskSettings;
  observer: OrderDeskObserver;
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
  /** Takes nothing new, and finishes what is under way. */
  stop(): Promise<void>;
};

export function createOrderDesk(deps: OrderDeskDeps): OrderDesk {
  const { pool, broker, settings, observer, limits = {} } = deps;
  const rhythm = { ...defaultRhythm, ...deps.rhythm };
  const gate = createReconciledGate();
  const unknowns = createUnknownResolver({ pool, broker, observer, limits: limits.lookup ?? {} });
  const reconciler = createReconciler({ pool, broker, gate, unknowns, observer, limits: limits.reconcile ?? {} });
  let loops: { reconcile: IntervalLoop; lookUp: IntervalLoop; cancel: IntervalLoop } | null = null;

  const submit = createSubmitWorker({ pool, broker, gate, settings, observer, onDoubt: () => loops?.lookUp.wake(), limits: limits.submit ?? {} });
  const stream = createTradeStreamWorker({ pool, stream: deps.stream, gate, reconcile: () => loops?.reconcile.wake(), observer });

  return {
    start: () => {
      if (loops !== null) return;
      const onError = (error: unknown): void => observer.failed(error);
      loops = {
        reconcile: startInterval({
          intervalMs: rhythm.reconcileEveryMs,
          run: async () => ((await reconciler.reconcile()) ? undefined : { nextInMs: rhythm.reconcileAgainMs }),
          onError,
        }),
        lookUp: startInterval({
          intervalMs: rhythm.lookUpEveryMs,
          run: async () => {
            // Before the first comparison the look-ups are part of it.
            if (gate.isOpen()) await unknowns.lookUpDue();
            return undefined;
          },
          onError,
        }),
        cancel: startInterval({
          intervalMs: rhythm.cancelEveryMs,
          run: async () => {
            await cancelHaltedOrders({ pool, broker, observer, limits: limits.cancel ?? {} });
            return undefined;
          },
          onError,
        }),
      };
      stream.start();
      submit.start();
    },
    orderPlaced: () => submit.wake(),
    killSwitchChanged: () => {
      submit.wake();
      loops?.cancel.wake();
    },
    isReconciled: () => gate.isOpen(),
    stop: async () => {
      await stream.stop();
      await Promise.all([submit.stop(), loops?.reconcile.stop(), loops?.lookUp.stop(), loops?.cancel.stop()]);
    },
  };
}
