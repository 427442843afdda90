import type { Socket } from "node:net";
import { HttpTransportType, HubConnectionBuilder } from "@microsoft/signalr";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HubContext, HubOptions } from "../src/index.ts";
import { defineHub } from "../src/index.ts";
import { LossyProxy } from "./lossy-proxy.ts";
import type { RunningServer } from "./running-server.ts";
import { client, runServer } from "./running-server.ts";
import { Wire } from "./wire.ts";

interface Server {
  echo(value: unknown): unknown;
}

const ended: (Error | undefined)[] = [];
const hub = defineHub<Server, object>({ methods: { echo: (_call, value) => value }, onDisconnected: (_connection, error) => void ended.push(error) });
const handshake = '{"protocol":"json","version":1}\u001e';

let server: RunningServer;
let context: HubContext<object>;
/** The server's ends of the WebSockets, which tell what has come in. */
const sockets: Socket[] = [];

// Time stands still unless a test moves it: nothing runs out while requests are under way, however slow the machine is.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(async () => {
  await server.stop();
  sockets.length = 0;
  ended.length = 0;
  vi.useRealTimers();
});

const serve = async (options: HubOptions): Promise<void> => {
  server = await runServer((hubs) => {
    context = hubs.mapHub("/hub", hub, options);
  });
  server.http.on("upgrade", (_request, socket: Socket) => sockets.push(socket));
};
const webSocketUrl = (): string => `${server.origin.replace("http", "ws")}/hub`;
const bytesReceived = (): number => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);

/** Lets what is under way on sockets arrive; that takes turns of the event loop, and no time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const call = async (method: string, path: string, body?: string): Promise<{ status: number; text: string }> => {
  const response = await fetch(server.origin + path, { method, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: await response.text() };
};
const negotiated = async (): Promise<string> => `/hub?id=${JSON.parse((await call("POST", "/hub/negotiate?negotiateVersion=1")).text).connectionToken}`;

describe("a client that does not connect", () => {
  it("is forgotten, and its place is free again", async () => {
    await serve({ disconnectTimeoutMs: 2_000, maximumConnections: 1 });
    const path = await negotiated();
    vi.advanceTimersByTime(1_900);
    expect(server.hubs.connectionCount).toBe(1);
    expect((await call("POST", "/hub/negotiate")).status).toBe(503);
    vi.advanceTimersByTime(700);
    expect(server.hubs.connectionCount).toBe(0);
    expect((await call("GET", path)).status).toBe(404);
    expect((await call("POST", "/hub/negotiate")).status).toBe(200);
  });

  it("of one user gives the user's place back", async () => {
    await serve({ disconnectTimeoutMs: 2_000, maximumConnectionsPerUser: 1, authenticate: () => ({ userId: "alice" }) });
    const both = await Promise.all([call("POST", "/hub/negotiate"), call("POST", "/hub/negotiate")]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 429]);
    vi.advanceTimersByTime(2_600);
    expect(server.hubs.connectionCount).toBe(0);
    expect((await call("POST", "/hub/negotiate")).status).toBe(200);
  });
});

describe("a long poll", () => {
  it("is held for its time, then answered empty", async () => {
    await serve({ pollTimeoutMs: 300 });
    const path = await negotiated();
    await call("GET", path);
    await call("POST", path, handshake);
    expect(await call("GET", path)).toEqual({ status: 200, text: "{}\u001e" });
    let answered = false;
    let arrived = false;
    server.http.once("request", () => (arrived = true));
    const idle = call("GET", path).finally(() => (answered = true));
    await until(() => arrived);
    vi.advanceTimersByTime(200);
    // A request and its answer, by which the other's would have come too.
    expect((await call("POST", path, '{"type":6}\u001e')).status).toBe(200);
    expect(answered).toBe(false);
    vi.advanceTimersByTime(200);
    expect(await idle).toEqual({ status: 200, text: "" });
  });

  it("that does not come again ends the connection", async () => {
    await serve({ disconnectTimeoutMs: 2_000 });
    const path = await negotiated();
    await call("GET", path);
    await call("POST", path, handshake);
    await until(() => context.connectionCount === 1);
    vi.advanceTimersByTime(2_600);
    expect(context.connectionCount).toBe(0);
    expect((await call("GET", path)).status).toBe(404);
  });
});

describe("a WebSocket", () => {
  it("whose client pings lives on, and ends when the pings stop", async () => {
    await serve({ keepAliveIntervalMs: 60_000, clientTimeoutMs: 500 });
    const wire = await Wire.joined(webSocketUrl());
    for (let pings = 0; pings < 5; pings += 1) {
      const before = bytesReceived();
      wire.send({ type: 6 });
      await until(() => bytesReceived() > before);
      vi.advanceTimersByTime(300);
    }
    expect(context.connectionCount).toBe(1);
    vi.advanceTimersByTime(600);
    await wire.closed();
    expect(wire.messages).toEqual([{ type: 7, allowReconnect: true, error: "Client hasn't sent a message/ping within the configured ClientTimeoutInterval." }]);
  });

  it.each(["json", "messagepack"] as const)("under stateful reconnect, in %s, is waited for when it is lost, and given up when it stays away", async (protocol) => {
    await serve({ disconnectTimeoutMs: 800 });
    const proxy = await LossyProxy.before(server.origin);
    const connection = client(`${proxy.origin}/hub`, { transport: HttpTransportType.WebSockets, protocol, stateful: true });
    await connection.start();
    await proxy.close();
    await until(() => sockets.every(({ closed }) => closed));
    // The WebSocket on it notices within a few turns.
    for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(700);
    expect([context.connectionCount, ended]).toEqual([1, []]);
    await until(() => vi.advanceTimersByTime(50) && ended.length > 0);
    expect(ended[0]?.message).toBe("The client did not connect in time.");
    expect(context.connectionCount).toBe(0);
    await connection.stop();
  });

  it("outlives silence on both sides, kept alive by pings", async () => {
    await serve({ keepAliveIntervalMs: 100, clientTimeoutMs: 500 });
    let received = 0;
    const logger = { log: (_level: unknown, message: string) => void (message.includes("data received") && (received += 1)) };
    const connection = new HubConnectionBuilder().withUrl(`${server.origin}/hub`).configureLogging(logger).build();
    connection.serverTimeoutInMilliseconds = 400;
    connection.keepAliveIntervalInMilliseconds = 100;
    await connection.start();
    expect(await connection.invoke("echo", 1)).toBe(1);
    for (let passedMs = 0; passedMs < 3_000; passedMs += 200) {
      const before = { client: received, server: bytesReceived() };
      vi.advanceTimersByTime(200);
      await until(() => received > before.client && bytesReceived() > before.server);
    }
    expect(await connection.invoke("echo", 2)).toBe(2);
    await connection.stop();
  });
});
