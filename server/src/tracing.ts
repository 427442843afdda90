/** Opens the way to whoever collects traces, when there is one. */
import { randomUUID } from "node:crypto";
import type { Registry } from "prom-client";
import type { TracingSettings } from "./config.ts";
import { openOtlpSink } from "./telemetry/otlp-sink.ts";
import { createPathTracing, type PathTracing } from "./telemetry/path-tracing.ts";
import { spanMetrics } from "./telemetry/process.ts";

export type Tracing = { path: PathTracing | null; stop(): Promise<void> };

/** @param settings null: nothing is loaded, and every place that could tell a step has nobody to tell it */
export async function openTracing(settings: TracingSettings | null, registry: Registry): Promise<Tracing> {
  const onSent = spanMetrics(registry);
  if (settings === null) return { path: null, stop: () => Promise.resolve() };
  const sink = await openOtlpSink({ ...settings, instanceId: randomUUID(), onSent });
  return { path: createPathTracing(sink), stop: () => sink.stop() };
}
