import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { HubLogger } from "../options.ts";
import { UnavailableError } from "../options.ts";
import type { Endpoint } from "./endpoint.ts";
import { Refusal, respond } from "./endpoint.ts";
import { targetOf } from "./request-target.ts";
import type { UpgradeHandler } from "./upgrade.ts";
import { refuse } from "./upgrade.ts";

interface Route {
  readonly endpoint: Endpoint;
  readonly upgrades: UpgradeHandler;
}

type WebServer = HttpServer | HttpsServer;

/** Leads requests and upgrades to the mapped paths. Paths match without regard to case, as in ASP.NET Core. */
export class PathRouter {
  readonly #logger: HubLogger;
  readonly #routes = new Map<string, Route>();

  constructor(logger: HubLogger) {
    this.#logger = logger;
  }

  get endpoints(): readonly Endpoint[] {
    return [...this.#routes.values()].map((route) => route.endpoint);
  }

  /** @throws TypeError when the path is taken or is none. */
  add(endpoint: Endpoint, upgrades: UpgradeHandler): void {
    const key = keyOf(endpoint.path);
    if (!endpoint.path.startsWith("/")) throw new TypeError(`A path starts with a slash: ${endpoint.path}`);
    if (this.#routes.has(key)) throw new TypeError(`The path ${endpoint.path} is mapped already`);
    this.#routes.set(key, { endpoint, upgrades });
  }

  /** Serves a request under a mapped path; tells whether it was one. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const target = targetOf(request);
    const isNegotiate = /\/negotiate\/?$/i.test(target.path);
    const route = this.#routes.get(keyOf(isNegotiate ? target.path.replace(/\/negotiate\/?$/i, "") : target.path));
    if (route === undefined) return false;
    route.endpoint.serve(request, response, target, isNegotiate).catch((error: unknown) => {
      const refusal = this.#refusalFor(error, route.endpoint.path, "A request failed");
      if (response.headersSent) response.end();
      else respond(response, refusal);
    });
    return true;
  }

  /** Puts the mapped paths before the listeners the server has; those still get everything else. */
  attachRequests(server: WebServer): void {
    const listeners = server.listeners("request");
    const intercept = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.serve(request, response)) return;
      if (listeners.length === 0) response.writeHead(404).end();
      for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
    };
    server.removeAllListeners("request");
    server.on("request", intercept);
  }

  /** Serves upgrades under the mapped paths. Others are refused unless another listener may want them. */
  attachUpgrades(server: WebServer): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const target = targetOf(request);
      const route = this.#routes.get(keyOf(target.path));
      if (route === undefined) {
        if (server.listenerCount("upgrade") === 1) refuse(socket, new Refusal(404, ""));
        return;
      }
      route.upgrades.serve(request, socket, head, target).catch((error: unknown) => {
        refuse(socket, this.#refusalFor(error, route.endpoint.path, "An upgrade failed"));
      });
    };
    server.on("upgrade", onUpgrade);
  }

  #refusalFor(error: unknown, path: string, what: string): Refusal {
    if (error instanceof UnavailableError) {
      this.#logger.warn({ err: error, path }, what);
      return new Refusal(503, "", error.retryAfterSeconds);
    }
    this.#logger.error({ err: error, path }, what);
    return new Refusal(500, "");
  }
}

function keyOf(path: string): string {
  return path.replace(/\/$/, "").toLowerCase();
}
