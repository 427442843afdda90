import { request as httpRequest } from "node:http";
import { HttpTransportType } from "@microsoft/signalr";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { HubContext, HubLogger } from "../src/index.ts";
import { MemoryTicketStore, defineHub } from "../src/index.ts";
import type { RunningServer } from "./running-server.ts";
import { client, combinations, runServer } from "./running-server.ts";

interface Server {
  whoAmI(): string | undefined;
}
interface Client {
  said(text: string): void;
}

const hub = defineHub<Server, Client>({ methods: { whoAmI: (call) => call.connection.userId } });
const secret = "bearer-token-of-";
const logged: string[] = [];
const log = (fields: object, message: string): void => void logged.push(JSON.stringify(fields) + message);
const logger: HubLogger = { debug: log, info: log, warn: log, error: log };
/** Every URL the server was asked for: what an access log of any proxy would hold. */
const urls: string[] = [];

let server: RunningServer;
let context: HubContext<Client>;
let expiresAt: number | undefined;
let authentications = 0;

beforeAll(async () => {
  server = await runServer(
    (hubs) => {
      const authenticate = ({ token }: { token: string | undefined }) => {
        authentications += 1;
        if (token?.startsWith(secret) !== true) return null;
        return { userId: token.slice(secret.length), ...(expiresAt === undefined ? {} : { expiresAt }) };
      };
      context = hubs.mapHub("/safe", hub, { authenticate, tickets: true, allowedOrigins: ["https://app.example.com"] });
      hubs.mapHub("/plain", hub, { authenticate });
    },
    { logger, defaults: { disconnectTimeoutMs: 120_000 } },
  );
  server.http.prependListener("request", (request) => urls.push(request.url ?? ""));
  server.http.prependListener("upgrade", (request) => urls.push(request.url ?? ""));
});
afterAll(() => server.stop());

const post = async (path: string, token?: string, headers: Record<string, string> = {}) => {
  const response = await fetch(server.origin + path, {
    method: "POST",
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith("{") ? JSON.parse(text) : text };
};

/** Status of a WebSocket upgrade; 101 when it is let in. */
const upgrade = (path: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(server.origin.replace("http", "ws") + path, { headers });
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
    });
    socket.on("open", () => {
      resolve(101);
      socket.terminate();
    });
    socket.on("error", () => {});
  });

describe("a hub with tickets", () => {
  it.each(combinations)("lets in a client that only ever knows its bearer token: $name", async ({ transport, protocol }) => {
    const connection = client(`${server.origin}/safe`, { transport, protocol, accessTokenFactory: () => `${secret}ada` });
    await connection.start();
    expect(await connection.invoke("whoAmI")).toBe("ada");
    await connection.stop();
  });

  it("sends no bearer token in any URL", async () => {
    urls.length = 0;
    // As in a browser, where neither a WebSocket nor an EventSource can carry a header.
    const first = await post("/safe/negotiate?negotiateVersion=1", `${secret}ada`);
    const second = await post(`/safe/negotiate?negotiateVersion=1`, first.body.accessToken);
    expect(await upgrade(`/safe?id=${second.body.connectionToken}&access_token=${first.body.accessToken}`)).toBe(101);
    const connection = client(`${server.origin}/safe`, {
      transport: HttpTransportType.ServerSentEvents,
      accessTokenFactory: () => `${secret}ada`,
    });
    await connection.start();
    await connection.stop();
    expect(urls.length).toBeGreaterThan(5);
    expect(urls.join()).toContain("access_token=");
    expect(urls.join()).not.toContain(secret);
    expect(logged.join()).not.toContain("access_token");
  });

  it("gives a new ticket at every reconnect", async () => {
    const before = authentications;
    const connection = client(`${server.origin}/safe`, { reconnect: true, accessTokenFactory: () => `${secret}ada` });
    await connection.start();
    const reconnected = new Promise((resolve) => connection.onreconnected(resolve));
    await context.disconnect({ kind: "users", userIds: ["ada"] }, { allowReconnect: true });
    await reconnected;
    expect(await connection.invoke("whoAmI")).toBe("ada");
    expect(authentications).toBe(before + 2);
    await connection.stop();
  });

  it("answers with where to go and a ticket, and spends the ticket once", async () => {
    const first = await post("/safe/negotiate?negotiateVersion=1&room=7", `${secret}ada`);
    expect(first.body).toEqual({ url: `${server.origin}/safe?room=7`, accessToken: expect.stringMatching(/^[\w-]{43}$/) });
    const ticket: string = first.body.accessToken;
    const second = await post("/safe/negotiate?negotiateVersion=1", ticket);
    expect(second.body).toMatchObject({ negotiateVersion: 1, connectionToken: expect.any(String) });
    expect((await post("/safe/negotiate?negotiateVersion=1", ticket)).status).toBe(401);
    const id: string = second.body.connectionToken;
    expect(await upgrade(`/safe?id=${id}`)).toBe(401);
    expect(await upgrade(`/safe?id=${id}&access_token=${secret}ada`)).toBe(401);
    expect(await upgrade(`/safe?id=${id}&access_token=${ticket.slice(1)}A`)).toBe(401);
    expect(await upgrade(`/safe?id=${id}&access_token=${ticket}`)).toBe(101);
    const other = await post("/safe/negotiate?negotiateVersion=1", (await post("/safe/negotiate", `${secret}eve`)).body.accessToken);
    expect(await upgrade(`/safe?id=${other.body.connectionToken}&access_token=${ticket}`)).toBe(401);
  });

  it("takes a bearer token in a header only, also without negotiation", async () => {
    expect((await post(`/safe/negotiate?access_token=${secret}ada`)).status).toBe(401);
    expect(await upgrade(`/safe?access_token=${secret}ada`)).toBe(401);
    expect(await upgrade("/safe", { authorization: `Bearer ${secret}ada` })).toBe(101);
    const ticket = await server.hubs.issueTicket({ userId: "ada" });
    expect(await upgrade(`/safe?access_token=${ticket}`)).toBe(101);
    expect(await upgrade(`/safe?access_token=${ticket}`)).toBe(401);
  });

  it("closes a connection when its credential expires, and it may come back", async () => {
    // Only the calendar is moved, so that it does not matter how long the way in takes.
    vi.useFakeTimers({ toFake: ["Date"] });
    expiresAt = Date.now() + 3_600_000;
    const connection = client(`${server.origin}/safe`, { reconnect: true, accessTokenFactory: () => `${secret}ada` });
    const reconnected = new Promise((resolve) => connection.onreconnected(resolve));
    await connection.start();
    vi.setSystemTime(expiresAt);
    expiresAt = undefined;
    await reconnected;
    expect(await connection.invoke("whoAmI")).toBe("ada");
    await connection.stop();
    vi.useRealTimers();
  });

  it("closes a user's connections when the credential is revoked", async () => {
    const connection = client(`${server.origin}/safe`, { accessTokenFactory: () => `${secret}bob` });
    const closed = new Promise<Error | undefined>((resolve) => connection.onclose(resolve));
    await connection.start();
    expect(context.hasUser("bob")).toBe(true);
    expect(server.hubs.disconnectUser("bob", { error: "Revoked." })).toBe(1);
    expect((await closed)?.message).toBe("Server returned an error on close: Revoked.");
    expect(context.hasUser("bob")).toBe(false);
  });
});

