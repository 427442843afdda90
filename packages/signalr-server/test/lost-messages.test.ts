import type { HubConnection } from "@microsoft/signalr";
import { HttpTransportType, Subject } from "@microsoft/signalr";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defineHub } from "../src/index.ts";
import { LossyProxy } from "./lossy-proxy.ts";
import type { RunningServer } from "./running-server.ts";
import { client, runServer, until } from "./running-server.ts";

interface Server {
  note(n: number): number;
  count(upTo: number): AsyncIterable<number>;
  collect(numbers: AsyncIterable<number>): Promise<number[]>;
}

/** Numbers that `note` has been called with, in the order of execution. */
let noted: number[] = [];
/** How connections ended, by their ids. */
const ended: (readonly [id: string, error: Error | undefined])[] = [];

const hub = defineHub<Server, Record<never, never>>({
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
  onDisconnected({ id }, error) {
    ended.push([id, error]);
  },
});

let server: RunningServer;
let proxy: LossyProxy;
beforeAll(async () => {
  server = await runServer((hubs) => hubs.mapHub("/hub", hub, { disconnectTimeoutMs: 120_000 }));
  proxy = await LossyProxy.before(server.origin);
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});

const oneToTwoHundred = Array.from({ length: 200 }, (_, index) => index + 1);

describe.each(["json", "messagepack"] as const)("a client with stateful reconnect, in %s, on a network that swallows and breaks", (protocol) => {
  let connection: HubConnection;
  let id: string | null;

  beforeEach(async () => {
    noted = [];
    connection = client(`${proxy.origin}/hub`, { protocol, stateful: true, transport: HttpTransportType.WebSockets });
    await connection.start();
    id = connection.connectionId;
  });
  afterEach(() => connection.stop());

  /** Cuts the network and waits until the client has come back. */
  async function cutAndReturn(): Promise<void> {
    const before = proxy.accepted;
    proxy.cut();
    await until(() => proxy.accepted > before);
  }

  it("has a call run once whose answer was swallowed, and gets the answer once", async () => {
    proxy.lose("toClient");
    const result = connection.invoke<number>("note", 7);
    await until(() => noted.length === 1);
    await cutAndReturn();
    expect(await result).toBe(7);
    expect(noted).toEqual([7]);
  });

  it("has streams of both directions carried over many cuts", async () => {
    const received: number[] = [];
    const streamed = new Promise<void>((complete, error) => {
      connection.stream<number>("count", 200).subscribe({ next: (n) => received.push(n), complete, error });
    });
    const numbers = new Subject<number>();
    const collected = connection.invoke<number[]>("collect", numbers);
    for (let cuts = 0; cuts < 8; cuts += 1) {
      for (const n of oneToTwoHundred.slice(cuts * 25, cuts * 25 + 25)) numbers.next(n);
      proxy.lose(cuts % 2 === 0 ? "toClient" : "toServer");
      await new Promise((resolve) => setTimeout(resolve, 15));
      await cutAndReturn();
      expect(await connection.invoke("note", cuts)).toBe(cuts);
    }
    numbers.complete();
    await streamed;
    expect(received).toEqual(oneToTwoHundred);
    expect(await collected).toEqual(oneToTwoHundred);
    expect(noted).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(connection.connectionId).toBe(id);
  });

  it("is one connection to the hub, which ends once and in good order", async () => {
    const endings = () => ended.filter(([of]) => of === id).map(([, error]) => error);
    await cutAndReturn();
    expect(await connection.invoke("note", 1)).toBe(1);
    expect(endings()).toEqual([]);
    await connection.stop();
    await until(() => endings().length > 0);
    expect(endings()).toEqual([undefined]);
  });
});
