import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { defineHub } from "../src/index.ts";
import type { RunningServer } from "./running-server.ts";
import { runServer } from "./running-server.ts";

interface Server {
  ping(): string;
}

/** Sockets that race for one connection. */
const rivals = 3;
let waiting: (() => void)[] = [];

/** Admits the rivals in one and the same turn, as an application does that looks up many tokens at once. */
async function admitTogether(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (waiting.length === rivals) {
    for (const admit of waiting) admit();
    waiting = [];
  }
  await promise;
}

let server: RunningServer;
beforeAll(async () => {
  server = await runServer((hubs) => {
    hubs.mapHub("/hub", defineHub<Server, Record<never, never>>({ methods: { ping: () => "pong" } }), {
      async authenticate({ request }) {
        if (request.method === "GET") await admitTogether();
        return { userId: "ada" };
      },
    });
  });
});
afterAll(() => server.stop());

async function outcomeOf(socket: WebSocket): Promise<number> {
  const opened = once(socket, "open").then(() => 101);
  const refused = new Promise<number>((resolve) => {
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
  });
  return Promise.race([opened, refused]);
}

it("of sockets that ask for one connection at once, one gets it and the others 409", async () => {
  const negotiated = await fetch(`${server.origin}/hub/negotiate?negotiateVersion=1`, { method: "POST" });
  const token = /"connectionToken":"([^"]+)"/.exec(await negotiated.text())?.[1];
  const url = `${server.origin.replace("http", "ws")}/hub?id=${token}`;
  const sockets = Array.from({ length: rivals }, () => new WebSocket(url));
  const outcomes = await Promise.all(sockets.map(outcomeOf));
  expect(outcomes.toSorted()).toEqual([101, 409, 409]);
  for (const socket of sockets) socket.terminate();
});
