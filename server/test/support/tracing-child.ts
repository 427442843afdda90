/** Says which modules of OpenTelemetry this process asks for: without an endpoint, and then with one. */
import { registerHooks } from "node:module";
import { Registry } from "prom-client";

const asked: string[] = [];
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith("@opentelemetry/")) asked.push(specifier);
    return next(specifier, context);
  },
});
const { openTracing } = await import("../../src/tracing.ts");
await import("../../src/foundation.ts");
await (await openTracing(null, new Registry())).stop();
const without = asked.length;
await (await openTracing({ serviceName: "nod", sampledShare: 1, maxQueuedSpans: 1, sendEveryMs: 1_000 }, new Registry())).stop();
process.stdout.write(JSON.stringify({ without, withOne: asked.length }));
