import type { IncomingMessage, ServerResponse } from "node:http";
import type { AuthenticatedUser } from "../connection/connection-info.ts";
import { RequestSnapshot } from "../connection/request-snapshot.ts";
import type { TransportConnection } from "../connection/transport-connection.ts";
import { LongPollingTransport } from "../transport/long-polling-transport.ts";
import { ServerSentEventsTransport } from "../transport/server-sent-events-transport.ts";
import type { TransportName } from "../transport/transport-name.ts";
import type { ConnectionTable } from "./connection-table.ts";
import type { Credentials } from "./credentials.ts";
import type { EndpointSettings } from "./endpoint-settings.ts";
import { negotiateResponse, readNegotiateRequest } from "./negotiation.ts";
import { answerPreflight, isOriginAllowed, writeCorsHeaders } from "./origin.ts";
import { BodyTooLargeError, readBody } from "./request-body.ts";
import type { RequestTarget } from "./request-target.ts";
import { parameter } from "./request-target.ts";

/** A request the path does not serve, with the status that says why. */
export class Refusal {
  readonly status: number;
  readonly text: string;
  /** With 429 and 503: when it may be tried again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, text: string, retryAfterSeconds?: number) {
    this.status = status;
    this.text = text;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Another process takes clients at once; a place becomes free when somebody leaves. */
const retryElsewhereSeconds = 1;
const retryWhenFreeSeconds = 10;

/** Clients send one POST after the other; so many at once hold bodies in memory, and more are refused. */
const maximumPendingPosts = 16;

/** One mapped path over plain HTTP: negotiate, Server-Sent Events, long polling, POST and DELETE (TransportProtocols.md). */
export class Endpoint {
  readonly path: string;
  readonly settings: EndpointSettings;
  readonly credentials: Credentials;
  readonly connections: ConnectionTable;
  /** Set while the server drains: nothing new is let in. */
  draining = false;

  constructor(path: string, settings: EndpointSettings, credentials: Credentials, connections: ConnectionTable) {
    this.path = path;
    this.settings = settings;
    this.credentials = credentials;
    this.connections = connections;
  }

  /** Serves a request under the path; never throws. */
  async serve(request: IncomingMessage, response: ServerResponse, target: RequestTarget, isNegotiate: boolean): Promise<void> {
    if (!isOriginAllowed(request, this.settings.allowedOrigins)) {
      respond(response, new Refusal(403, "The origin is not allowed."));
      return;
    }
    writeCorsHeaders(request, response);
    const refusal = isNegotiate ? await this.#negotiate(request, response, target) : await this.#exchange(request, response, target);
    if (refusal !== undefined) respond(response, refusal);
  }

  /** What speaks against another connection from this address, if anything: asked before it is known who calls. */
  refusalOfAddress(address: string): Refusal | undefined {
    if (this.draining) return new Refusal(503, "The server is shutting down.", retryElsewhereSeconds);
    if (this.connections.size >= this.settings.maximumConnections) return new Refusal(503, "There are too many connections.", retryWhenFreeSeconds);
    if (this.connections.countOfAddress(address) < this.settings.maximumConnectionsPerAddress) return undefined;
    return new Refusal(429, "There are too many connections of this address.", retryWhenFreeSeconds);
  }

  /** The same for a user's, once that is known; meanwhile others may have taken the last places. */
  refusalOfNew(user: AuthenticatedUser | undefined, address: string): Refusal | undefined {
    const refusal = this.refusalOfAddress(address);
    if (refusal !== undefined || user === undefined) return refusal;
    if (this.connections.countOfUser(user.userId) < this.settings.maximumConnectionsPerUser) return undefined;
    return new Refusal(429, "There are too many connections of this user.", retryWhenFreeSeconds);
  }

  /** Finds the connection a request names, and checks that the request may speak for it. */
  async find(request: IncomingMessage, target: RequestTarget): Promise<TransportConnection | Refusal> {
    const token = parameter(target.parameters, "id");
    if (token === undefined || token === "") return new Refusal(400, "Connection ID required");
    const connection = this.connections.get(token);
    if (connection === undefined) return new Refusal(404, "No Connection with that ID");
    if (!(await this.credentials.mayContinue(connection, request, target.parameters))) return unauthorized;
    return this.connections.get(token) === connection ? connection : new Refusal(404, "No Connection with that ID");
  }

  /** Whether the connection may be served by this transport now. */
  refusalOf(connection: TransportConnection, transport: TransportName): Refusal | undefined {
    if (!this.settings.transports.includes(transport)) {
      return new Refusal(404, `${transport} transport not supported by this end point type`);
    }
    if (connection.transportName !== undefined && connection.transportName !== transport) {
      return new Refusal(400, "Cannot change transports mid-connection");
    }
    const mayReplace = transport === "LongPolling" || (transport === "WebSockets" && connection.statefulReconnect);
    if (connection.transport !== undefined && !mayReplace) return new Refusal(409, "");
    return undefined;
  }

