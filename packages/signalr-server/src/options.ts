import type { IncomingMessage } from "node:http";
import type { Backplane } from "./backplane.ts";
import type { AuthenticatedUser } from "./connection/connection-info.ts";
import type { TicketStore } from "./tickets.ts";
import type { TransportName } from "./transport/transport-name.ts";

/** Structured log sink; pino fits. No message holds a query string, a token or a payload. */
export interface HubLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** It cannot be said now who calls; the request is answered with 503 and `Retry-After`. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What the `authenticate` hook sees. */
export interface AuthenticationRequest {
  /** The bearer token of the `Authorization` header, or of `access_token` in the query where that is allowed. */
  readonly token: string | undefined;
  readonly request: IncomingMessage;
}

/** A negotiation answer of the application's own: go elsewhere, or go away. */
export type NegotiateOverride =
  | { readonly url: string; readonly accessToken?: string }
  | { readonly error: string }
  | { readonly status: number; readonly body: string };

/** Single-use tickets in place of bearer tokens in URLs (OWASP ASVS 5.0, 14.2.1). */
export interface TicketOptions {
  /** Life of an unredeemed ticket; at most and by default 30,000 ms. */
  readonly lifetimeMs?: number;
  /** Where the client is sent: scheme and host as clients see them, such as `https://api.example.com`. Default: the request's own Host. */
  readonly publicOrigin?: string;
}

/** Options of one mapped path, hub or raw. */
export interface EndpointOptions {
  /** Default: all three. */
  readonly transports?: readonly TransportName[];
  /**
   * Establishes who calls: at negotiate, at an upgrade without negotiate, and (without tickets) at each further request.
   * `null` answers 401; an `UnavailableError` thrown, 503. Absent: everybody is anonymous.
   */
  readonly authenticate?: (request: AuthenticationRequest) => AuthenticatedUser | null | Promise<AuthenticatedUser | null>;
  /** Redirect negotiation with tickets; bearer tokens in query strings are then refused. Needs `authenticate`. */
  readonly tickets?: boolean | TicketOptions;
  /**
   * Which `Origin` a browser may come from, checked at every upgrade and request; requests without one are not from browsers.
   * Default `same-origin`. Allowed foreign origins get CORS headers.
   */
  readonly allowedOrigins?: "same-origin" | "any" | readonly string[];
  /** Extra headers of negotiate responses, `set-cookie` among them. */
  readonly negotiateHeaders?: (request: IncomingMessage) => Readonly<Record<string, string | readonly string[]>>;
  /** Replaces the negotiation; `undefined` lets it go on as usual. Runs after the origin check and before authentication. */
  readonly negotiate?: (request: IncomingMessage) => NegotiateOverride | undefined | Promise<NegotiateOverride | undefined>;
  /** Lowest negotiate version that is served (default 0). */
  readonly minimumNegotiateVersion?: 0 | 1;
  /** Largest message received, in bytes (default 32,768). */
  readonly maximumReceiveBytes?: number;
  /** Bytes waiting for one slow client before it is closed (default 1,048,576). */
  readonly maximumBufferedBytes?: number;
  /** An empty long poll is answered after this time (default 90,000). */
  readonly pollTimeoutMs?: number;
  /** A connection without a transport is given up after this time: never connected, between polls, dropped (default 15,000). */
  readonly disconnectTimeoutMs?: number;
  /** Connections of this path in this process; further ones are answered with 503 (default 100,000). */
  readonly maximumConnections?: number;
  /** Of one user, on this path in this process; further ones are answered with 429 (default: as many as there may be at all). */
  readonly maximumConnectionsPerUser?: number;
  /** Of one client address, likewise. */
  readonly maximumConnectionsPerAddress?: number;
  /** Whose address a request counts for (default: the socket's). Behind a proxy it is the proxy's word. */
  readonly clientAddress?: (request: IncomingMessage) => string;
  /**
   * Asked before an upgrade is looked at any further; seconds refuse it with 429 and `Retry-After`. Requests pass the
   * application's own middleware, upgrades do not: this is where it counts them.
   */
  readonly refuseUpgrade?: (request: IncomingMessage) => { readonly retryAfterSeconds: number } | undefined;
}

/** Options of one hub. */
export interface HubOptions extends EndpointOptions {
  /** Default: both. */
  readonly protocols?: readonly ("json" | "messagepack")[];
  /** Sends the texts of unexpected errors to clients; for development only (default false). */
  readonly detailedErrors?: boolean;
  /** Offers stateful reconnect to clients that ask for it (default true). */
  readonly statefulReconnect?: boolean;
  /** Bytes of unacknowledged messages sent ahead under stateful reconnect (default 100,000). */
  readonly statefulReconnectBufferBytes?: number;
  /** A ping goes out after this time without a message (default 15,000). */
  readonly keepAliveIntervalMs?: number;
  /** A client that pings is given up after this silence (default 30,000). */
  readonly clientTimeoutMs?: number;
  /** Default 15,000. */
  readonly handshakeTimeoutMs?: number;
  /** Invocations of one connection that run at once; the rest wait in order (default 1). Streams do not count. */
  readonly maximumParallelInvocations?: number;
  /** Streams, both ways together, that one connection may have open (default 100). */
  readonly maximumParallelStreams?: number;
  /** Items of one upload stream that wait unread before reading from the connection pauses (default 10). */
  readonly streamBufferCapacity?: number;
}

/** Options of the whole server. */
export interface HubServerOptions {
  readonly logger?: HubLogger;
  /** Joins several processes. Absent: this process is alone. */
  readonly backplane?: Backplane;
  /** Where tickets live; by default in this process's memory. */
  readonly ticketStore?: TicketStore;
  /** Defaults for every mapped path. */
  readonly defaults?: HubOptions;
}
