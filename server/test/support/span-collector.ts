/** A collector of traces on loopback: takes what OTLP/HTTP sends in JSON, as a real one would (opentelemetry-proto, trace.proto). */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";

export type CollectedSpan = {
  service: string;
  /** One for each start of a process. */
  instance: string;
  traceId: string;
  spanId: string;
  /** An empty text for the first of a trace. */
  parentSpanId: string;
  name: string;
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
};

export type SpanCollector = { endpoint: string; spans: CollectedSpan[]; headers: IncomingMessage["headers"][] };

type OtlpValue = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
type OtlpAttributes = { key: string; value: OtlpValue }[];
type OtlpSpan = Pick<CollectedSpan, "traceId" | "spanId" | "name"> & { parentSpanId?: string; startTimeUnixNano: string; endTimeUnixNano: string; attributes: OtlpAttributes; links?: CollectedSpan["links"] };
type OtlpBody = { resourceSpans: { resource: { attributes: OtlpAttributes }; scopeSpans: { spans: OtlpSpan[] }[] }[] };

export async function startSpanCollector(): Promise<SpanCollector> {
  const spans: CollectedSpan[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
      headers.push(request.headers);
      if (request.url === "/v1/traces") spans.push(...read(JSON.parse(Buffer.concat(chunks).toString("utf8")) as OtlpBody));
      response.writeHead(request.url === "/v1/traces" ? 200 : 404, { "content-type": "application/json" }).end("{}");
    })();
  }).listen(0, "127.0.0.1");
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return { endpoint: `http://127.0.0.1:${bound.port}`, spans, headers };
}

const read = ({ resourceSpans }: OtlpBody): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(plain(resource.attributes)["service.name"]),
        instance: String(plain(resource.attributes)["service.instance.id"]),
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? "",
        name: span.name,
        startMs: Number(BigInt(span.startTimeUnixNano) / 1_000n) / 1_000,
        endMs: Number(BigInt(span.endTimeUnixNano) / 1_000n) / 1_000,
        attributes: plain(span.attributes),
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
      })),
    ),
  );

const plain = (attributes: OtlpAttributes): Record<string, unknown> => Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue]));
