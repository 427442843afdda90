import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HubConnection, IHttpConnectionOptions } from "@microsoft/signalr";
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";
import type { HubServer, HubServerOptions } from "../src/index.ts";
import { createHubServer } from "../src/index.ts";

/** A hub server on a port of its own, for one test file. */
export interface RunningServer {
  readonly hubs: HubServer;
  readonly http: Server;
  /** Such as `http://127.0.0.1:40000`. */
  readonly origin: string;
  stop(): Promise<void>;
}

export async function runServer(map: (hubs: HubServer) => void, options: HubServerOptions = {}): Promise<RunningServer> {
  const hubs = createHubServer(options);
  map(hubs);
  const http = createServer();
  hubs.attach(http);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    hubs,
    http,
    origin: `http://127.0.0.1:${portOf(http.address())}`,
    async stop() {
      await hubs.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("The server does not listen on a port");
  return address.port;
}

export type ProtocolName = "json" | "messagepack";

export interface ClientOptions extends IHttpConnectionOptions {
  readonly protocol?: ProtocolName;
  readonly reconnect?: boolean;
  readonly stateful?: boolean;
}

/** Microsoft's own client, unmodified; not yet started. */
export function client(url: string, { protocol = "json", reconnect = false, stateful = false, ...options }: ClientOptions = {}): HubConnection {
  const builder = new HubConnectionBuilder().withUrl(url, options).configureLogging(LogLevel.None);
  if (protocol === "messagepack") builder.withHubProtocol(new MessagePackHubProtocol());
  if (reconnect) builder.withAutomaticReconnect([0, 50, 200, 1_000]);
  if (stateful) builder.withStatefulReconnect();
  return builder.build();
}

/** Every transport with every protocol it can carry. */
export const combinations: readonly { readonly name: string; readonly transport: HttpTransportType; readonly protocol: ProtocolName }[] = [
  { name: "JSON over WebSockets", transport: HttpTransportType.WebSockets, protocol: "json" },
  { name: "MessagePack over WebSockets", transport: HttpTransportType.WebSockets, protocol: "messagepack" },
  { name: "JSON over Server-Sent Events", transport: HttpTransportType.ServerSentEvents, protocol: "json" },
  { name: "JSON over long polling", transport: HttpTransportType.LongPolling, protocol: "json" },
  { name: "MessagePack over long polling", transport: HttpTransportType.LongPolling, protocol: "messagepack" },
];

/** Resolves when the condition holds. */
export async function until(condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Still not so after ${timeoutMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
