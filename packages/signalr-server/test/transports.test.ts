import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { HubContext } from "../src/index.ts";
import { defineHub } from "../src/index.ts";
import type { RunningServer } from "./running-server.ts";
import { runServer, until } from "./running-server.ts";
import { Wire } from "./wire.ts";

interface Server {
  echo(value: unknown): unknown;
}
interface Client {
  said(text: string): void;
}

const hub = defineHub<Server, Client>({ methods: { echo: (_call, value) => value } });
const handshake = '{"protocol":"json","version":1}\u001e';

let server: RunningServer;
let context: HubContext<Client>;
beforeAll(async () => {
  server = await runServer((hubs) => {
    context = hubs.mapHub("/hub", hub, { pollTimeoutMs: 120_000, disconnectTimeoutMs: 120_000 });
    hubs.mapHub("/no-websockets", hub, { transports: ["LongPolling", "ServerSentEvents"] });
    hubs.mapHub("/new-only", hub, { minimumNegotiateVersion: 1 });
    hubs.mapHub("/few", hub, { maximumConnections: 1 });
    hubs.mapHub("/elsewhere", hub, { negotiate: () => ({ url: "https://hubs.example.com/hub", accessToken: "t" }) });
    hubs.mapHub("/closed", hub, { negotiate: () => ({ error: "Closed on Sundays." }) });
    hubs.mapHub("/bad", hub, { negotiate: () => ({ status: 400, body: "Some response from server" }) });
    hubs.mapHub("/cookies", hub, { negotiateHeaders: () => ({ "set-cookie": ["a=1", "b=2"], "x-version": "7" }) });
    hubs.mapConnection("/lines", { onMessage: (connection, data) => connection.send(data) });
  });
});
afterAll(() => server.stop());
afterEach(async () => {
  await context.disconnect({ kind: "all" });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}
const call = async (method: string, path: string, body?: string): Promise<Answer> => {
  const response = await fetch(server.origin + path, { method, ...(body === undefined ? {} : { body }) });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const negotiate = async (path = "/hub", query = "?negotiateVersion=1") => JSON.parse((await call("POST", `${path}/negotiate${query}`)).text);
const polling = async (): Promise<string> => {
  const { connectionToken } = await negotiate();
  expect(await call("GET", `/hub?id=${connectionToken}`)).toMatchObject({ status: 200, text: "" });
  return `/hub?id=${connectionToken}`;
};
/** Sends a poll, and goes on once the server holds it; its answer comes later. */
const heldPoll = async (path: string): Promise<{ answer: Promise<Answer> }> => {
  const arrived = once(server.http, "request");
  const answer = call("GET", path);
  await arrived;
  await new Promise((resolve) => setImmediate(resolve));
  return { answer };
};
const upgradeStatus = (path: string): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(server.origin.replace("http", "ws") + path);
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.on("open", () => resolve(101));
    socket.on("error", () => {});
  });
/** Opens an event stream and gathers what arrives. */
const events = (path: string): Promise<{ response: IncomingMessage; text: () => string; close: () => void }> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(server.origin + path, { headers: { accept: "text/event-stream" }, agent: new Agent() }, (response) => {
      let text = "";
      response.on("data", (data) => (text += String(data)));
      response.on("error", () => {});
      resolve({ response, text: () => text, close: () => request.destroy() });
    });
    request.on("error", reject);
    request.end();
  });

