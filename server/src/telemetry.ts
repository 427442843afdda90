/** What the rooms tell of themselves, as Prometheus metrics, log lines and, where somebody collects them, traces. */
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { choreTelemetry } from "./telemetry/chores.ts";
import { barsTelemetry, haltTelemetry, streamTelemetry } from "./telemetry/market.ts";
import { leaseTelemetry, type LeaseHeld } from "./telemetry/leases.ts";
import { orderTelemetry } from "./telemetry/orders.ts";
import type { PathTracing } from "./telemetry/path-tracing.ts";
import { questionTelemetry, type QuestionTelemetry } from "./telemetry/questions.ts";
import { tickTelemetry } from "./telemetry/tick.ts";
import type { BarsObserver } from "./workers/bars-backfill.ts";
import type { ChoreObserver } from "./workers/chores.ts";
import type { MarketStreamObserver } from "./workers/market-stream.ts";
import type { OrderDeskObserver } from "./workers/order-desk.ts";
import type { TickObserver } from "./workers/tick-observer.ts";
import type { HaltObserver } from "./workers/watch-halts.ts";

export type Telemetry = QuestionTelemetry & {
  leaseHeld: LeaseHeld;
  /** A new one for each tick that runs beside others. */
  tick(): TickObserver;
  /** For whoever fetches the market for the ticks of others. */
  fetches(): TickObserver;
  orders: OrderDeskObserver;
  halts: HaltObserver;
  bars: BarsObserver;
  chores: ChoreObserver;
  stream: MarketStreamObserver;
};

/** @param tracing null: nobody collects traces, and nothing is done for them */
export function createTelemetry(registry: Registry, logger: Logger, tracing: PathTracing | null = null): Telemetry {
  const leaseHeld = leaseTelemetry(registry);
  const tick = tickTelemetry(registry, logger, leaseHeld);
  return {
    leaseHeld,
    tick: () => tick.observe(tracing?.ofTick() ?? null),
    fetches: () => tick.observe(tracing?.ofFetches() ?? null),
    orders: orderTelemetry(registry, logger, tracing, leaseHeld),
    halts: haltTelemetry(registry, logger),
    bars: barsTelemetry(registry, logger),
    chores: choreTelemetry(registry, logger),
    stream: streamTelemetry(registry, logger, tick.factsStreamed),
    ...questionTelemetry(registry, logger, tracing),
  };
}
