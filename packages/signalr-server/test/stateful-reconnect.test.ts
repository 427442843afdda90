import type { HubConnection } from "@microsoft/signalr";
import { HttpTransportType, Subject } from "@microsoft/signalr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HubContext } from "../src/index.ts";
import { defineHub } from "../src/index.ts";
import { LossyProxy } from "./lossy-proxy.ts";
import type { ProtocolName, RunningServer } from "./running-server.ts";
import { client, runServer, until } from "./running-server.ts";

interface Server {
  echo(value: string): string;
  note(value: number): void;
  sum(numbers: AsyncIterable<number>): Promise<number>;
  large(bytes: number): string;
}
interface Client {
  tick(n: number): void;
  bulk(n: number, text: string): void;
}

const noted: number[] = [];
const hub = defineHub<Server, Client>({
  methods: {
    echo: (_call, value) => value,
    note: (_call, value) => void noted.push(value),
    sum: {
      streams: [0],
      async handler(_call, numbers) {
        let total = 0;
        for await (const number of numbers) total += number;
        return total;
      },
    },
    large: (_call, bytes) => "x".repeat(bytes),
  },
});

let server: RunningServer;
let context: HubContext<Client>;
/** A phone's way through a tunnel. */
let proxy: LossyProxy;
const loseEverything = (): void => {
  proxy.lose("toClient");
  proxy.lose("toServer");
};

beforeAll(async () => {
  server = await runServer((hubs) => {
    context = hubs.mapHub("/hub", hub, { disconnectTimeoutMs: 120_000, maximumReceiveBytes: 200_000 });
  });
  proxy = await LossyProxy.before(server.origin);
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});

const open = async (protocol: ProtocolName): Promise<HubConnection> => {
  const connection = client(`${proxy.origin}/hub`, { transport: HttpTransportType.WebSockets, protocol, stateful: true });
  await connection.start();
  return connection;
};

describe.each(["json", "messagepack"] as const)("stateful reconnect in %s", (protocol) => {
  it("loses nothing that was under way in either direction, and doubles nothing", async () => {
    const connection = await open(protocol);
    const id = connection.connectionId;
    const ticks: number[] = [];
    connection.on("tick", (n: number) => ticks.push(n));
    noted.length = 0;
    let pushed = 0;
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < 5; n += 1) await context.clients.all.tick(pushed++);
      void connection.send("note", pushed);
      await until(() => ticks.length === pushed);
      loseEverything();
      for (let n = 0; n < 5; n += 1) await context.clients.all.tick(pushed++);
      void connection.send("note", pushed);
      await new Promise((resolve) => setTimeout(resolve, 20));
      proxy.cut();
      for (let n = 0; n < 5; n += 1) await context.clients.all.tick(pushed++);
      await until(() => ticks.length === pushed);
      expect(await connection.invoke("echo", "still here")).toBe("still here");
    }
    expect(ticks).toEqual(Array.from({ length: pushed }, (_, n) => n));
    expect(noted).toEqual([5, 10, 20, 25, 35, 40, 50, 55]);
    expect(connection.connectionId).toBe(id);
    await connection.stop();
  });

  it("keeps a call and an upload going across the gap", async () => {
    const connection = await open(protocol);
    const numbers = new Subject<number>();
    const total = connection.invoke<number>("sum", numbers);
    numbers.next(1);
    loseEverything();
    numbers.next(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    proxy.cut();
    numbers.next(3);
    numbers.complete();
    expect(await total).toBe(6);
    await connection.stop();
  });

  it("is acknowledged in both directions, so that more than the buffer passes in time", async () => {
    const connection = await open(protocol);
    const bulk: number[] = [];
    connection.on("bulk", (n: number) => bulk.push(n));
    // 150,000 bytes against a buffer of 100,000: the last ones wait for the client's acknowledgement.
    for (let n = 0; n < 15; n += 1) await context.clients.all.bulk(n, "x".repeat(10_000));
    await until(() => bulk.length === 15);
    expect(bulk).toEqual(Array.from({ length: 15 }, (_, n) => n));
    for (let n = 0; n < 15; n += 1) await connection.invoke("echo", "y".repeat(10_000));
    expect((await connection.invoke<string>("large", 150_000)).length).toBe(150_000);
    await connection.stop();
  });
});

describe("a hub that does not offer it", () => {
  it("is not asked for it twice", async () => {
    const plain = await runServer((hubs) => hubs.mapHub("/hub", hub, { statefulReconnect: false }));
    const response = await fetch(`${plain.origin}/hub/negotiate?negotiateVersion=1&useStatefulReconnect=true`, { method: "POST" });
    expect(await response.json()).not.toHaveProperty("useStatefulReconnect");
    await plain.stop();
    const offered = await fetch(`${server.origin}/hub/negotiate?negotiateVersion=1`, { method: "POST" });
    expect(await offered.json()).not.toHaveProperty("useStatefulReconnect");
  });
});
