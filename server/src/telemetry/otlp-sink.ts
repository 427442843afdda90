/**
 * Sends finished steps to an OpenTelemetry collector. The SDK is loaded here and nowhere else, and only when somebody calls
 * this: without an endpoint it costs nothing. Where to, with which headers and for how long it reads from the standard
 * variables itself (OTEL_EXPORTER_OTLP_*, OTEL_RESOURCE_ATTRIBUTES), so that no header of ours passes through our settings.
 */
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { FinishedSpan, SpanRef, SpanSink } from "./span.ts";

export type OtlpSettings = {
  serviceName: string;
  /** This start of this process. */
  instanceId: string;
  /** Which traces are kept, by their id alone: every process decides the same about one question. 0 to 1. */
  sampledShare: number;
  /** Finished steps that wait to be sent; beyond it they are dropped and counted. */
  maxQueuedSpans: number;
  sendEveryMs: number;
  /** How many steps one sending held, and whether the collector took them. */
  onSent(spans: number, ok: boolean): void;
};

const largestBatch = 512;
const sendTimeoutMs = 10_000;
/** What is still queued at the end is given this long. */
const stopTimeoutMs = 3_000;

export async function openOtlpSink(settings: OtlpSettings): Promise<SpanSink> {
  const [{ ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags }, sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
  ]);
  const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };
  const otlp = new OTLPTraceExporter({ timeoutMillis: sendTimeoutMs });
  const exporter: SpanExporter = {
    export: (spans, told) =>
      otlp.export(spans, (result) => {
        settings.onSent(spans.length, result.error === undefined);
        told(result);
      }),
    shutdown: () => otlp.shutdown(),
    forceFlush: () => otlp.forceFlush(),
  };
  let next: SpanRef = { traceId: "", spanId: "" };
  const provider = new sdk.TracerProvider({
    sampler: new sdk.TraceIdRatioBasedSampler(settings.sampledShare),
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ "service.name": settings.serviceName, "service.instance.id": settings.instanceId }))
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter,
        maxQueueSize: settings.maxQueuedSpans,
        maxExportBatchSize: Math.min(largestBatch, settings.maxQueuedSpans),
        scheduledDelayMillis: settings.sendEveryMs,
        exportTimeoutMillis: sendTimeoutMs,
      }),
    ],
  });
  const tracer = provider.getTracer("nod");
  const contextOf = (ref: SpanRef) => ({ ...ref, traceFlags: TraceFlags.SAMPLED, isRemote: true });

  return {
    add(span: FinishedSpan) {
      next = span;
      const { name, kind, parentSpanId, startMs, endMs, attributes, links = [], failure } = span;
      const context = parentSpanId === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf({ traceId: span.traceId, spanId: parentSpanId }));
      const told = tracer.startSpan(name, { kind: kinds[kind], startTime: startMs, attributes, links: links.map((link) => ({ context: contextOf(link) })) }, context);
      if (failure !== undefined) told.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      told.end(endMs);
    },
    stop: async () => {
      const giveUp = AbortSignal.timeout(stopTimeoutMs);
      await Promise.race([provider.shutdown().catch(() => undefined), new Promise<void>((resolve) => giveUp.addEventListener("abort", () => resolve(), { once: true }))]);
    },
  };
}
