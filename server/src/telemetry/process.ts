/** What this process is, and how full its pools, budgets and outboxes are: read at each scrape. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Pool } from "../db/pool.ts";

export type BuildInfo = { version: string; role: string };

export type NamedPool = { name: string; pool: Pick<Pool, "totalCount" | "idleCount" | "waitingCount">; max: number };

/** What a call budget of the broker's has left now; the names of hosts are `trading` and `data`. */
export type BudgetReading = { host: string; limit: number; left: number; waiting: number; refused: number };

export function buildMetrics(registry: Registry, { version, role }: BuildInfo): void {
  new Gauge({ name: "nod_build_info", help: "What runs here; always 1", labelNames: ["version", "node_version", "role"], registers: [registry] }).set({ version, node_version: process.versions.node, role }, 1);
}

export function poolMetrics(registry: Registry, pools: () => Iterable<NamedPool>): void {
  const told: Gauge = new Gauge({
    name: "nod_database_pool_connections",
    help: "Connections of a pool: used by a statement or a transaction, or idle",
    labelNames: ["pool", "state"],
    registers: [registry],
    collect: () => {
      told.reset();
      for (const { name, pool } of pools()) {
        told.set({ pool: name, state: "used" }, pool.totalCount - pool.idleCount);
        told.set({ pool: name, state: "idle" }, pool.idleCount);
      }
    },
  });
  const waiting: Gauge = new Gauge({
    name: "nod_database_pool_waiting",
    help: "Callers that wait for a connection of a pool",
    labelNames: ["pool"],
    registers: [registry],
    collect: () => {
      for (const { name, pool } of pools()) waiting.set({ pool: name }, pool.waitingCount);
    },
  });
  const limit: Gauge = new Gauge({
    name: "nod_database_pool_max_connections",
    help: "Connections that a pool opens at most",
    labelNames: ["pool"],
    registers: [registry],
    collect: () => {
      for (const { name, max } of pools()) limit.set({ pool: name }, max);
    },
  });
}

export function budgetMetrics(registry: Registry, read: () => readonly BudgetReading[]): void {
  const gauge = (name: string, help: string, of: (reading: BudgetReading) => number): void => {
    const told: Gauge = new Gauge({
      name,
      help,
      labelNames: ["host"],
      registers: [registry],
      collect: () => {
        for (const reading of read()) told.set({ host: reading.host }, of(reading));
      },
    });
  };
  gauge("nod_broker_budget_limit", "Calls that a host of the broker's is given in a minute at most", ({ limit }) => limit);
  gauge("nod_broker_budget_left", "Calls that are left of the sliding minute", ({ left }) => left);
  gauge("nod_broker_calls_waiting", "Calls that wait for their turn", ({ waiting }) => waiting);
  const refused: Counter = new Counter({
    name: "nod_broker_calls_refused_total",
    help: "Calls that were not made since their turn did not come in time",
    labelNames: ["host"],
    registers: [registry],
    collect: () => {
      refused.reset();
      for (const reading of read()) refused.inc({ host: reading.host }, reading.refused);
    },
  });
}

/** The one breaker in front of orders: see workers/reconciled-gate.ts. */
export function gateMetrics(registry: Registry, isOpen: () => boolean): void {
  const told: Gauge = new Gauge({
    name: "nod_reconciled_gate_open",
    help: "1 while this process may send orders: it has the desk, and the books have been compared since the start and since the stream's last connect",
    registers: [registry],
    collect: () => told.set(isOpen() ? 1 : 0),
  });
}

/** @param read the age in seconds of the oldest message that a user who is connected here has not been handed; 0 for none */
export function outboxLagMetrics(registry: Registry, read: () => Promise<number>): void {
  const told: Gauge = new Gauge({
    name: "nod_outbox_lag_seconds",
    help: "Age of the oldest committed message that has not been handed to a connected, synchronised user of this process; 0 without one",
    registers: [registry],
    collect: async () => {
      const seconds = await read().catch(() => null);
      if (seconds === null) told.remove();
      else told.set(seconds);
    },
  });
}

/** What became of the steps that were given to the collector. */
export function spanMetrics(registry: Registry): (spans: number, ok: boolean) => void {
  const sent = new Counter({ name: "nod_trace_spans_total", help: "Finished steps of traces, by whether the collector took them", labelNames: ["result"], registers: [registry] });
  for (const result of ["sent", "failed"]) sent.inc({ result }, 0);
  return (spans, ok) => sent.inc({ result: ok ? "sent" : "failed" }, spans);
}
