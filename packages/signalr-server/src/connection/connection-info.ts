import type { IncomingHttpHeaders } from "node:http";
import type { TransportName } from "../transport/transport-name.ts";

/** Who opened a connection, as the `authenticate` hook established it. */
export interface AuthenticatedUser {
  /** Addressed by `clients.user(userId)`. */
  readonly userId: string;
  /** Milliseconds since 1970; the connection is closed when it passes. Absent: it never does. */
  readonly expiresAt?: number;
  /** Whatever else the application wants to remember of the credential. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** The HTTP request a connection was opened with. Query strings are kept out: they may hold a credential. */
export interface ConnectionRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  /** One query parameter other than the credentials (`id`, `access_token`). */
  query(name: string): string | undefined;
}

/** How a connection is told to end. */
export interface CloseOptions {
  /** Shown to the client as `Server returned an error on close: …`. */
  readonly error?: string;
  /** Whether a client with automatic reconnect should come back (default false). */
  readonly allowReconnect?: boolean;
}

/** A connection without a hub: messages are what the application makes of them. */
export interface RawConnection {
  readonly id: string;
  readonly userId: string | undefined;
  readonly user: AuthenticatedUser | undefined;
  readonly transport: TransportName;
  readonly request: ConnectionRequest;
  readonly signal: AbortSignal;
  readonly items: Map<string, unknown>;
  /** Sends one message: text as text, bytes as binary. */
  send(data: string | Uint8Array): void;
  close(): void;
}

/** What runs a raw connection. */
export interface RawConnectionHandler {
  onConnected?(connection: RawConnection): void;
  /** Text frames arrive as strings, binary frames and bodies of POST requests as bytes. */
  onMessage(connection: RawConnection, data: string | Uint8Array): void | Promise<void>;
  onDisconnected?(connection: RawConnection, error: Error | undefined): void;
}
