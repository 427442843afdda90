import { createServer } from "node:http";
import { createHubServer, defineHub } from "../../src/index.ts";
import type { BenchMessage } from "./contender.ts";
import { serveCommands } from "./contender.ts";

interface Client {
  push(message: BenchMessage): void;
}

const hubs = createHubServer();
// The user is whoever the client says it is: this server measures pushes, not tokens.
const hub = hubs.mapHub("/hub", defineHub<object, Client>({ methods: {} }), {
  authenticate: ({ token }) => ({ userId: token ?? "" }),
});
const http = createServer();
hubs.attach(http);
http.listen(0, "127.0.0.1", 16_384, () => {
  const address = http.address();
  serveCommands({
    port: typeof address === "object" && address !== null ? address.port : 0,
    connected: () => hub.connectionCount,
    push: (connection, message) => void hub.clients.user(`user-${connection}`).push(message),
    broadcast: (message) => hub.clients.all.push(message),
  });
});
