import { STATUS_CODES } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Server } from "ws";
import { WebSocketServer } from "ws";
import { RequestSnapshot } from "../connection/request-snapshot.ts";
import type { TransportConnection } from "../connection/transport-connection.ts";
import { HubWebSocket, WebSocketTransport } from "../transport/websocket-transport.ts";
import type { Endpoint } from "./endpoint.ts";
import { Refusal, unauthorized } from "./endpoint.ts";
import { isOriginAllowed } from "./origin.ts";
import type { RequestTarget } from "./request-target.ts";
import { parameter } from "./request-target.ts";

/** Opens the WebSockets of one path. */
export class UpgradeHandler {
  readonly #endpoint: Endpoint;
  readonly #server: Server<typeof HubWebSocket>;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#server = new WebSocketServer<typeof HubWebSocket>({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: endpoint.settings.maximumFrameBytes,
      WebSocket: HubWebSocket,
    });
  }

  /** Serves an upgrade request under the path; never throws. */
  async serve(request: IncomingMessage, socket: Duplex, head: Buffer, target: RequestTarget): Promise<void> {
    // Until `ws` takes the socket over, an error on it would otherwise be nobody's.
    socket.on("error", destroyFailed);
    const tooOften = this.#endpoint.settings.refuseUpgrade?.(request);
    if (tooOften !== undefined) return refuse(socket, new Refusal(429, "There were too many upgrades.", tooOften.retryAfterSeconds));
    const connection = await this.#admit(request, target);
    if (connection instanceof Refusal) return refuse(socket, connection);
    if (socket.destroyed) return;
    // Not before: while one request was being authenticated, another may have put the connection on its transport.
    const refusal = this.#endpoint.refusalOf(connection, "WebSockets");
    if (refusal !== undefined) return refuse(socket, refusal);
    socket.off("error", destroyFailed);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new WebSocketTransport(webSocket, socket, connection);
      transport.start();
      connection.attach(transport, new RequestSnapshot(request, target.path, target.parameters));
    });
  }

  async #admit(request: IncomingMessage, target: RequestTarget): Promise<TransportConnection | Refusal> {
    const endpoint = this.#endpoint;
    if (request.headers.upgrade?.toLowerCase() !== "websocket") return new Refusal(400, "");
    if (!isOriginAllowed(request, endpoint.settings.allowedOrigins)) return new Refusal(403, "The origin is not allowed.");
    if ((parameter(target.parameters, "id") ?? "") === "") return this.#openDirectly(request, target);
    return endpoint.find(request, target);
  }

  /** A client that skips negotiation: its credential is the header's, or a ticket. */
  async #openDirectly(request: IncomingMessage, target: RequestTarget): Promise<TransportConnection | Refusal> {
    const endpoint = this.#endpoint;
    if (!endpoint.settings.transports.includes("WebSockets")) {
      return new Refusal(404, "WebSockets transport not supported by this end point type");
    }
    const address = endpoint.settings.clientAddress(request);
    const full = endpoint.refusalOfAddress(address);
    if (full !== undefined) return full;
    const redeemed = endpoint.credentials.tickets === undefined ? undefined : await endpoint.credentials.redeem(request, target.parameters);
    const admission = redeemed?.kind === "admitted" ? redeemed : await endpoint.credentials.authenticate(request, target.parameters);
    if (admission.kind === "refused") return unauthorized;
    return (
      endpoint.refusalOfNew(admission.user, address) ??
      endpoint.connections.open({ user: admission.user, address, ticket: admission.ticket, statefulReconnect: false, negotiateVersion: 1 })
    );
  }
}

function destroyFailed(this: Duplex): void {
  this.destroy();
}

/** Answers an upgrade in plain HTTP. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`,
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${Buffer.byteLength(refusal.text)}`,
    ...(refusal.status === 401 ? ["WWW-Authenticate: Bearer"] : []),
    ...(refusal.retryAfterSeconds === undefined ? [] : [`Retry-After: ${refusal.retryAfterSeconds}`]),
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${refusal.text}`);
}
