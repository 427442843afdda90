import { createServer } from "node:http";
import type { Socket } from "socket.io";
import { Server } from "socket.io";
import { serveCommands } from "./contender.ts";

const sockets: Socket[] = [];
const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });
io.on("connection", (socket) => sockets.push(socket));
http.listen(0, "127.0.0.1", 16_384, () => {
  const address = http.address();
  serveCommands({
    port: typeof address === "object" && address !== null ? address.port : 0,
    connected: () => sockets.length,
    push: (connection, message) => sockets[connection]?.emit("push", message),
    async broadcast(message) {
      io.emit("push", message);
    },
  });
});
