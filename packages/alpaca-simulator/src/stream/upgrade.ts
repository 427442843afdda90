import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { SimulatorControl } from "../control.ts";
import type { MarketDataStream } from "./market-data-stream.ts";
import type { TradingStream } from "./trading-stream.ts";

const FEEDS: Readonly<Record<string, string>> = { "/v2/iex": "iex", "/v2/sip": "sip", "/v1beta3/crypto/us": "crypto" };
const MAX_MESSAGE_BYTES = 1_000_000;

/** Takes WebSocket connections on the streams' paths; the returned function ends them all. */
export function acceptStreams(server: Server, trading: TradingStream, marketData: MarketDataStream, control: SimulatorControl): () => void {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const path = (request.url ?? "").split("?")[0] ?? "";
    const feed = FEEDS[path];
    if (control.refusedConnections > 0) {
      control.refusedConnections -= 1;
      return refuse(socket, "503 Service Unavailable");
    }
    if (path !== "/stream" && feed === undefined) return refuse(socket, "404 Not Found");
    sockets.handleUpgrade(request, socket, head, (client) => {
      if (feed === undefined) trading.connect(client);
      else marketData.connect(client, request.headers["content-type"] === "application/msgpack" ? "msgpack" : "json", feed);
    });
  });
  return () => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
