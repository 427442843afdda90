import { once } from "node:events";
import http from "node:http";
import type { IncomingMessage, Server } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import express from "express";
import type { Express, RequestHandler } from "express";
import { createHubServer, HubError } from "@nod/signalr-server";
import type { HubContext } from "@nod/signalr-server";
import { createAccessTokens } from "./access-tokens.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { authorizedHub, testHub } from "./hub.ts";
import type { TestHubClient } from "./hub.ts";
import { createSelfSignedCertificate } from "./self-signed-certificate.ts";

/** Where to listen; port 0 takes a free one. */
export interface TestHubAddress {
  readonly host: string;
  readonly port: number;
  readonly httpsPort: number;
}

/** A running test hub. */
export interface RunningTestHub {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  stop(): Promise<void>;
}

/** Starts everything the functional tests talk to, over HTTP and over HTTPS with a self-signed certificate. */
export async function startTestHub(address: TestHubAddress): Promise<RunningTestHub> {
  const tokens = createAccessTokens();
  const hubs = createHubServer({
    // The functional tests run in browsers too, from pages of another origin.
    defaults: { detailedErrors: true, allowedOrigins: "any", negotiateHeaders: testCookies },
  });
  const hub = hubs.mapHub("/testhub", testHub);
  hubs.mapHub("/testhub-nowebsockets", testHub, { transports: ["ServerSentEvents", "LongPolling"] });
  hubs.mapHub("/authorizedhub", authorizedHub, { authenticate: ({ token }) => tokens.verify(token) });
  hubs.mapConnection("/echo", { onMessage: (connection, data) => connection.send(data) });

  const app = express();
  app.use(crossOrigin, redirectEcho, hubs.middleware());
  serveTestEndpoints(app, hub, tokens);

  const plain = http.createServer(app);
  const secure = https.createServer(createSelfSignedCertificate(new Date()), app);
  for (const server of [plain, secure]) {
    server.prependListener("upgrade", redirectEchoUpgrade);
    hubs.attachUpgrades(server);
  }
  const [port, httpsPort] = await Promise.all([
    listen(plain, address.port, address.host),
    listen(secure, address.httpsPort, address.host),
  ]);
  return {
    httpUrl: `http://${address.host}:${port}`,
    httpsUrl: `https://${address.host}:${httpsPort}`,
    async stop() {
      await hubs.close();
      await Promise.all([plain, secure].map(closeServer));
    },
  };
}

function serveTestEndpoints(app: Express, hub: HubContext<TestHubClient>, tokens: AccessTokens): void {
  let redirects = 0;
  app.use("/redirect", (request, response) => {
    redirects += 1;
    response.json({ url: `${String(request.query["baseUrl"])}/testhub?numRedirects=${redirects}` });
  });
  app.use("/bad-negotiate", (_request, response) => {
    response.status(400).type("text/plain").send("Some response from server");
  });
  app.get("/generateJwtToken", async (_request, response) => {
    response.type("text/plain").send(await tokens.issue());
  });
  app.get("/clientresult/:connectionId", async (request, response) => {
    response.type("text/plain").send(await resultOrError(hub, request.params.connectionId));
  });
  // The client for web workers, which the tests in a browser import from here.
  const webWorkerClient = new URL(".", import.meta.resolve("@microsoft/signalr/dist/webworker/signalr.js"));
  app.use("/lib/signalr-webworker", express.static(fileURLToPath(webWorkerClient)));
}

/** What one client answers to `Result`, or the text of its error. */
async function resultOrError(hub: HubContext<TestHubClient>, connectionId: string): Promise<string> {
  try {
    return String(await hub.invokeClient(connectionId, "Result", []));
  } catch (error) {
    if (error instanceof HubError) return error.message;
    throw error;
  }
}

/** Allows every origin, with credentials: for tests only, which come from another port. */
const crossOrigin: RequestHandler = (request, response, next) => {
  const { origin } = request.headers;
  if (origin !== undefined) {
    response.set({ "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", Vary: "Origin" });
    const method = request.headers["access-control-request-method"];
    if (method !== undefined) response.set("Access-Control-Allow-Methods", method);
    const headers = request.headers["access-control-request-headers"];
    if (headers !== undefined) response.set("Access-Control-Allow-Headers", headers);
  }
  if (request.method === "OPTIONS") response.status(204).end();
  else next();
};

/** Answers everything under `/echoredirect` with a redirect to the same place under `/echo`. */
const redirectEcho: RequestHandler = (request, response, next) => {
  const location = echoLocation(request);
  if (location === undefined) next();
  else response.redirect(307, location);
};

function redirectEchoUpgrade(request: IncomingMessage, socket: { end(text: string): void }): void {
  const location = echoLocation(request);
  if (location === undefined) return;
  socket.end(
    `HTTP/1.1 307 Temporary Redirect\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  );
}

/** An absolute URL: the `eventsource` package, which the client uses in Node, takes no relative one. */
function echoLocation(request: IncomingMessage): string | undefined {
  const { url = "/", headers } = request;
  if (!url.startsWith("/echoredirect")) return undefined;
  return `${isSecure(request) ? "https" : "http"}://${headers.host}${url.replace("/echoredirect", "/echo")}`;
}

function isSecure(request: IncomingMessage): boolean {
  return "encrypted" in request.socket && request.socket.encrypted === true;
}

/** Two cookies that the client must send again and one that it must not. */
function testCookies(request: IncomingMessage): Record<string, string[]> {
  const attributes = isSecure(request) ? "; Path=/; Secure; SameSite=None; Partitioned" : "; Path=/";
  const anHourAgo = new Date(Date.now() - 60 * 60 * 1000).toUTCString();
  return {
    "set-cookie": [
      `testCookie=testValue${attributes}`,
      `testCookie2=testValue2${attributes}`,
      `expiredCookie=doesntmatter; Expires=${anHourAgo}${attributes}`,
    ],
  };
}

/** Listens and returns the port. */
async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  if (!isAddressInfo(address)) throw new Error("the server listens on no port");
  return address.port;
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