describe("negotiation", () => {
  it("in version 1 has a public id and a secret token", async () => {
    const answer = await negotiate();
    expect(answer).toEqual({
      negotiateVersion: 1,
      connectionId: expect.stringMatching(/^[\w-]{22}$/),
      connectionToken: expect.stringMatching(/^[\w-]{22}$/),
      availableTransports: [
        { transport: "WebSockets", transferFormats: ["Text", "Binary"] },
        { transport: "ServerSentEvents", transferFormats: ["Text"] },
        { transport: "LongPolling", transferFormats: ["Text", "Binary"] },
      ],
    });
    expect(answer.connectionToken).not.toBe(answer.connectionId);
    expect((await negotiate("/hub", "?negotiateVersion=9")).negotiateVersion).toBe(1);
  });

  it("in version 0, or without one, has the id alone", async () => {
    for (const query of ["", "?negotiateVersion=0"]) {
      const answer = await negotiate("/hub", query);
      expect(answer).toMatchObject({ negotiateVersion: 0, connectionId: expect.any(String) });
      expect(answer).not.toHaveProperty("connectionToken");
      expect((await call("GET", `/hub?id=${answer.connectionId}`)).status).toBe(200);
    }
  });

  it("refuses versions it does not know in the answer", async () => {
    expect(await negotiate("/hub", "?negotiateVersion=x")).toEqual({ error: "The client requested a non-integer protocol version." });
    expect(await negotiate("/new-only", "")).toEqual({ error: "The client requested version '0', but the server does not support this version." });
  });

  it("offers what the path allows and can be replaced", async () => {
    const { availableTransports } = await negotiate("/no-websockets");
    expect(availableTransports.map((entry: { transport: string }) => entry.transport)).toEqual(["ServerSentEvents", "LongPolling"]);
    expect(await negotiate("/elsewhere")).toEqual({ url: "https://hubs.example.com/hub", accessToken: "t" });
    expect(await negotiate("/closed")).toEqual({ error: "Closed on Sundays." });
    expect(await call("POST", "/bad/negotiate")).toMatchObject({ status: 400, text: "Some response from server" });
    const { headers } = await call("POST", "/cookies/negotiate");
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(headers.get("x-version")).toBe("7");
  });

  it("is a POST, and ends at the limit of connections", async () => {
    expect((await call("GET", "/hub/negotiate")).status).toBe(405);
    expect((await call("POST", "/few/negotiate")).status).toBe(200);
    expect((await call("POST", "/few/negotiate")).status).toBe(503);
    expect(await upgradeStatus("/few")).toBe(503);
  });

  it("is found whatever the case of the path, and nothing else is", async () => {
    expect((await call("POST", "/HUB/Negotiate/")).status).toBe(200);
    expect((await call("POST", "/other/negotiate")).status).toBe(404);
    expect(await upgradeStatus("/other")).toBe(404);
  });
});

describe("status codes", () => {
  it("400 without an id, 404 for an unknown one, 405 for another method", async () => {
    for (const method of ["GET", "POST", "DELETE"]) {
      expect((await call(method, "/hub")).status).toBe(400);
      expect((await call(method, "/hub?id=unknown")).status).toBe(404);
    }
    expect((await call("PUT", "/hub")).status).toBe(405);
    expect(await upgradeStatus("/hub?id=unknown")).toBe(404);
  });

  it("409 for a second WebSocket, 405 for a POST and 400 for a DELETE on one, 400 for a changed transport", async () => {
    const { connectionToken } = await negotiate();
    const wire = await Wire.open(`${server.origin.replace("http", "ws")}/hub?id=${connectionToken}`);
    expect(await upgradeStatus(`/hub?id=${connectionToken}`)).toBe(409);
    expect((await call("POST", `/hub?id=${connectionToken}`, "x")).status).toBe(405);
    expect((await call("DELETE", `/hub?id=${connectionToken}`)).status).toBe(400);
    expect((await call("GET", `/hub?id=${connectionToken}`)).status).toBe(400);
    wire.socket.terminate();
    await until(() => server.hubs.connectionCount === 0 || context.connectionCount === 0);
  });

  it("404 for a transport the path does not allow, and for a POST before any transport", async () => {
    expect(await upgradeStatus("/no-websockets")).toBe(404);
    const { connectionToken } = await negotiate("/no-websockets");
    expect(await upgradeStatus(`/no-websockets?id=${connectionToken}`)).toBe(404);
    expect((await call("POST", `/no-websockets?id=${connectionToken}`, handshake)).status).toBe(404);
  });
});

