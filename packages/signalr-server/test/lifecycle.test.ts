import { createServer } from "node:http";
import { connect } from "node:net";
import { HttpTransportType } from "@microsoft/signalr";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import type { HubContext, HubOptions, HubServer, HubServerOptions } from "../src/index.ts";
import { HubError, MemoryBackplane, createHubServer, defineHub } from "../src/index.ts";
import { typedClient } from "../src/client.ts";
import type { RunningServer } from "./running-server.ts";
import { client, combinations, runServer, until } from "./running-server.ts";
import { Wire } from "./wire.ts";

interface Server {
  echo<Value>(value: Value): Value;
  wait(ms: number): Promise<string>;
  join(group: string): Promise<void>;
  leave(group: string): Promise<void>;
  toOthers(text: string): Promise<void>;
  toOthersIn(group: string, text: string): Promise<void>;
  guarded(): string;
}
interface Client {
  said(text: string): void;
  data(bytes: Uint8Array, long: bigint): void;
}

const events: string[] = [];
const hub = defineHub<Server, Client>({
  methods: {
    echo: (_call, value) => value,
    async wait(_call, ms) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return "waited";
    },
    join: (call, group) => call.groups.add(group),
    leave: (call, group) => call.groups.remove(group),
    toOthers: (call, text) => call.clients.others.said(text),
    toOthersIn: (call, group, text) => call.clients.othersInGroup(group).said(text),
    guarded: () => "inside",
  },
  filters: [
    async (invocation, next) => {
      events.push(`before ${invocation.method}`);
      try {
        return await next();
      } finally {
        events.push(`after ${invocation.method}`);
      }
    },
    async (invocation, next) => {
      if (invocation.method === "guarded" && invocation.call.connection.request.query("key") !== "k") throw new HubError("No key.");
      return next();
    },
  ],
  async onConnected(call) {
    const refuse = call.connection.request.query("refuse");
    if (refuse !== undefined) throw Object.assign(new Error(refuse), { name: "InvalidOperationException" });
    await call.clients.caller.said("welcome");
    call.connection.items.set("since", "now");
    events.push("connected");
  },
  onDisconnected(connection, error) {
    events.push(`disconnected ${String(connection.items.get("since"))} ${error?.message ?? "in order"} ${connection.signal.aborted}`);
  },
});

const running: RunningServer[] = [];
const run = async (options: HubOptions = {}, serverOptions: HubServerOptions = {}): Promise<RunningServer & { context: HubContext<Client> }> => {
  let context: HubContext<Client> | undefined;
  const server = await runServer((hubs) => {
    context = hubs.mapHub("/hub", hub, options);
  }, serverOptions);
  running.push(server);
  if (context === undefined) throw new Error("The hub was not mapped");
  return { ...server, context };
};
const join = async (url: string, options: Parameters<typeof client>[1] = {}) => {
  const connection = client(url, options);
  const heard: string[] = [];
  connection.on("said", (text: string) => heard.push(text));
  await connection.start();
  return { connection, heard, id: connection.connectionId ?? "" };
};
const asUser = ({ token }: { token: string | undefined }) => ({ userId: token ?? "nobody" });

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  events.length = 0;
});

