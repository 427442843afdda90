import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Application } from "./connection/application.ts";
import type { AuthenticatedUser, CloseOptions, RawConnectionHandler } from "./connection/connection-info.ts";
import { RawSession } from "./connection/raw-session.ts";
import type { TransportConnection } from "./connection/transport-connection.ts";
import type { MethodsOf } from "./hub/contract-types.ts";
import type { HubDefinition } from "./hub/define-hub.ts";
import type { HubContext } from "./hub/hub-context.ts";
import { HubRuntime } from "./hub/hub-runtime.ts";
import { ConnectionTable } from "./http/connection-table.ts";
import { Credentials } from "./http/credentials.ts";
import { endpointSettings } from "./http/endpoint-settings.ts";
import { Endpoint } from "./http/endpoint.ts";
import { PathRouter } from "./http/path-router.ts";
import { UpgradeHandler } from "./http/upgrade.ts";
import type { EndpointOptions, HubLogger, HubOptions, HubServerOptions } from "./options.ts";
import { Sweeper } from "./sweeper.ts";
import type { TicketStore } from "./tickets.ts";
import { MemoryTicketStore, maximumTicketLifetimeMs } from "./tickets.ts";

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

const silent: HubLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const defaultDrainTimeoutMs = 10_000;
/** How often a drain looks whether connections have become idle or have gone. */
const drainCheckMs = 20;
/** All time-outs are checked this often, or four times within the shortest of them. */
const longestSweepMs = 1_000;

class SignalRServer implements HubServer {
  readonly #options: HubServerOptions;
  readonly #logger: HubLogger;
  readonly #tickets: TicketStore;
  readonly #subscriberId = randomUUID();
  readonly #router: PathRouter;
  readonly #clock = { now: performance.now() };
  readonly #runtimes: { stop(): Promise<void> }[] = [];
  #sweepMs = longestSweepMs;
  #sweeper: Sweeper<TransportConnection> | undefined;

  constructor(options: HubServerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silent;
    this.#tickets = options.ticketStore ?? new MemoryTicketStore();
    this.#router = new PathRouter(this.#logger);
  }

  mapHub<Server extends MethodsOf<Server>, Client extends MethodsOf<Client>>(
    path: string,
    hub: HubDefinition<Server, Client>,
    options: HubOptions = {},
  ): HubContext<Client> {
    const combined = { ...this.#options.defaults, ...options };
    const runtime = new HubRuntime(path, hub, combined, {
      logger: this.#logger,
      backplane: this.#options.backplane,
      subscriberId: this.#subscriberId,
      clock: this.#clock,
    });
    this.#runtimes.push(runtime);
    this.#map(path, combined, true, (connection) => runtime.createApplication(connection));
    return runtime;
  }

  mapConnection(path: string, handler: RawConnectionHandler, options: EndpointOptions = {}): void {
    const combined = { ...this.#options.defaults, ...options };
    const { maximumBufferedBytes } = endpointSettings(combined, false);
    this.#map(path, combined, false, (connection) => new RawSession(connection, handler, maximumBufferedBytes));
  }

  #map(path: string, options: HubOptions, isHub: boolean, createApplication: (connection: TransportConnection) => Application): void {
    const settings = endpointSettings(options, isHub);
    const connections = new ConnectionTable(settings.disconnectTimeoutMs, createApplication);
    const endpoint = new Endpoint(path, settings, new Credentials(options, this.#tickets), connections);
    this.#router.add(endpoint, new UpgradeHandler(endpoint));
    this.#sweepOftenEnoughFor(settings.pollTimeoutMs, settings.disconnectTimeoutMs, options.keepAliveIntervalMs, options.clientTimeoutMs, options.handshakeTimeoutMs);
  }

  attach(server: HttpServer | HttpsServer): void {
    this.#router.attachRequests(server);
    this.attachUpgrades(server);
  }

  attachUpgrades(server: HttpServer | HttpsServer): void {
    this.#router.attachUpgrades(server);
  }

  middleware(): HubMiddleware {
    return (request, response, next) => {
      if (!this.#router.serve(request, response)) next();
    };
  }

  issueTicket(user: AuthenticatedUser): Promise<string> {
    return this.#tickets.issue(user, maximumTicketLifetimeMs);
  }

  disconnectUser(userId: string, close: CloseOptions = {}): number {
    const theirs = [...this.#connections()].filter((connection) => !connection.ended && connection.user?.userId === userId);
    for (const connection of theirs) connection.dismiss(close);
    return theirs.length;
  }

  get connectionCount(): number {
    let count = 0;
    for (const endpoint of this.#router.endpoints) count += endpoint.connections.size;
    return count;
  }

  async drain({ timeoutMs = defaultDrainTimeoutMs }: DrainOptions = {}): Promise<void> {
    const until = performance.now() + timeoutMs;
    for (const endpoint of this.#router.endpoints) endpoint.draining = true;
    while (this.connectionCount > 0 && performance.now() < until) {
      for (const connection of this.#connections()) {
        if (!connection.ended && connection.application?.idle !== false) {
          connection.dismiss({ error: "The server is shutting down.", allowReconnect: true });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, drainCheckMs));
    }
    await this.close();
  }

  async close(): Promise<void> {
    for (const endpoint of this.#router.endpoints) endpoint.draining = true;
    for (const connection of this.#connections()) connection.cut(new Error("The server is shutting down."));
    this.#sweeper?.stop();
    await Promise.all(this.#runtimes.map((runtime) => runtime.stop()));
  }

  *#connections(): Generator<TransportConnection, void, undefined> {
    for (const endpoint of this.#router.endpoints) yield* endpoint.connections.values();
  }

  #sweepOftenEnoughFor(...timeouts: readonly (number | undefined)[]): void {
    const shortest = Math.min(...timeouts.filter((timeout) => timeout !== undefined));
    this.#sweepMs = Math.max(10, Math.min(this.#sweepMs, shortest / 4));
    this.#sweeper?.stop();
    this.#sweeper = new Sweeper(this.#sweepMs, () => this.#beginSweep(), (connection) => connection.tick(performance.now(), Date.now()));
  }

  #beginSweep(): Iterable<TransportConnection> {
    this.#clock.now = performance.now();
    return this.#connections();
  }
}

/** Makes a server. Map hubs and connections, then attach it to a `node:http` server. */
export function createHubServer(options: HubServerOptions = {}): HubServer {
  return new SignalRServer(options);
}
