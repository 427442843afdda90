import type { IncomingMessage, ServerResponse } from "node:http";

/** Which origins a path admits. */
export type AllowedOrigins = "same-origin" | "any" | readonly string[];

/** Whether the request may come from where it comes from. Without an `Origin` it is not a browser's. */
export function isOriginAllowed(request: IncomingMessage, allowed: AllowedOrigins): boolean {
  const { origin } = request.headers;
  if (origin === undefined || allowed === "any") return true;
  if (allowed === "same-origin") return isSameOrigin(origin, request);
  return allowed.includes(origin) || isSameOrigin(origin, request);
}

/** Compared by host and port only: behind a proxy that ends TLS the scheme is not known here. */
function isSameOrigin(origin: string, request: IncomingMessage): boolean {
  const { host } = request.headers;
  if (host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host.toLowerCase();
}

/** Lets the browser of an admitted foreign origin read the response. */
export function writeCorsHeaders(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined || isSameOrigin(origin, request)) return;
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Vary", "Origin");
}

/** Answers a CORS preflight of an admitted origin. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Access-Control-Allow-Methods", "GET, POST, DELETE");
  const headers = request.headers["access-control-request-headers"];
  if (headers !== undefined) response.setHeader("Access-Control-Allow-Headers", headers);
  response.setHeader("Access-Control-Max-Age", "7200");
  response.writeHead(204).end();
}