describe("a connection's life", () => {
  it("begins with onConnected, before its first call, and ends with onDisconnected", async () => {
    const { origin } = await run();
    const { connection, heard } = await join(`${origin}/hub`);
    await connection.invoke("echo", 1);
    expect(heard).toEqual(["welcome"]);
    expect(events).toEqual(["connected", "before echo", "after echo"]);
    await connection.stop();
    await until(() => events.length === 4);
    expect(events.at(-1)).toBe("disconnected now in order true");
  });

  it("ends with an error where onConnected throws, and without onDisconnected", async () => {
    const { origin, hubs } = await run({ detailedErrors: true });
    const connection = client(`${origin}/hub?refuse=Unable`);
    const closed = new Promise<Error | undefined>((resolve) => connection.onclose(resolve));
    const error = await connection.start().then(() => closed, (failure: Error) => failure);
    expect(error?.message).toContain("Server returned an error on close: Connection closed with an error. InvalidOperationException: Unable");
    await until(() => hubs.connectionCount === 0);
    expect(events).toEqual([]);
  });

  it("goes on under a new id when the client reconnects", async () => {
    const { origin, context } = await run();
    const { connection, id } = await join(`${origin}/hub`, { reconnect: true });
    const reconnected = new Promise<string | undefined>((resolve) => connection.onreconnected(resolve));
    await context.disconnect({ kind: "connections", connectionIds: [id] }, { error: "Come back.", allowReconnect: true });
    expect(await reconnected).not.toBe(id);
    expect(await connection.invoke("echo", "again")).toBe("again");
    await connection.stop();
  });

  it("outlives silence on both sides, kept alive by pings", async () => {
    const { origin } = await run({ keepAliveIntervalMs: 100, clientTimeoutMs: 500 });
    const { connection } = await join(`${origin}/hub`);
    connection.serverTimeoutInMilliseconds = 400;
    connection.keepAliveIntervalInMilliseconds = 100;
    await connection.invoke("echo", 1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await connection.invoke("echo", 2)).toBe(2);
    await connection.stop();
  });
});

describe("filters", () => {
  it("stand around every call, in order, and may refuse it", async () => {
    const { origin } = await run();
    const without = await join(`${origin}/hub`);
    await expect(without.connection.invoke("guarded")).rejects.toThrow("HubException: No key.");
    const withKey = await join(`${origin}/hub?key=k`);
    expect(await withKey.connection.invoke("guarded")).toBe("inside");
    expect(events.filter((event) => event.includes("guarded"))).toEqual(["before guarded", "after guarded", "before guarded", "after guarded"]);
    await Promise.all([without.connection.stop(), withKey.connection.stop()]);
  });
});

describe("audiences", () => {
  it("are everyone, one, some, users, groups, and each of these but some", async () => {
    const { origin, context } = await run({ authenticate: asUser });
    const open = (user: string) => join(`${origin}/hub`, { accessTokenFactory: () => user });
    const [ada, ada2, bob] = [await open("ada"), await open("ada"), await open("bob")];
    for (const member of [ada, bob]) await member.connection.invoke("join", "room");
    const { clients } = context;
    await clients.all.said("all");
    await clients.allExcept([ada.id]).said("all but ada");
    await clients.client(bob.id).said("bob alone");
    await clients.clients([ada.id, ada2.id, "unknown"]).said("both adas");
    await clients.user("ada").said("user ada");
    await clients.users(["ada", "bob", "nobody"]).said("users");
    await clients.group("room").said("room");
    await clients.groups(["room", "room", "none"]).said("rooms");
    await clients.groupExcept("room", [bob.id]).said("room but bob");
    await ada.connection.invoke("toOthers", "others");
    await ada.connection.invoke("toOthersIn", "room", "others in room");
    await bob.connection.invoke("leave", "room");
    await clients.group("room").said("without bob");
    await until(() => bob.heard.includes("others in room") && ada.heard.includes("without bob") && ada2.heard.includes("others"));
    await bob.connection.invoke("echo", 1);
    expect(ada.heard.slice(1)).toEqual(["all", "both adas", "user ada", "users", "room", "rooms", "room but bob", "without bob"]);
    expect(ada2.heard.slice(1)).toEqual(["all", "all but ada", "both adas", "user ada", "users", "others"]);
    expect(bob.heard.slice(1)).toEqual(["all", "all but ada", "bob alone", "users", "room", "rooms", "others", "others in room"]);
    expect([context.connectionCount, context.hasUser("ada"), context.hasUser("eve")]).toEqual([3, true, false]);
    await Promise.all([ada, ada2, bob].map(({ connection }) => connection.stop()));
    await until(() => context.connectionCount === 0);
    expect(context.hasUser("ada")).toBe(false);
  });

  it("keep their order when a broadcast to hundreds is still under way", async () => {
    const { origin, context } = await run();
    const url = `${origin.replace("http", "ws")}/hub`;
    const wires = await Promise.all(Array.from({ length: 200 }, () => Wire.joined(url)));
    await until(() => context.connectionCount === 200);
    const ids = [...context.connections()].map(({ id }) => id);
    const broadcasts = [context.clients.all.said("first"), context.clients.all.said("second")];
    await context.clients.client(ids.at(-1) ?? "").said("third");
    await Promise.all(broadcasts);
    await context.clients.all.said("fourth");
    const texts = (wire: Wire) => wire.messages.flatMap((message) => (Array.isArray(message["arguments"]) ? message["arguments"] : []));
    await until(() => wires.every((wire) => texts(wire).includes("fourth")));
    const heard = wires.map((wire) => texts(wire).join());
    expect(new Set(heard)).toEqual(new Set(["welcome,first,second,fourth", "welcome,first,second,third,fourth"]));
    expect(heard.filter((text) => text.includes("third"))).toHaveLength(1);
    for (const wire of wires) wire.socket.terminate();
  });
});

