import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { FeedGroup } from "../trading/config/due-inputs.ts";
import { feedGroupName } from "../trading/config/due-inputs.ts";
import type { MetricsText } from "./handlers/system.ts";
import type { RequestObserver } from "./request-log.ts";

/**
 * What is counted, as observers that the workers and the hub are given. They are told and asked nothing, so they know
 * nothing of Prometheus, and this room nothing of them.
 */
export type Metrics = RequestObserver & MetricsText & {
  registry: Registry;
  ticks: {
    tickFinished(report: { totalMs: number; stale: number; unknown: number; fired: number; asked: number }): void;
    tickFailed(): void;
    fetchFinished(report: { group: FeedGroup; facts: number; tookMs: number }): void;
    fetchFailed(failure: { group: FeedGroup; failures: number }): void;
    leaseChanged(isLeader: boolean): void;
    configProblem(): void;
  };
  submissions: { denied(): void; sending(): void; answered(order: unknown, outcome: string, tookMs: number): void; failed(): void };
  lookUps: { lookedUp(order: unknown, outcome: string): void; failed(): void };
  reconciliations: { reconciled(result: unknown, tookMs: number): void; failed(): void };
  tradeStream: { connected(): void; disconnected(): void; applied(event: unknown, result: string): void; failed(): void };
  delivery: { connectionsAre(count: number): void; delivered(messages: number): void; deliveryFailed(): void };
};

const secondsBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** @param processMetrics memory, event-loop delay and the like; once in a process */
export function createMetrics({ processMetrics }: { processMetrics: boolean }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry, prefix: "nod_" });
  const requests = new Histogram({ name: "nod_http_request_seconds", help: "HTTP requests by operation and status", labelNames: ["operation", "status"], buckets: secondsBuckets, registers });
  return {
    registry,
    text: () => registry.metrics(),
    requestEnded: ({ operationId, status, seconds }) => requests.observe({ operation: operationId ?? "other", status: String(status) }, seconds),
    ticks: tickMetrics(registers),
    ...orderMetrics(registers),
    delivery: deliveryMetrics(registers),
  };
}

function tickMetrics(registers: Registry[]): Metrics["ticks"] {
  const ticks = new Histogram({ name: "nod_tick_seconds", help: "Ticks that finished", buckets: secondsBuckets, registers });
  const failures = new Counter({ name: "nod_tick_failures_total", help: "Ticks that failed", registers });
  const firings = new Counter({ name: "nod_rule_firings_total", help: "Rules that turned true for a user", registers });
  const asked = new Counter({ name: "nod_questions_asked_total", help: "Questions asked by rules", registers });
  const untold = new Gauge({ name: "nod_rules_without_facts", help: "Pairs of symbol and reference that the last tick could not tell, by reason", labelNames: ["reason"], registers });
  const fetches = new Histogram({ name: "nod_market_data_fetch_seconds", help: "Market data fetched, by feed", labelNames: ["feed"], buckets: secondsBuckets, registers });
  const facts = new Counter({ name: "nod_facts_fetched_total", help: "Facts fetched, by feed", labelNames: ["feed"], registers });
  const failing = new Gauge({ name: "nod_market_data_failures_in_a_row", help: "Failed fetches in a row, by feed; 0 when the last one succeeded", labelNames: ["feed"], registers });
  const leader = new Gauge({ name: "nod_tick_leader", help: "1 while this process is the one that ticks", registers });
  const configs = new Counter({ name: "nod_config_problems_total", help: "Stored configs or parts of them found out of force", registers });
  return {
    tickFinished(report) {
      ticks.observe(report.totalMs / 1_000);
      firings.inc(report.fired);
      asked.inc(report.asked);
      untold.set({ reason: "stale" }, report.stale);
      untold.set({ reason: "unknown" }, report.unknown);
    },
    tickFailed: () => failures.inc(),
    fetchFinished({ group, facts: count, tookMs }) {
      const feed = feedGroupName(group);
      fetches.observe({ feed }, tookMs / 1_000);
      facts.inc({ feed }, count);
      failing.set({ feed }, 0);
    },
    fetchFailed: ({ group, failures: inARow }) => failing.set({ feed: feedGroupName(group) }, inARow),
    leaseChanged: (isLeader) => leader.set(isLeader ? 1 : 0),
    configProblem: () => configs.inc(),
  };
}

function orderMetrics(registers: Registry[]): Pick<Metrics, "submissions" | "lookUps" | "reconciliations" | "tradeStream"> {
  const posts = new Histogram({ name: "nod_order_post_seconds", help: "Orders sent to the broker, by outcome", labelNames: ["outcome"], buckets: secondsBuckets, registers });
  const denied = new Counter({ name: "nod_orders_denied_before_post_total", help: "Orders that a guardrail stopped right before they were sent", registers });
  const inFlight = new Gauge({ name: "nod_order_posts_in_flight", help: "Orders being sent", registers });
  const lookUps = new Counter({ name: "nod_order_lookups_total", help: "Orders in doubt that were looked up, by outcome", labelNames: ["outcome"], registers });
  const reconciliations = new Histogram({ name: "nod_reconciliation_seconds", help: "Comparisons with the broker's books that finished", buckets: secondsBuckets, registers });
  const streamUp = new Gauge({ name: "nod_trade_stream_connected", help: "1 while the broker's trade stream is connected", registers });
  const streamEvents = new Counter({ name: "nod_trade_stream_events_total", help: "Events of the trade stream, by what became of them", labelNames: ["result"], registers });
  const failures = new Counter({ name: "nod_order_worker_failures_total", help: "Passes of the order workers that failed, by worker", labelNames: ["worker"], registers });
  return {
    submissions: {
      denied: () => denied.inc(),
      sending: () => inFlight.inc(),
      answered(_order, outcome, tookMs) {
        inFlight.dec();
        posts.observe({ outcome }, tookMs / 1_000);
      },
      failed: () => failures.inc({ worker: "submit" }),
    },
    lookUps: { lookedUp: (_order, outcome) => lookUps.inc({ outcome }), failed: () => failures.inc({ worker: "resolve_unknown" }) },
    reconciliations: { reconciled: (_result, tookMs) => reconciliations.observe(tookMs / 1_000), failed: () => failures.inc({ worker: "reconcile" }) },
    tradeStream: {
      connected: () => streamUp.set(1),
      disconnected: () => streamUp.set(0),
      applied: (_event, result) => streamEvents.inc({ result }),
      failed: () => failures.inc({ worker: "trade_stream" }),
    },
  };
}

function deliveryMetrics(registers: Registry[]): Metrics["delivery"] {
  const connections = new Gauge({ name: "nod_hub_connections", help: "Connections of the questions hub", registers });
  const delivered = new Counter({ name: "nod_hub_messages_total", help: "Messages pushed to connections", registers });
  const failures = new Counter({ name: "nod_hub_delivery_failures_total", help: "Readings or sendings of the outbox that failed", registers });
  return { connectionsAre: (count) => connections.set(count), delivered: (messages) => delivered.inc(messages), deliveryFailed: () => failures.inc() };
}
