import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubError, defineHub } from "../src/index.ts";
import type { RunningServer } from "./running-server.ts";
import { runServer, until } from "./running-server.ts";
import { Wire } from "./wire.ts";

interface Server {
  echo(value: unknown): unknown;
  slow(): Promise<string>;
  forever(): AsyncIterable<number>;
  stuck(items: AsyncIterable<number>): Promise<void>;
  order(quantity: number): string;
}

let running = 0;
let mostRunning = 0;
const calls: unknown[] = [];
let release: () => void = () => {};
/** What the slow method waits for. */
let gate = Promise.withResolvers<void>();
const hub = defineHub<Server, object>({
  methods: {
    echo(_call, value) {
      calls.push(value);
      return value;
    },
    async slow() {
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await gate.promise;
      running -= 1;
      calls.push("slow");
      return "done";
    },
    async *forever() {
      await new Promise(() => {});
      yield 1;
    },
    stuck: {
      streams: [0],
      handler: () => new Promise<void>((resolve) => (release = resolve)),
    },
    order: {
      parse([quantity]) {
        if (typeof quantity !== "number" || quantity < 1) throw new HubError("A quantity is a number from 1.");
        return [quantity];
      },
      handler: (_call, quantity) => quantity.toFixed(2),
    },
  },
});

let server: RunningServer;
let url: string;
beforeAll(async () => {
  server = await runServer((hubs) => {
    hubs.mapHub("/hub", hub, { disconnectTimeoutMs: 120_000 });
    hubs.mapHub("/parallel", hub, { maximumParallelInvocations: 3, maximumParallelStreams: 2 });
  });
  url = `${server.origin.replace("http", "ws")}/hub`;
});
afterAll(() => server.stop());

describe("bounds", () => {
  it("so many invocations run at once, and the rest in order", async () => {
    const wire = await Wire.joined(url.replace("/hub", "/parallel"));
    mostRunning = 0;
    gate = Promise.withResolvers<void>();
    for (let n = 0; n < 9; n += 1) wire.send({ type: 1, invocationId: `${n}`, target: "slow", arguments: [] });
    await until(() => running === 3);
    gate.resolve();
    await wire.until(() => wire.messages.length === 9);
    expect(mostRunning).toBe(3);
    expect(wire.messages.map((message) => message["invocationId"])).toEqual(Array.from({ length: 9 }, (_, n) => `${n}`));
    wire.socket.close();
  });

  it("one invocation at a time is the default, and hundreds wait without being lost", async () => {
    const wire = await Wire.joined(url);
    calls.length = 0;
    gate = Promise.withResolvers<void>();
    wire.send({ type: 1, target: "slow", arguments: [] });
    for (let n = 0; n < 300; n += 1) wire.send({ type: 1, target: "echo", arguments: [n] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    wire.send({ type: 1, invocationId: "last", target: "echo", arguments: [300] });
    await wire.until(() => wire.messages.length > 0);
    expect(calls).toEqual(["slow", ...Array.from({ length: 301 }, (_, n) => n)]);
    wire.socket.close();
  });

  it("so many streams are open at once", async () => {
    const wire = await Wire.joined(url.replace("/hub", "/parallel"));
    for (const id of ["a", "b", "c"]) wire.send({ type: 4, invocationId: id, target: "forever", arguments: [] });
    await wire.until(() => wire.messages.length > 0);
    expect(wire.messages).toEqual([
      { type: 3, invocationId: "c", error: "An unexpected error occurred invoking 'forever' on the server. HubException: Too many streams are open." },
    ]);
    wire.socket.close();
  });

  it("an upload that nobody reads stops the reading, not the process, until its call is over", async () => {
    const wire = await Wire.joined(url);
    wire.send({ type: 1, invocationId: "1", target: "stuck", arguments: [], streamIds: ["u"] });
    for (let n = 0; n < 50; n += 1) wire.send({ type: 2, invocationId: "u", item: n });
    wire.send({ type: 1, invocationId: "2", target: "echo", arguments: ["after"] });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(wire.messages.filter((message) => message["type"] === 3)).toEqual([]);
    release();
    await wire.until(() => wire.messages.filter((message) => message["type"] === 3).length === 2);
    expect(wire.messages.at(-1)).toMatchObject({ invocationId: "2", result: "after" });
    wire.socket.close();
  });

  it("a frame of several messages may exceed the limit of one", async () => {
    const wire = await Wire.joined(url);
    const record = (n: number) => `{"type":1,"invocationId":"${n}","target":"echo","arguments":["${"x".repeat(20_000)}"]}\u001e`;
    wire.socket.send([0, 1, 2, 3, 4].map(record).join(""));
    await wire.until(() => wire.messages.length === 5);
    wire.socket.close();
  });

  it("arguments are what a method's parser lets pass", async () => {
    const wire = await Wire.joined(url);
    wire.send({ type: 1, invocationId: "1", target: "order", arguments: [3] });
    wire.send({ type: 1, invocationId: "2", target: "order", arguments: ["3"] });
    await wire.until(() => wire.messages.length === 2);
    expect(wire.messages).toEqual([
      { type: 3, invocationId: "1", result: "3.00" },
      { type: 3, invocationId: "2", error: "An unexpected error occurred invoking 'order' on the server. HubException: A quantity is a number from 1." },
    ]);
    wire.socket.close();
  });

  it("so many POST requests of one client are worked on at once", async () => {
    const post = (path: string, body: string) => fetch(server.origin + path, { method: "POST", body });
    const { connectionToken } = JSON.parse(await (await post("/hub/negotiate?negotiateVersion=1", "")).text());
    const path = `/hub?id=${connectionToken}`;
    await fetch(server.origin + path);
    await post(path, '{"protocol":"json","version":1}\u001e{"type":1,"target":"stuck","arguments":[],"streamIds":["u"]}\u001e');
    const item = '{"type":2,"invocationId":"u","item":1}\u001e';
    for (let n = 0; n < 9; n += 1) expect((await post(path, item)).status).toBe(200);
    // The upload is full: from here on each request waits until there is room.
    const answered: number[] = [];
    const waiting = Array.from({ length: 20 }, async () => answered.push((await post(path, item)).status));
    await until(() => answered.length === 4);
    expect(answered).toEqual([409, 409, 409, 409]);
    release();
    await Promise.all(waiting);
    expect(answered.filter((status) => status === 200)).toHaveLength(16);
  });
});
