import type { AuthenticatedUser, CloseOptions, ConnectionRequest, TransportName } from "../connection/connection-info.ts";
import type { CallerClients } from "./clients.ts";
import type { HubContext } from "./hub-context.ts";

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
  /** Sends a Close message and ends the connection. */
  close(options?: CloseOptions): void;
}

/** Membership of the calling connection in the hub's groups. */
export interface CallerGroups {
  /** Joins the calling connection to a group. A group exists while it has members. */
  add(group: string): Promise<void>;
  remove(group: string): Promise<void>;
}

/** Everything a handler knows about the call it serves. */
export interface HubCall<Client> {
  readonly connection: HubConnection;
  readonly clients: CallerClients<Client>;
  readonly groups: CallerGroups;
  readonly hub: HubContext<Client>;
  /** Aborts when the caller cancels this invocation or stream, and when its connection ends. */
  readonly signal: AbortSignal;
}
