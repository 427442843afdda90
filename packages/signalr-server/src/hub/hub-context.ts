import type { CloseOptions } from "../connection/connection-info.ts";
import type { PreparedMessage } from "../protocol/prepared-message.ts";
import type { Audience } from "./audience.ts";
import type { HubClients } from "./clients.ts";
import type { ArgumentsOf, ResultOf } from "./contract-types.ts";
import type { HubConnection } from "./hub-connection.ts";

/** Options of a call that waits for a client's answer. */
export interface InvokeClientOptions {
  readonly signal?: AbortSignal;
  /** After this many milliseconds without an answer the call fails (default 30,000). */
  readonly timeoutMs?: number;
}

/** Group membership by connection id, through the backplane where the connection lives in another process. */
export interface HubGroups {
  add(connectionId: string, group: string): Promise<void>;
  remove(connectionId: string, group: string): Promise<void>;
}

/** A mapped hub from outside its methods: what workers, routes and listeners push through. */
export interface HubContext<Client> {
  readonly path: string;
  readonly clients: HubClients<Client>;
  readonly groups: HubGroups;
  /** Connections of this process that finished their handshake. */
  readonly connectionCount: number;
  /** Those connections themselves. */
  connections(): IterableIterator<HubConnection>;
  /** Whether the user has a connection in this process. */
  hasUser(userId: string): boolean;
  /** Serialises a client call once per protocol, however many connections then receive it. */
  prepare<Name extends keyof Client & string>(method: Name, ...args: ArgumentsOf<Client[Name]>): PreparedMessage;
  /** Sends a prepared message; resolves when every local transport has it. */
  send(audience: Audience, message: PreparedMessage): Promise<void>;
  /**
   * Calls one client of this process and waits for its result.
   * Not for delivery acknowledgements: the Dart client drops its connection when asked for a result.
   *
   * @throws HubError when the client answers with an error, is not connected here, ends, or does not answer in time.
   */
  invokeClient<Name extends keyof Client & string>(
    connectionId: string,
    method: Name,
    args: ArgumentsOf<Client[Name]>,
    options?: InvokeClientOptions,
  ): Promise<ResultOf<Client[Name]>>;
  /** Closes connections, in every process of the backplane: a revoked token, a removed user. */
  disconnect(audience: Audience, close?: CloseOptions): Promise<void>;
}