describe("several processes", () => {
  it("are one hub over a backplane: pushes, groups and disconnections cross", async () => {
    const backplane = new MemoryBackplane();
    const [left, right] = [await run({ authenticate: asUser }, { backplane }), await run({ authenticate: asUser }, { backplane })];
    const [ada, bob] = [
      await join(`${left.origin}/hub`, { accessTokenFactory: () => "ada" }),
      await join(`${right.origin}/hub`, { accessTokenFactory: () => "bob" }),
    ];
    await left.context.clients.all.said("to all");
    await left.context.clients.user("bob").said("to bob");
    await left.context.groups.add(bob.id, "room");
    await left.context.groups.add(ada.id, "room");
    await right.context.clients.group("room").said("to the room");
    await left.context.groups.remove(bob.id, "room");
    await right.context.clients.group("room").said("to ada");
    await until(() => ada.heard.length === 4 && bob.heard.length === 4);
    expect(ada.heard).toEqual(["welcome", "to all", "to the room", "to ada"]);
    expect(bob.heard).toEqual(["welcome", "to all", "to bob", "to the room"]);
    const closed = new Promise((resolve) => bob.connection.onclose(resolve));
    await left.context.disconnect({ kind: "users", userIds: ["bob"] }, { error: "Removed." });
    expect(await closed).toMatchObject({ message: "Server returned an error on close: Removed." });
    await ada.connection.stop();
  });
});

describe("a drain", () => {
  it("lets what runs finish, then sends everyone elsewhere", async () => {
    const [old, fresh] = [await run(), await run()];
    const { connection } = await join(`${old.origin}/hub`, { reconnect: true });
    const polled = await join(`${old.origin}/hub`, { transport: HttpTransportType.LongPolling, reconnect: true });
    connection.onreconnecting(() => (connection.baseUrl = `${fresh.origin}/hub`));
    polled.connection.onreconnecting(() => (polled.connection.baseUrl = `${fresh.origin}/hub`));
    const reconnected = Promise.all([connection, polled.connection].map((one) => new Promise((resolve) => one.onreconnected(resolve))));
    const waited = connection.invoke("wait", 400);
    await until(() => events.includes("before wait"));
    const drained = old.hubs.drain({ timeoutMs: 10_000 });
    expect((await fetch(`${old.origin}/hub/negotiate`, { method: "POST" })).status).toBe(503);
    expect(await waited).toBe("waited");
    await Promise.all([drained, reconnected]);
    expect([old.hubs.connectionCount, fresh.context.connectionCount]).toEqual([0, 2]);
    await Promise.all([connection.stop(), polled.connection.stop()]);
  });

  it("cuts what does not finish in time", async () => {
    const { origin, hubs } = await run();
    const { connection } = await join(`${origin}/hub`);
    const failed = connection.invoke("wait", 60_000).catch((error: Error) => error.message);
    await until(() => events.includes("before wait"));
    await hubs.drain({ timeoutMs: 100 });
    expect(await failed).toContain("clos");
    expect(hubs.connectionCount).toBe(0);
  });
});