describe("a hub with bearer tokens alone", () => {
  it("answers 401 without one, and to another user's on an open connection", async () => {
    expect((await post("/plain/negotiate")).status).toBe(401);
    const opened = await post("/plain/negotiate?negotiateVersion=1", `${secret}ada`);
    const id: string = opened.body.connectionToken;
    expect(await upgrade(`/plain?id=${id}&access_token=${secret}eve`)).toBe(401);
    expect(await upgrade(`/plain?id=${id}&access_token=${secret}ada`)).toBe(101);
  });
});

describe("the origin", () => {
  it("is checked at every upgrade and request", async () => {
    const authorization = `Bearer ${secret}ada`;
    expect(await upgrade("/safe", { authorization, origin: "https://evil.example.com" })).toBe(403);
    expect(await upgrade("/safe", { authorization, origin: "null" })).toBe(403);
    expect(await upgrade("/plain", { authorization, origin: "https://app.example.com" })).toBe(403);
    expect(await upgrade("/safe", { authorization, origin: "https://app.example.com" })).toBe(101);
    expect(await upgrade("/safe", { authorization, origin: server.origin })).toBe(101);
    expect((await post("/safe/negotiate", `${secret}ada`, { origin: "https://evil.example.com" })).status).toBe(403);
  });

  it("gets CORS headers and an answered preflight where it is foreign and allowed", async () => {
    const allowed = await post("/safe/negotiate", `${secret}ada`, { origin: "https://app.example.com" });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(allowed.headers.get("access-control-allow-credentials")).toBe("true");
    // fetch keeps preflight headers to itself, so this one is written by hand.
    const preflight = await new Promise<{ status: number | undefined; headers: object }>((resolve, reject) => {
      const headers = { origin: "https://app.example.com", "access-control-request-headers": "authorization,x-requested-with" };
      httpRequest(`${server.origin}/safe/negotiate`, { method: "OPTIONS", headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, headers: response.headers });
      })
        .on("error", reject)
        .end();
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({ "access-control-allow-headers": "authorization,x-requested-with" });
  });
});

describe("tickets in memory", () => {
  it("live for thirty seconds at most", async () => {
    let now = 1_000;
    const store = new MemoryTicketStore(() => now);
    const [early, late] = [await store.issue({ userId: "ada" }, 3_600_000), await store.issue({ userId: "ada" }, 3_600_000)];
    now += 29_999;
    expect(await store.redeem(early)).toEqual({ userId: "ada" });
    now += 1;
    expect(await store.redeem(late)).toBeUndefined();
  });
});
