import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AuthenticatedUser, CloseOptions, RawConnectionHandler } from "./connection/connection-info.ts";
import type { HubDefinition, MethodsOf } from "./hub/contract.ts";
import type { HubContext } from "./hub/hub-context.ts";
import type { EndpointOptions, HubOptions, HubServerOptions } from "./options.ts";

/** Options of an orderly end. */
export interface DrainOptions {
  /** Connections still open after this time are cut (default 10,000). */
  readonly timeoutMs?: number;
}

/** An Express-compatible request handler. */
export type HubMiddleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** A SignalR server: hubs and raw connections under their paths, attached to a `node:http` server. */
export interface HubServer {
  /** Serves a hub under a path such as `/hubs/chat`; returns the handle to push through. */
  mapHub<Server extends MethodsOf<Server>, Client extends MethodsOf<Client>>(
    path: string,
    hub: HubDefinition<Server, Client>,
    options?: HubOptions,
  ): HubContext<Client>;
  /** Serves connections without the hub protocol. */
  mapConnection(path: string, handler: RawConnectionHandler, options?: EndpointOptions): void;
  /** Takes over upgrades and requests under the mapped paths; all others reach the listeners that were there. */
  attach(server: HttpServer | HttpsServer): void;
  /** Takes over upgrades only: for use with {@link middleware}. */
  attachUpgrades(server: HttpServer | HttpsServer): void;
  /** Serves negotiate, SSE, long polling and POST inside an Express app, before any body parser. */
  middleware(): HubMiddleware;
  /** A single-use ticket for a client that skips negotiation; see `tickets`. */
  issueTicket(user: AuthenticatedUser): Promise<string>;
  /** Closes every connection of a user on every path of this process; returns how many. */
  disconnectUser(userId: string, close?: CloseOptions): number;
  /** Connections of all paths in this process. */
  readonly connectionCount: number;
  /**
   * Ends every connection in good order: no new ones (503), running invocations finish, then
   * Close with `allowReconnect: true`, so that clients come back to another process.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Cuts every connection now and frees timers and subscriptions. */
  close(): Promise<void>;
}

export declare function createHubServer(options?: HubServerOptions): HubServer;
