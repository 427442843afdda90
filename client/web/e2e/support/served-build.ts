/** A build of the client in front of a running server: its files as the server itself would send them, everything else passed on. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json" };

export type ServedBuild = { address: string; stop(): Promise<void> };

/** @param folder as `npm run build` wrote it @param behind the running server's address */
export async function serveBuild(folder: string, behind: string): Promise<ServedBuild> {
  const { hostname, port } = new URL(behind);
  const server = createServer((asked, answer) => {
    const path = new URL(asked.url ?? "/", behind).pathname;
    if (path.startsWith("/v1/") || path.startsWith("/hubs/")) {
      const passedOn = request({ hostname, port, path: asked.url, method: asked.method, headers: { ...asked.headers, host: `${hostname}:${port}` } }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      passedOn.on("error", () => answer.destroy());
      asked.pipe(passedOn);
      return;
    }
    const file = join(folder, extname(path) === "" ? "index.html" : path);
    const compressed = existsSync(`${file}.br`);
    if (!existsSync(file)) return void answer.writeHead(404).end();
    answer.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", ...(compressed ? { "content-encoding": "br" } : {}) });
    answer.end(readFileSync(compressed ? `${file}.br` : file));
  });
  server.on("upgrade", (asked, socket, head) => {
    const behindIt = connect(Number(port), hostname, () => {
      const headers = Object.entries({ ...asked.headers, host: `${hostname}:${port}`, origin: behind }).map(([name, value]) => `${name}: ${String(value)}`);
      behindIt.write([`GET ${asked.url ?? "/"} HTTP/1.1`, ...headers, "", ""].join("\r\n"));
      behindIt.write(head);
      socket.pipe(behindIt).pipe(socket);
    });
    behindIt.on("error", () => socket.destroy());
    socket.on("error", () => behindIt.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const listening = server.address();
  if (listening === null || typeof listening === "string") throw new Error("no port");
  return {
    address: `http://127.0.0.1:${listening.port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
