import type { AuthenticatedUser, CloseOptions, ConnectionRequest } from "../connection/connection-info.ts";
import type { TransportName } from "../transport/transport-name.ts";

/** One client's connection to a hub, as the hub's code sees it. */
export interface HubConnection {
  /** Public id: others may know it. (The secret one, the connection token, never leaves the transport.) */
  readonly id: string;
  readonly userId: string | undefined;
  readonly user: AuthenticatedUser | undefined;
  readonly transport: TransportName;
  /** Name of the hub protocol: `json` or `messagepack`. */
  readonly protocol: string;
  readonly request: ConnectionRequest;
  /** Aborts when the connection has ended. */
  readonly signal: AbortSignal;
  /** The application's own notes about this connection; gone with it. */
  readonly items: Map<string, unknown>;
  /**
   * Resolves when what was sent has gone out far enough that more makes sense, or the connection has ended; `undefined`
   * when that is so already. For senders of much: what waits beyond `maximumBufferedBytes` ends the connection.
   */
  whenWritable(): Promise<void> | undefined;
  /** Sends a Close message and ends the connection. */
  close(options?: CloseOptions): void;
}
