import type { HubConnection } from "@microsoft/signalr";
import { HttpTransportType, Subject } from "@microsoft/signalr";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HubContext } from "../src/index.ts";
import { defineHub } from "../src/index.ts";
import { LossyProxy } from "./lossy-proxy.ts";
import type { RunningServer } from "./running-server.ts";
import { client, runServer, until } from "./running-server.ts";

interface Server {
  note(n: number): number;
  count(upTo: number): AsyncIterable<number>;
  collect(numbers: AsyncIterable<number>): Promise<number[]>;
}
interface Client {
  said(n: number, padding: string): void;
}

/** Numbers that `note` has been called with, in the order of execution. */
let noted: number[] = [];
const ended: (Error | undefined)[] = [];

const hub = defineHub<Server, Client>({
  methods: {
    note(_call, n) {
      noted.push(n);
      return n;
    },
    async *count(_call, upTo) {
      for (let n = 1; n <= upTo; n += 1) {
        yield n;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    collect: {
      streams: [0],
      async handler(_call, numbers) {
        const collected: number[] = [];
        for await (const n of numbers) collected.push(n);
        return collected;
      },
    },
  },
  onDisconnected(_connection, error) {
    ended.push(error);
  },
});

let server: RunningServer;
let context: HubContext<Client>;
let proxy: LossyProxy;
beforeAll(async () => {
  server = await runServer((hubs) => {
    context = hubs.mapHub("/hub", hub, { disconnectTimeoutMs: 1_500 });
  });
  proxy = await LossyProxy.before(server.origin);
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe.each(["json", "messagepack"] as const)("a stateful reconnect in %s", (protocol) => {
  let connection: HubConnection;
  let heard: number[];
  let id: string | null;

  beforeEach(async () => {
    noted = [];
    heard = [];
    connection = client(`${proxy.origin}/hub`, { protocol, stateful: true, transport: HttpTransportType.WebSockets });
    connection.on("said", (n: number) => heard.push(n));
    await connection.start();
    id = connection.connectionId;
  });
  afterEach(() => connection.stop());

  /** Cuts the network and waits until the client is back under its old id. */
  async function cutAndReturn(): Promise<void> {
    const before = proxy.accepted;
    proxy.cut();
    await until(() => proxy.accepted > before);
  }

  it("brings what the server had sent into the void, in order and once", async () => {
    await context.clients.all.said(1, "");
    await until(() => heard.length === 1);
    proxy.lose("toClient");
    for (const n of [2, 3, 4]) await context.clients.all.said(n, "");
    await cutAndReturn();
    await context.clients.all.said(5, "");
    await until(() => heard.length >= 5);
    expect(heard).toEqual([1, 2, 3, 4, 5]);
    expect(connection.connectionId).toBe(id);
  });

  it("brings what the client had sent into the void, in order and once", async () => {
    expect(await connection.invoke("note", 1)).toBe(1);
    proxy.lose("toServer");
    const results = [2, 3, 4].map((n) => connection.invoke<number>("note", n));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await cutAndReturn();
    expect(await Promise.all(results)).toEqual([2, 3, 4]);
    expect(await connection.invoke("note", 5)).toBe(5);
    expect(noted).toEqual([1, 2, 3, 4, 5]);
  });

  it("runs a call once whose answer was lost, and answers it once", async () => {
    proxy.lose("toClient");
    const result = connection.invoke<number>("note", 7);
    await until(() => noted.length === 1);
    await cutAndReturn();
    expect(await result).toBe(7);
    expect(noted).toEqual([7]);
  });

  it("holds what is sent while nobody is there, beyond what may be sent ahead", async () => {
    const padding = "x".repeat(10_000);
    proxy.lose("toClient");
    for (const n of upTo(40)) await context.clients.all.said(n, padding);
    await cutAndReturn();
    await until(() => heard.length >= 40);
    expect(heard).toEqual(upTo(40));
  });

  it("carries streams of both directions across many cuts", async () => {
    const received: number[] = [];
    const streamed = new Promise<void>((complete, error) => {
      connection.stream<number>("count", 200).subscribe({ next: (n) => received.push(n), complete, error });
    });
    const numbers = new Subject<number>();
    const collected = connection.invoke<number[]>("collect", numbers);
    let sent = 0;
    for (let cuts = 0; cuts < 8; cuts += 1) {
      for (let n = 0; n < 25; n += 1) numbers.next((sent += 1));
      proxy.lose(cuts % 2 === 0 ? "toClient" : "toServer");
      await new Promise((resolve) => setTimeout(resolve, 15));
      await cutAndReturn();
      expect(await connection.invoke("note", cuts)).toBe(cuts);
    }
    numbers.complete();
    await streamed;
    expect(received).toEqual(upTo(200));
    expect(await collected).toEqual(upTo(200));
    expect(noted).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(connection.connectionId).toBe(id);
  });

  it("tells the hub of one end, when the client stops", async () => {
    const before = ended.length;
    await cutAndReturn();
    expect(await connection.invoke("note", 1)).toBe(1);
    expect(ended.length).toBe(before);
    await connection.stop();
    await until(() => ended.length > before);
    expect(ended.slice(before)).toEqual([undefined]);
  });
});

describe("a client that does not come back", () => {
  it("is gone after the disconnect time-out, and its messages with it", async () => {
    const before = ended.length;
    const vanishing = await LossyProxy.before(server.origin);
    const connection = client(`${vanishing.origin}/hub`, { stateful: true, transport: HttpTransportType.WebSockets });
    const closed = new Promise((resolve) => connection.onclose(resolve));
    await connection.start();
    expect(context.connectionCount).toBe(1);
    await vanishing.close();
    await context.clients.all.said(1, "");
    expect(context.connectionCount).toBe(1);
    await until(() => ended.length > before);
    expect(context.connectionCount).toBe(0);
    await closed;
  });
});
