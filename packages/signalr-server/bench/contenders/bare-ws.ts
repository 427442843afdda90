import { createServer } from "node:http";
import type { WebSocket } from "ws";
import { WebSocketServer } from "ws";
import { serveCommands } from "./contender.ts";

const sockets: WebSocket[] = [];
const http = createServer();
new WebSocketServer({ server: http, perMessageDeflate: false }).on("connection", (socket) => {
  socket.once("message", () => sockets.push(socket));
});
http.listen(0, "127.0.0.1", 16_384, () => {
  const address = http.address();
  serveCommands({
    port: typeof address === "object" && address !== null ? address.port : 0,
    connected: () => sockets.length,
    push: (connection, message) => sockets[connection]?.send(JSON.stringify(message)),
    async broadcast(message) {
      const text = JSON.stringify(message);
      for (const socket of sockets) socket.send(text);
    },
  });
});
