/** Takes in what the broker tells on its trade stream, one event after the other. */
import type { Pool } from "../db/pool.ts";
import { applyBrokerEvent, type AppliedWord } from "../trading/orders/apply-broker-event.ts";
import type { BrokerEvent, TradeStreamPort } from "../trading/ports.ts";
import type { BookedObserver } from "./booked-observer.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";
import type { ReconciledGate } from "./reconciled-gate.ts";

/** Beyond this many unprocessed events the rest is left to reconciliation: memory is bounded, the books are not wrong. */
const maxQueuedEvents = 10_000;

export type TradeStreamObserver = BookedObserver & {
  connected(): void;
  disconnected(reason: string): void;
  applied(event: BrokerEvent, result: AppliedWord["kind"]): void;
  failed(error: unknown): void;
};

export type TradeStreamDeps = {
  pool: Pool;
  fence: DeskFence;
  stream: TradeStreamPort;
  gate: ReconciledGate;
  /** Nothing is replayed after a reconnect, and an event that could not be taken in is gone: the books must be compared. */
  reconcile: () => void;
  observer: TradeStreamObserver;
};

export type TradeStreamWorker = { start(): void; stop(): Promise<void> };

export function createTradeStreamWorker(deps: TradeStreamDeps): TradeStreamWorker {
  let connection: { stop(): Promise<void> } | null = null;
  let tail: Promise<void> = Promise.resolve();
  let queued = 0;

  const take = async (event: BrokerEvent): Promise<void> => {
    try {
      const applied = await fencedTransaction(deps.pool, deps.fence, (tx) =>
        applyBrokerEvent(tx, { kind: "order", source: "stream", order: event.order, execution: event.execution, event: event.event, ...(event.amendment === undefined ? {} : { amendment: event.amendment }) }),
      );
      deps.observer.applied(event, applied.kind);
      deps.observer.booked?.("stream", applied);
    } catch (error) {
      deps.observer.failed(error);
      deps.reconcile();
    } finally {
      queued -= 1;
    }
  };

  return {
    start: () => {
      connection ??= deps.stream.start({
        onConnected: () => {
          deps.gate.close();
          deps.observer.connected();
          deps.reconcile();
        },
        onDisconnected: (reason) => deps.observer.disconnected(reason),
        onEvent: (event) => {
          if (queued >= maxQueuedEvents) {
            deps.reconcile();
            return;
          }
          queued += 1;
          tail = tail.then(() => take(event));
        },
      });
    },
    stop: async () => {
      await connection?.stop();
      await tail;
    },
  };
}
