import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HubContext } from "../src/index.ts";
import { defineHub } from "../src/index.ts";
import type { RunningServer } from "./running-server.ts";
import { runServer, until } from "./running-server.ts";
import { Wire } from "./wire.ts";

interface Server {
  echo(value: unknown): unknown;
  forever(): AsyncIterable<number>;
  drain(items: AsyncIterable<number>): Promise<number>;
}
interface Client {
  said(text: string): void;
}

let cancelled = 0;
const hub = defineHub<Server, Client>({
  methods: {
    echo: (_call, value) => value,
    async *forever(call) {
      call.signal.addEventListener("abort", () => (cancelled += 1));
      await new Promise(() => {});
      yield 1;
    },
    drain: {
      streams: [0],
      async handler(_call, items) {
        let count = 0;
        for await (const _item of items) count += 1;
        return count;
      },
    },
  },
});

let server: RunningServer;
let url: string;
let context: HubContext<Client>;
beforeAll(async () => {
  server = await runServer((hubs) => {
    // No ping comes between what these tests expect, however long it takes.
    context = hubs.mapHub("/hub", hub, { handshakeTimeoutMs: 120_000, keepAliveIntervalMs: 120_000 });
    hubs.mapHub("/hasty", hub, { handshakeTimeoutMs: 300 });
    hubs.mapHub("/watchful", hub, { handshakeTimeoutMs: 120_000, keepAliveIntervalMs: 200, clientTimeoutMs: 600 });
    hubs.mapConnection("/echo", { onMessage: (connection, data) => connection.send(data) });
  });
  url = `${server.origin.replace("http", "ws")}/hub`;
});
afterAll(() => server.stop());

describe("a handshake", () => {
  it.each([
    ['{"protocol":"smoke","version":1}\u001e', "The protocol 'smoke' is not supported."],
    ['{"protocol":"json","version":3}\u001e', "The server does not support version 3 of the 'json' protocol."],
    ['{"protocol":"json","version":0}\u001e', "The server does not support version 0 of the 'json' protocol."],
    ['{"type":6}\u001e', /Missing required property 'protocol'/],
    ["hello\u001e", /not JSON/],
    ["\u001e", /not JSON/],
    [Buffer.from([0x02, 0x91, 0x06, 0x1e]), /not JSON/],
    ["x".repeat(5_000), /too long/],
  ])("as %s is answered with an error and a close", async (handshake, error) => {
    const wire = await Wire.open(url);
    wire.socket.send(handshake);
    await wire.closed();
    expect(wire.messages).toEqual([{ error: expect.stringMatching(error) }]);
    expect(wire.closeCode).toBe(1000);
  });

  it("that does not come is not waited for", async () => {
    const wire = await Wire.open(url.replace("/hub", "/hasty"));
    await wire.closed();
    expect(wire.messages).toEqual([{ error: "Handshake was canceled." }]);
  });

  it("may be cut anywhere and be followed by messages in the same frame, in any kind of frame", async () => {
    const wire = await Wire.open(url);
    wire.socket.send('{"protocol":"js');
    wire.socket.send(Buffer.from('on","version":2}\u001e{"type":1,"invocationId":"1","target":"Echo","arguments":["'));
    wire.socket.send('é"]}\u001e');
    await wire.until(() => wire.messages.length === 2);
    expect(wire.messages).toEqual([{}, { type: 3, invocationId: "1", result: "é" }]);
    wire.socket.close();
  });
});

