import type { IncomingMessage } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { UnavailableError, defineHub } from "../src/index.ts";
import type { EndpointOptions } from "../src/index.ts";
import type { RunningServer } from "./running-server.ts";
import { runServer, until } from "./running-server.ts";

const hub = defineHub<object, object>({ methods: {} });
/** In these tests a header says who calls and from where, so that one machine can be many. */
const claimed = (name: string) => (request: IncomingMessage) => String(request.headers[name] ?? "nobody");
const authenticate: EndpointOptions["authenticate"] = ({ request }) => ({ userId: claimed("x-user")(request) });

let server: RunningServer;
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await server.stop();
});

const serve = async (options: EndpointOptions): Promise<void> => {
  server = await runServer((hubs) => hubs.mapHub("/hub", hub, { authenticate, clientAddress: claimed("x-address"), ...options }));
};

interface Outcome {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly socket: WebSocket;
}

/** An upgrade without a negotiation: 101, or what it was refused with. */
function upgrade(user: string, address = "10.0.0.1"): Promise<Outcome> {
  const socket = new WebSocket(`${server.origin.replace("http", "ws")}/hub`, { headers: { "x-user": user, "x-address": address } });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on("open", () => resolve({ status: 101, retryAfter: undefined, socket }));
    socket.on("unexpected-response", (_request, response) => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"], socket }));
    socket.on("error", () => {});
  });
}
const negotiate = (user: string, address = "10.0.0.1"): Promise<Response> =>
  fetch(`${server.origin}/hub/negotiate?negotiateVersion=1`, { method: "POST", headers: { "x-user": user, "x-address": address } });

describe("who is let in", () => {
  it("so many connections of one user, and another when one of them has gone", async () => {
    await serve({ maximumConnectionsPerUser: 2 });
    const [first] = [await upgrade("alice"), await upgrade("alice")];
    expect(await upgrade("alice")).toMatchObject({ status: 429, retryAfter: "10" });
    expect((await upgrade("bob")).status).toBe(101);
    expect((await negotiate("alice")).status).toBe(429);
    first.socket.close();
    await until(() => server.hubs.connectionCount === 2);
    expect((await upgrade("alice")).status).toBe(101);
  });

  it("so many connections of one address, whoever they are of, before it is asked who calls", async () => {
    let asked = 0;
    await serve({
      maximumConnectionsPerAddress: 2,
      authenticate: (request) => {
        asked += 1;
        return authenticate(request);
      },
    });
    expect([(await upgrade("alice")).status, (await upgrade("bob")).status]).toEqual([101, 101]);
    expect(await upgrade("carol")).toMatchObject({ status: 429, retryAfter: "10" });
    const refused = await negotiate("carol");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
    expect(asked).toBe(2);
    expect((await upgrade("carol", "10.0.0.2")).status).toBe(101);
  });

  it("so many connections in all", async () => {
    await serve({ maximumConnections: 1 });
    expect((await upgrade("alice")).status).toBe(101);
    expect(await upgrade("bob", "10.0.0.2")).toMatchObject({ status: 503, retryAfter: "10" });
    expect((await negotiate("bob", "10.0.0.2")).status).toBe(503);
  });

  it("a negotiation takes a place, also while it has not connected", async () => {
    await serve({ maximumConnectionsPerUser: 1, disconnectTimeoutMs: 120_000 });
    const both = await Promise.all([negotiate("alice"), negotiate("alice")]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 429]);
    expect((await upgrade("alice")).status).toBe(429);
  });

  it("many at the same moment are no way around it", async () => {
    await serve({
      maximumConnectionsPerUser: 3,
      authenticate: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return authenticate(request);
      },
    });
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => upgrade("alice")));
    expect(outcomes.filter(({ status }) => status === 101)).toHaveLength(3);
    expect(outcomes.filter(({ status }) => status === 429)).toHaveLength(9);
  });
});

it("the application may refuse upgrades that come too often", async () => {
  let upgrades = 0;
  await serve({ refuseUpgrade: () => ((upgrades += 1) > 1 ? { retryAfterSeconds: 7 } : undefined) });
  expect((await upgrade("alice")).status).toBe(101);
  expect(await upgrade("alice")).toMatchObject({ status: 429, retryAfter: "7" });
});

it("an authentication that cannot be made now is no refusal of the client: it may try again", async () => {
  await serve({ authenticate: () => Promise.reject(new UnavailableError("the identity provider is away", 3)) });
  expect(await upgrade("alice")).toMatchObject({ status: 503, retryAfter: "3" });
  const answer = await negotiate("alice");
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "3"]);
});

it("while it drains nobody is let in, and is told to come back elsewhere at once", async () => {
  await serve({});
  await server.hubs.drain({ timeoutMs: 0 });
  expect(await upgrade("alice")).toMatchObject({ status: 503, retryAfter: "1" });
  expect((await negotiate("alice")).headers.get("retry-after")).toBe("1");
});