describe("memory", () => {
  it("is bounded: a client that reads nothing is closed with a reason", async () => {
    const { context, http } = await run({ maximumBufferedBytes: 100_000 });
    const address = http.address();
    const socket = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
    const lines = ["GET /hub HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${"A".repeat(22)}==`];
    const greeting = '{"protocol":"json","version":1}\u001e';
    socket.write(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from([0x81, 0x80 | greeting.length, 0, 0, 0, 0]), Buffer.from(greeting)]));
    await until(() => context.connectionCount === 1);
    socket.pause();
    let pushed = 0;
    while (context.connectionCount === 1 && pushed < 100_000) {
      await context.clients.all.said("x".repeat(10_000));
      pushed += 1;
      if (pushed % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(context.connectionCount).toBe(0);
    await until(() => events.some((event) => event.startsWith("disconnected now The client does not take what it is sent.")));
    socket.destroy();
  });
});

describe.each(combinations)("payloads, $name", ({ transport, protocol }) => {
  it("of a megabyte and beyond the BMP arrive whole where the limit allows", async () => {
    const { origin } = await run({ maximumReceiveBytes: 2_000_000, maximumBufferedBytes: 4_000_000 });
    const { connection } = await join(`${origin}/hub`, { transport, protocol });
    const large = "é🌍\n".repeat(150_000);
    expect(await connection.invoke("echo", large)).toBe(large);
    await connection.stop();
  });

  it("hold bytes and 64-bit integers", async () => {
    const { origin, context } = await run();
    const { connection } = await join(`${origin}/hub`, { transport, protocol });
    const received = new Promise<unknown[]>((resolve) => connection.on("data", (...args: unknown[]) => resolve(args)));
    await context.clients.all.data(new Uint8Array([0, 127, 255]), 2n ** 60n);
    const [bytes, long] = await received;
    expect(long).toBe(2 ** 60);
    if (protocol === "json") expect(bytes).toBe("AH//");
    else expect([...(bytes instanceof Uint8Array ? bytes : [])]).toEqual([0, 127, 255]);
    if (protocol === "messagepack") {
      const echoed = await connection.invoke<Uint8Array>("echo", new Uint8Array([1, 2, 3]));
      expect([...echoed]).toEqual([1, 2, 3]);
      expect(await connection.invoke("echo", new Date(1_700_000_000_123))).toEqual(new Date(1_700_000_000_123));
    }
    await connection.stop();
  });
});

describe("fragments", () => {
  it("of a megabyte become one message again", async () => {
    const { origin } = await run({ maximumReceiveBytes: 2_000_000, maximumBufferedBytes: 4_000_000 });
    const wire = await Wire.joined(`${origin.replace("http", "ws")}/hub`);
    const text = "🌍".repeat(262_144);
    const bytes = Buffer.from(`{"type":1,"invocationId":"1","target":"echo","arguments":["${text}"]}\u001e`);
    // Cut every 65,537 bytes: in the middle of characters too.
    for (let start = 0; start < bytes.length; start += 65_537) {
      wire.socket.send(bytes.subarray(start, start + 65_537), { binary: false, fin: start + 65_537 >= bytes.length });
    }
    await wire.until(() => wire.messages.some((message) => message["result"] === text));
    wire.socket.close();
  });
});

describe("an Express app", () => {
  it("serves hubs as middleware beside its own routes", async () => {
    const hubs: HubServer = createHubServer();
    hubs.mapHub("/hub", hub);
    const app = express();
    app.use(hubs.middleware());
    app.use(express.json());
    app.get("/hello", (_request, response) => void response.send("hello"));
    const http = createServer(app);
    hubs.attachUpgrades(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const address = http.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    for (const { transport, protocol } of combinations) {
      const { connection } = await join(`${origin}/hub`, { transport, protocol });
      expect(await connection.invoke("echo", "there")).toBe("there");
      await connection.stop();
    }
    expect(await (await fetch(`${origin}/hello`)).text()).toBe("hello");
    await hubs.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
});

describe("a typed client", () => {
  it("calls and is called by the contracts' names and types", async () => {
    const { origin, context } = await run();
    const connection = client(`${origin}/hub`);
    const typed = typedClient<Server, Client>(connection);
    const heard: string[] = [];
    const off = typed.on("said", (text) => void heard.push(text));
    await connection.start();
    expect(await typed.invoke("wait", 1)).toBe("waited");
    // @ts-expect-error the contract says number
    await typed.send("wait", "1");
    off();
    await context.clients.all.said("unheard");
    await typed.invoke("join", "room");
    expect(heard).toEqual(["welcome"]);
    await connection.stop();
  });
});