describe("on an open connection", () => {
  it.each([
    ["a record that is not JSON", "{\u001e", "Error reading JSON."],
    ["a record without a type", "{}\u001e", "Missing required property 'type'."],
    ["invalid UTF-8 in a binary frame", Buffer.from([0x22, 0xff, 0x22, 0x1e]), "The message is not valid UTF-8."],
    ["a message over the limit", `{"type":1,"target":"echo","arguments":["${"x".repeat(33_000)}"]}\u001e`, "The maximum message size of 32768B was exceeded."],
    ["a record that never ends", "x".repeat(33_000), "The maximum message size of 32768B was exceeded."],
  ])("%s gets a Close with the error and the end", async (_what, data, error) => {
    const wire = await Wire.joined(url);
    wire.socket.send(data);
    await wire.closed();
    expect(wire.messages.at(-1)).toEqual({ type: 7, allowReconnect: false, error: `Connection closed with an error. InvalidDataException: ${error}` });
    expect(wire.closeCode).toBe(1000);
  });

  it.each([
    ["invalid UTF-8 in a text frame", (wire: Wire) => wire.tcp.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe])), "The message is not valid UTF-8."],
    ["a frame over all limits", (wire: Wire) => wire.socket.send("x".repeat(1_100_000)), "The message is larger than the server takes."],
    ["a frame that is not masked", (wire: Wire) => wire.tcp.write(Buffer.from([0x81, 0x01, 0x20])), "The WebSocket frame is malformed."],
  ])("%s gets a Close with the reason and the end", async (_what, send, error) => {
    const wire = await Wire.joined(url);
    send(wire);
    await wire.closed();
    expect(wire.messages.at(-1)).toEqual({ type: 7, allowReconnect: false, error });
    expect(wire.closeCode).toBe(1000);
  });

  it("an unknown type, a stray completion, item, cancellation and acknowledgement are disregarded", async () => {
    const wire = await Wire.joined(url);
    wire.send({ type: 42, anything: true });
    wire.send({ type: 3, invocationId: "nobody's", result: 1 });
    wire.send({ type: 2, invocationId: "nobody's", item: 1 });
    wire.send({ type: 5, invocationId: "nobody's" });
    wire.send({ type: 8, sequenceId: 7 });
    wire.send({ type: 1, invocationId: "1", target: "echo", arguments: [1] });
    await wire.until(() => wire.messages.length > 0);
    expect(wire.messages).toEqual([{ type: 3, invocationId: "1", result: 1 }]);
    wire.socket.close();
  });

  it("an invocation without id is never answered, whatever becomes of it", async () => {
    const wire = await Wire.joined(url);
    wire.send({ type: 1, target: "nowhere", arguments: [] });
    wire.send({ type: 1, target: "forever", arguments: [] });
    wire.send({ type: 1, target: "echo", arguments: [1n.toString()] });
    wire.send({ type: 1, invocationId: "end", target: "echo", arguments: [] });
    await wire.until(() => wire.messages.length > 0);
    expect(wire.messages).toEqual([{ type: 3, invocationId: "end" }]);
    wire.socket.close();
  });

  it("32,000 nested arrays are echoed or refused, but survived", async () => {
    const wire = await Wire.joined(url);
    const depth = 16_000;
    wire.socket.send(`{"type":1,"invocationId":"1","target":"echo","arguments":[${"[".repeat(depth)}${"]".repeat(depth)}]}\u001e`);
    await wire.until(() => wire.received.length > 0);
    expect(wire.received[0]?.toString()).toContain('"invocationId":"1"');
    wire.socket.close();
  });

  it("a cancellation right behind its stream finds it", async () => {
    const wire = await Wire.joined(url);
    const before = cancelled;
    wire.socket.send('{"type":4,"invocationId":"s","target":"forever","arguments":[]}\u001e{"type":5,"invocationId":"s"}\u001e');
    await wire.until(() => wire.messages.length > 0);
    expect(wire.messages).toEqual([{ type: 3, invocationId: "s" }]);
    expect(cancelled).toBe(before + 1);
    wire.socket.close();
  });

  it("an id that is in use is refused", async () => {
    const wire = await Wire.joined(url);
    wire.send({ type: 4, invocationId: "s", target: "forever", arguments: [] });
    wire.send({ type: 4, invocationId: "s", target: "forever", arguments: [] });
    await wire.until(() => wire.messages.length > 0);
    expect(wire.messages).toEqual([{ type: 3, invocationId: "s", error: "Invocation ID 's' is already in use." }]);
    wire.socket.close();
  });

  it("streams must be as many as the method takes", async () => {
    const wire = await Wire.joined(url);
    wire.send({ type: 1, invocationId: "1", target: "drain", arguments: [] });
    wire.send({ type: 1, invocationId: "2", target: "echo", arguments: [1], streamIds: ["a"] });
    await wire.until(() => wire.messages.length === 2);
    expect(wire.messages.map((message) => message["error"])).toEqual([
      "An unexpected error occurred invoking 'drain' on the server. HubException: Client sent 0 stream(s), Hub method expects 1.",
      "An unexpected error occurred invoking 'echo' on the server. HubException: Client sent 1 stream(s), Hub method expects 0.",
    ]);
    wire.socket.close();
  });

  it("an empty close frame is answered with 1000", async () => {
    const wire = await Wire.joined(url);
    wire.socket.close();
    await wire.closed();
    expect(wire.closeCode).toBe(1000);
  });

  it("a Close message ends the connection", async () => {
    const wire = await Wire.joined(url);
    wire.send({ type: 7 });
    await wire.closed();
    expect(wire.closeCode).toBe(1000);
    await until(() => context.connectionCount === 0);
  });
});

describe("time", () => {
  it("brings pings to a silent client, which nobody expects to ping", async () => {
    const wire = await Wire.joined(url.replace("/hub", "/watchful"));
    await wire.until(() => wire.messages.length >= 4);
    expect(wire.messages).toEqual(wire.messages.map(() => ({ type: 6 })));
    expect(wire.closeCode).toBeUndefined();
    wire.socket.close();
  });

  it("ends a client that pinged once and then fell silent", async () => {
    const wire = await Wire.joined(url.replace("/hub", "/watchful"));
    wire.send({ type: 6 });
    await wire.closed();
    expect(wire.messages.at(-1)).toEqual({
      type: 7,
      allowReconnect: true,
      error: "Client hasn't sent a message/ping within the configured ClientTimeoutInterval.",
    });
  });
});

describe("a raw connection", () => {
  it("carries text as text and bytes as bytes", async () => {
    const wire = await Wire.open(url.replace("/hub", "/echo"));
    wire.socket.send("héllo");
    wire.socket.send(Buffer.from([0, 255]));
    await wire.until(() => wire.received.length === 2);
    expect(wire.received).toEqual(["héllo", Buffer.from([0, 255])]);
    wire.socket.close();
    await wire.closed();
  });
});
