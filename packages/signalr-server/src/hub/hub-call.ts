import type { CallerClients } from "./clients.ts";
import type { HubConnection } from "./hub-connection.ts";
import type { HubContext } from "./hub-context.ts";

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
