/** docs/metrics.md is written from the registry: `npx vitest run server/test/metrics-document.test.ts -u` after a change. */
import { join } from "node:path";
import { pino } from "pino";
import type { MetricObject, Registry } from "prom-client";
import { expect, test } from "vitest";
import { createMetrics } from "../src/http/metrics.ts";
import { databaseStateMetrics } from "../src/telemetry/database-state.ts";
import { budgetMetrics, buildMetrics, gateMetrics, outboxLagMetrics, poolMetrics, spanMetrics } from "../src/telemetry/process.ts";
import { createTelemetry } from "../src/telemetry.ts";

/** All that a process with every role registers. */
function everything(): Registry {
  const { registry } = createMetrics({ processMetrics: true });
  createTelemetry(registry, pino({ level: "silent" }));
  buildMetrics(registry, { version: "0", role: "all" });
  poolMetrics(registry, () => []);
  databaseStateMetrics(registry, () => Promise.reject(new Error("there is no database")));
  budgetMetrics(registry, () => []);
  gateMetrics(registry, () => false);
  outboxLagMetrics(registry, () => Promise.resolve(0));
  spanMetrics(registry);
  return registry;
}

type Known = { name: string; help: string; type: string; labels: string[]; buckets: number[] };

function known(registry: Registry): Known[] {
  const texts = (from: MetricObject, key: string): unknown[] => {
    const found: unknown = Reflect.get(from, key);
    return Array.isArray(found) ? found : [];
  };
  return registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    help: metric.help,
    type: metric.constructor.name.toLowerCase(),
    labels: texts(metric, "labelNames").map(String).filter((label) => label !== "le"),
    buckets: texts(metric, "upperBounds").map(Number),
  })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const row = ({ name, type, labels, help, buckets }: Known): string =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(" ")} | ${help}${buckets.length === 0 ? "" : ` (≤ ${buckets.join(", ")} s)`} |`;

function documentOf(metrics: readonly Known[]): string {
  const table = (of: readonly Known[]): string[] => ["| name | kind | labels | what it says |", "|---|---|---|---|", ...of.map(row), ""];
  const isOurs = ({ name }: Known): boolean => name.startsWith("nod_");
  return [
    "# Metrics",
    "",
    "What `GET /metrics` serves, in Prometheus' text format: to this machine, or to whoever bears `OPERATOR_TOKEN`. Written from the registry by a test; names, units and suffixes follow Prometheus' conventions (base units, `_total` for what only grows). Dashboard: [ops/grafana/nod.json](../ops/grafana/nod.json); alerts: [ops/prometheus/alerts.yml](../ops/prometheus/alerts.yml); reasons: [decision 0083](decisions/0083-seeing-it.md).",
    "",
    "What is read from the tables (`nod_ingest_lag_seconds`, `nod_market_open`, `nod_lease_…`, `nod_kill_switches`, `nod_orders_unknown…`, `nod_orders_waiting…`) is the same from every process: take `max`, never `sum`. Everything else is of one process. A metric of a part that a process's role does not have is absent or stays 0. When the database cannot be read within two seconds, what is read from it is absent and `nod_database_up` is 0.",
    "",
    "Beside these there are prom-client's own, by their usual names, as far as the system has them: `process_…` (CPU, memory, file descriptors, start) and `nodejs_…` (event-loop delay, heap, garbage collection, version).",
    "",
    ...table(metrics.filter(isOurs)),
  ].join("\n");
}

test("docs/metrics.md says what there is, no more and no less", async () => {
  const metrics = known(everything());
  expect(metrics.length).toBeGreaterThan(50);
  await expect(documentOf(metrics)).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/metrics.md"));
});

test("names follow Prometheus' conventions: base units, and _total for counters alone", () => {
  const ours = known(everything()).filter(({ name }) => name.startsWith("nod_"));
  expect(ours.filter(({ name, type }) => name.endsWith("_total") !== (type === "counter")).map(({ name }) => name)).toEqual([]);
  expect(ours.filter(({ name, type }) => type === "histogram" && !name.endsWith("_seconds")).map(({ name }) => name)).toEqual([]);
  expect(ours.filter(({ name }) => /_(?:ms|millis|minutes|percent|kb|mb)(?:_|$)/.test(name)).map(({ name }) => name)).toEqual([]);
});