  async #negotiate(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<Refusal | undefined> {
    if (request.method === "OPTIONS") return void answerPreflight(request, response);
    if (request.method !== "POST") return new Refusal(405, "");
    for (const [name, value] of Object.entries(this.settings.negotiateHeaders?.(request) ?? {})) {
      response.setHeader(name, typeof value === "string" ? value : [...value]);
    }
    const override = await this.settings.negotiate?.(request);
    if (override !== undefined) {
      if ("status" in override) return new Refusal(override.status, override.body);
      return void respondJson(response, override);
    }
    const address = this.settings.clientAddress(request);
    const full = this.refusalOfAddress(address);
    if (full !== undefined) return full;
    let admission = this.credentials.tickets === undefined ? undefined : await this.credentials.redeem(request, target.parameters);
    const redeemed = admission?.kind === "admitted";
    if (!redeemed) admission = await this.credentials.authenticate(request, target.parameters);
    if (admission === undefined || admission.kind === "refused") return unauthorized;
    const refusal = this.refusalOfNew(admission.user, address);
    if (refusal !== undefined) return refusal;
    if (this.credentials.tickets !== undefined && !redeemed) {
      if (admission.user === undefined) return unauthorized;
      return void respondJson(response, { url: this.#ticketUrl(request, target), accessToken: await this.credentials.issue(admission.user) });
    }
    const { minimumNegotiateVersion, statefulReconnect, transports } = this.settings;
    const asked = readNegotiateRequest(target.parameters, minimumNegotiateVersion, statefulReconnect);
    if (asked.kind === "refused") return void respondJson(response, { error: asked.error });
    const connection = this.connections.open({
      user: admission.user,
      address,
      ticket: admission.ticket,
      statefulReconnect: asked.statefulReconnect,
      negotiateVersion: asked.version,
    });
    return void respondJson(response, negotiateResponse(connection, asked.version, transports));
  }

  /** Where a client goes with its ticket: to this very path, so that only its credential has changed. */
  #ticketUrl(request: IncomingMessage, target: RequestTarget): string {
    const scheme = "encrypted" in request.socket ? "https" : "http";
    const origin = this.credentials.tickets?.publicOrigin ?? `${scheme}://${request.headers.host ?? ""}`;
    const kept = [...target.parameters].filter(([name]) => !/^(negotiateVersion|useStatefulReconnect|access_token|id)$/i.test(name));
    const query = new URLSearchParams(kept).toString();
    return `${origin}${target.path.replace(/\/negotiate\/?$/i, "")}${query === "" ? "" : `?${query}`}`;
  }

  async #exchange(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<Refusal | undefined> {
    switch (request.method) {
      case "OPTIONS":
        return void answerPreflight(request, response);
      case "POST":
        return this.#receive(request, response, target);
      case "DELETE":
        return this.#delete(request, response, target);
      case "GET":
        return /\btext\/event-stream\b/i.test(request.headers.accept ?? "")
          ? this.#streamEvents(request, response, target)
          : this.#poll(request, response, target);
      default:
        return new Refusal(405, "");
    }
  }

  async #streamEvents(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<Refusal | undefined> {
    const connection = await this.find(request, target);
    if (connection instanceof Refusal) return connection;
    const refusal = this.refusalOf(connection, "ServerSentEvents");
    if (refusal !== undefined) return refusal;
    if (response.destroyed) return undefined;
    const transport = new ServerSentEventsTransport(response, connection);
    transport.start();
    connection.attach(transport, new RequestSnapshot(request, target.path, target.parameters));
    return undefined;
  }

  async #poll(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<Refusal | undefined> {
    const connection = await this.find(request, target);
    if (connection instanceof Refusal) return connection;
    const refusal = this.refusalOf(connection, "LongPolling");
    if (refusal !== undefined) return refusal;
    const now = performance.now();
    if (connection.transport instanceof LongPollingTransport) {
      connection.transport.attachPoll(response, now);
      return undefined;
    }
    const transport = new LongPollingTransport(connection, this.settings, now);
    transport.answerFirstPoll(response);
    connection.attach(transport, new RequestSnapshot(request, target.path, target.parameters));
    return undefined;
  }

  async #receive(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<Refusal | undefined> {
    const connection = await this.find(request, target);
    if (connection instanceof Refusal) return connection;
    if (connection.transportName === "WebSockets") return new Refusal(405, "POST requests are not allowed for WebSocket connections.");
    if (connection.transportName === undefined || connection.ended) return new Refusal(404, "No Connection with that ID");
    if (connection.pendingPosts >= maximumPendingPosts) return new Refusal(409, "Too many requests are under way.");
    connection.pendingPosts += 1;
    try {
      await connection.received(await readBody(request, this.settings.maximumFrameBytes), false);
    } catch (error) {
      if (!(error instanceof BodyTooLargeError)) return new Refusal(400, "");
      connection.dismiss({ error: error.message });
      return new Refusal(413, error.message);
    } finally {
      connection.pendingPosts -= 1;
    }
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 0 }).end();
    return undefined;
  }

  async #delete(request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<Refusal | undefined> {
    const connection = await this.find(request, target);
    if (connection instanceof Refusal) return connection;
    if (connection.transportName !== "LongPolling") return new Refusal(400, "Cannot terminate this connection using the DELETE endpoint.");
    connection.cut();
    this.connections.forget(connection);
    response.writeHead(202, { "Content-Type": "text/plain", "Content-Length": 0 }).end();
    return undefined;
  }
}

/** The credential is missing, spent, expired or somebody else's. */
export const unauthorized = new Refusal(401, "");

/** Answers a request in plain text, unless it has been answered already. */
export function respond(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent) return;
  if (refusal.status === 401) response.setHeader("WWW-Authenticate", "Bearer");
  if (refusal.retryAfterSeconds !== undefined) response.setHeader("Retry-After", String(refusal.retryAfterSeconds));
  response.writeHead(refusal.status, { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(refusal.text) });
  response.end(refusal.text);
}

function respondJson(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
  });
  response.end(text);
}