describe("long polling", () => {
  it("answers the first poll empty, and a busy one with everything there is", async () => {
    const path = await polling();
    expect((await call("POST", path, handshake)).status).toBe(200);
    const first = await call("GET", path);
    expect(first).toMatchObject({ status: 200, text: "{}\u001e" });
    expect(first.headers.get("content-type")).toBe("application/octet-stream");
    expect(first.headers.get("cache-control")).toBe("no-cache, no-store");
    const { answer } = await heldPoll(path);
    await call("POST", path, '{"type":1,"invocationId":"1","target":"echo","arguments":["é"]}\u001e');
    expect(await answer).toMatchObject({ status: 200, text: '{"type":3,"invocationId":"1","result":"é"}\u001e' });
    await context.clients.all.said("one");
    await context.clients.all.said("two");
    expect((await call("GET", path)).text.split("\u001e")).toHaveLength(3);
  });

  it("ends a poll with 204 when a second one comes", async () => {
    const path = await polling();
    const first = await heldPoll(path);
    const second = call("GET", path);
    expect(await first.answer).toMatchObject({ status: 204 });
    await call("POST", path, handshake);
    expect(await second).toMatchObject({ status: 200, text: "{}\u001e" });
  });

  it("answers a DELETE with 202 and the poll with 204", async () => {
    const path = await polling();
    const { answer } = await heldPoll(path);
    expect((await call("DELETE", path)).status).toBe(202);
    expect((await answer).status).toBe(204);
    expect((await call("GET", path)).status).toBe(404);
  });

  it("brings the Close message before the 204 when the server ends it", async () => {
    const path = await polling();
    await call("POST", path, handshake);
    await call("GET", path);
    await context.disconnect({ kind: "all" }, { allowReconnect: true });
    expect(await call("GET", path)).toMatchObject({ status: 200, text: '{"type":7,"allowReconnect":true}\u001e' });
    expect((await call("GET", path)).status).toBe(204);
    expect((await call("GET", path)).status).toBe(404);
  });

  it("refuses a body beyond all limits with 413 and the end", async () => {
    const path = await polling();
    await call("POST", path, handshake);
    expect((await call("POST", path, "x".repeat(1_100_000))).status).toBe(413);
    expect((await call("GET", path)).text).toContain('"type":7');
  });
});

describe("Server-Sent Events", () => {
  it("begin with a comment and must not be cached", async () => {
    const { connectionToken } = await negotiate();
    const stream = await events(`/hub?id=${connectionToken}`);
    expect(stream.response.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-cache, no-store" });
    await until(() => stream.text() === ":\r\n");
    await call("POST", `/hub?id=${connectionToken}`, handshake);
    await until(() => stream.text() === ":\r\ndata: {}\u001e\r\n\r\n");
    expect((await call("GET", `/hub?id=${connectionToken}`)).status).toBe(400);
    const second = await events(`/hub?id=${connectionToken}`);
    expect(second.response.statusCode).toBe(409);
    stream.close();
    await until(() => context.connectionCount === 0);
  });

  it("refuse MessagePack in the handshake", async () => {
    const { connectionToken } = await negotiate();
    const stream = await events(`/hub?id=${connectionToken}`);
    await call("POST", `/hub?id=${connectionToken}`, '{"protocol":"messagepack","version":1}\u001e');
    await until(() => stream.text().includes("Cannot use the 'messagepack' protocol on the current transport."));
  });

  it("carry line ends in further data lines", async () => {
    const { connectionToken } = await negotiate("/lines");
    const stream = await events(`/lines?id=${connectionToken}`);
    await call("POST", `/lines?id=${connectionToken}`, "a\nb\r\nc\rd");
    await until(() => stream.text() === ":\r\ndata: a\r\ndata: b\r\ndata: c\r\ndata: d\r\n\r\n");
    stream.close();
  });
});
