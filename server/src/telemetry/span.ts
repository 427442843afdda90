/** A step that is over, as it goes into a trace. */
export type SpanRef = { traceId: string; spanId: string };

export type FinishedSpan = SpanRef & {
  name: string;
  kind: "internal" | "server" | "client" | "producer" | "consumer";
  /** A step of the same trace, perhaps told by another process; null for the first. */
  parentSpanId: string | null;
  /** Milliseconds since 1970, with fractions. */
  startMs: number;
  endMs: number;
  attributes: Readonly<Record<string, string | number | boolean>>;
  /** Steps of other traces that led to this one. */
  links?: readonly SpanRef[];
  /** What went wrong, without values of users or secrets. */
  failure?: string;
};

/** Takes finished steps, sends them when it likes, and never throws nor waits. */
export type SpanSink = { add(span: FinishedSpan): void; stop(): Promise<void> };
