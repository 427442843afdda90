import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";
import type { MetricsText } from "./handlers/system.ts";
import type { RequestObserver } from "./request-log.ts";

/** What `/metrics` serves; the other rooms' metrics are registered beside (`telemetry.ts`). */
export type Metrics = RequestObserver & MetricsText & { registry: Registry };

const secondsBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** @param processMetrics memory, event-loop delay and the like; once in a process */
export function createMetrics({ processMetrics }: { processMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "nod_http_request_seconds",
    help: "HTTP requests by operation and status",
    labelNames: ["operation", "status"],
    buckets: secondsBuckets,
    registers: [registry],
  });
  const limited = new Counter({
    name: "nod_rate_limited_total",
    help: "Requests refused with 429, by the limit that refused them: a user's, or an address's before it was known who calls",
    labelNames: ["limit"],
    registers: [registry],
  });
  for (const limit of ["user", "address"]) limited.inc({ limit }, 0);
  return {
    registry,
    text: () => registry.metrics(),
    requestEnded({ operationId, status, seconds, isSignedIn }) {
      requests.observe({ operation: operationId ?? "other", status: String(status) }, seconds);
      if (status === 429) limited.inc({ limit: isSignedIn ? "user" : "address" });
    },
  };
}
