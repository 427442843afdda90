import { connect } from "node:net";
import { HttpTransportType } from "@microsoft/signalr";
import { afterEach, describe, expect, it } from "vitest";
import { events, join, run, stopAll } from "./chatty-hub.ts";
import { client, until } from "./running-server.ts";

afterEach(stopAll);

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
    const drained = old.hubs.drain({ timeoutMs: 60_000 });
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
