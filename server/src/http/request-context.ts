import type { IncomingMessage } from "node:http";

/** What is known of a request beside what it says itself. */
export type RequestContext = {
  /** In the `X-Request-Id` header, in a problem's `instance` and in every log line of the request. */
  readonly id: string;
  readonly startedAt: number;
  operationId: string | null;
  uid: string | null;
};

const contexts = new WeakMap<IncomingMessage, RequestContext>();

export function openContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context);
}

/** @throws when the request did not pass the request log first: a fault in the app's order */
export function contextOf(request: IncomingMessage): RequestContext {
  const context = contexts.get(request);
  if (context === undefined) throw new Error("the request has no context yet");
  return context;
}
