import { createServer, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** Slow senders of headers and bodies hold a connection for no longer than this. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** Longer than the usual load balancer keeps its connections, so that it is the one to close them. */
const keepAliveTimeoutMs = 65_000;
const maxHeaderBytes = 16_384;
/** Sockets of this process, WebSockets included; a further one is closed as soon as it is accepted. */
const maxSockets = 25_000;
/** While it stops: how often connections that have become idle are closed. */
const idleSweepMs = 25;

export type GracefulServer = {
  readonly server: Server;
  /** True from the moment that it begins to stop: for `/readyz`. */
  readonly isStopping: boolean;
  /** @returns the port, which is another than asked for when that was 0 */
  listen(port: number, host: string): Promise<number>;
  /**
   * Takes no new connections, runs `meanwhile` (the hub's own end), and resolves when every request under way has been
   * answered. What is left after `timeoutMs` is cut; the result says how many connections that were.
   */
  stop(timeoutMs: number, meanwhile: () => Promise<void>): Promise<{ cut: number }>;
};

export function createGracefulServer(listener: RequestListener, socketLimit = maxSockets): GracefulServer {
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs, maxHeaderSize: maxHeaderBytes }, (request, response) => {
    // A client that goes on using its connection would hold up the end for ever.
    if (isStopping) response.setHeader("Connection", "close");
    listener(request, response);
  });
  server.maxConnections = socketLimit;
  let isStopping = false;

  return {
    server,
    get isStopping() {
      return isStopping;
    },
    async listen(port, host) {
      server.listen(port, host);
      await once(server, "listening"); // rejects with the error event
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : port;
    },
    async stop(timeoutMs, meanwhile) {
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const sweep = setInterval(() => server.closeIdleConnections(), idleSweepMs);
      const timeout = new AbortController();
      const orderly = await Promise.race([
        Promise.all([closed, meanwhile()]).then(() => true),
        sleep(timeoutMs, false, { signal: timeout.signal }),
      ]).finally(() => {
        clearInterval(sweep);
        timeout.abort();
      });
      if (orderly) return { cut: 0 };
      const cut = await new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
      server.closeAllConnections();
      return { cut };
    },
  };
}
