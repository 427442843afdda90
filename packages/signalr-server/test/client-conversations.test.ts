import { Subject } from "@microsoft/signalr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HubContext } from "../src/index.ts";
import { HubError, defineHub } from "../src/index.ts";
import type { RunningServer } from "./running-server.ts";
import { client, combinations, runServer, until } from "./running-server.ts";

interface Server {
  echo(value: unknown): unknown;
  fail(kind: "hub" | "plain"): Promise<never>;
  whoAmI(): { id: string; transport: string; protocol: string };
  count(upTo: number): AsyncIterable<number>;
  forever(): AsyncIterable<number>;
  failAfter(items: number): AsyncIterable<number>;
  concat(prefix: string, parts: AsyncIterable<string>): Promise<string>;
  double(numbers: AsyncIterable<number>): AsyncIterable<number>;
  whisper(text: string): Promise<void>;
  join(group: string): Promise<void>;
  tellGroup(group: string, text: string): Promise<void>;
  header(name: string): string | null;
}
interface Client {
  said(text: string): void;
  pick(options: string[]): Promise<string>;
}

let stopped = 0;
const hub = defineHub<Server, Client>({
  methods: {
    echo: (_call, value) => value,
    async fail(_call, kind) {
      throw kind === "hub" ? new HubError("Not today.") : new TypeError("secret detail");
    },
    whoAmI: ({ connection }) => ({ id: connection.id, transport: connection.transport, protocol: connection.protocol }),
    async *count(_call, upTo) {
      for (let n = 1; n <= upTo; n += 1) yield n;
    },
    async *forever(call) {
      try {
        for (let n = 0; !call.signal.aborted; n += 1) {
          yield n;
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      } finally {
        stopped += 1;
      }
    },
    async *failAfter(_call, items) {
      for (let n = 0; n < items; n += 1) yield n;
      throw new HubError("Out of numbers.");
    },
    concat: {
      streams: [1],
      async handler(_call, prefix, parts) {
        let text = prefix;
        for await (const part of parts) text += part;
        return text;
      },
    },
    double: {
      streams: [0],
      async *handler(_call, numbers) {
        for await (const number of numbers) yield number * 2;
      },
    },
    whisper: (call, text) => call.clients.caller.said(text),
    join: (call, group) => call.groups.add(group),
    tellGroup: (call, group, text) => call.clients.group(group).said(text),
    header: (call, name) => String(call.connection.request.headers[name.toLowerCase()] ?? "") || null,
  },
});

let server: RunningServer;
let context: HubContext<Client>;
beforeAll(async () => {
  server = await runServer((hubs) => {
    context = hubs.mapHub("/hub", hub);
  });
});
afterAll(() => server.stop());

describe.each(combinations)("Microsoft's client, $name", ({ transport, protocol }) => {
  const connect = async () => {
    const connection = client(`${server.origin}/hub`, { transport, protocol, headers: { "X-Test": "yes" } });
    await connection.start();
    return connection;
  };

  it("invokes a method and gets its result", async () => {
    const connection = await connect();
    expect(await connection.invoke("ECHO", "你好 🌍 \u001e")).toBe("你好 🌍 \u001e");
    expect(await connection.invoke("echo", { nested: [1, 2.5, null, true] })).toEqual({ nested: [1, 2.5, null, true] });
    const me = await connection.invoke("whoAmI");
    expect(me).toMatchObject({ id: connection.connectionId, protocol });
    await connection.stop();
  });

  it("sends its headers", async () => {
    const connection = await connect();
    expect(await connection.invoke("header", "X-Test")).toBe("yes");
    await connection.stop();
  });

  it("sees a HubError's text and no other error's", async () => {
    const connection = await connect();
    await expect(connection.invoke("fail", "hub")).rejects.toThrow("An unexpected error occurred invoking 'fail' on the server. HubException: Not today.");
    await expect(connection.invoke("fail", "plain")).rejects.toThrow(/^An unexpected error occurred invoking 'fail' on the server\.$/);
    await expect(connection.invoke("nowhere")).rejects.toThrow("Unknown hub method 'nowhere'");
    await connection.stop();
  });

  it("receives calls, in order, alone and in a group", async () => {
    const connection = await connect();
    const heard: string[] = [];
    connection.on("said", (text: string) => heard.push(text));
    await connection.invoke("whisper", "one");
    await connection.send("whisper", "two");
    await connection.invoke("join", "choir");
    await connection.invoke("tellGroup", "choir", "three");
    expect(heard).toEqual(["one", "two", "three"]);
    await connection.stop();
  });

  it("receives a stream, its error, and its end when cancelled", async () => {
    const connection = await connect();
    const items: number[] = [];
    await new Promise<void>((complete, error) => connection.stream<number>("count", 5).subscribe({ next: (n) => items.push(n), complete, error }));
    expect(items).toEqual([1, 2, 3, 4, 5]);
    const failure = await new Promise<Error>((error) =>
      connection.stream("failAfter", 2).subscribe({ next: () => {}, complete: () => error(new Error("completed")), error }),
    );
    expect(failure.message).toBe("An error occurred on the server while streaming results. HubException: Out of numbers.");
    const before = stopped;
    const subscription = connection.stream<number>("forever").subscribe({ next: () => {}, complete: () => {}, error: () => {} });
    subscription.dispose();
    await until(() => stopped > before || context.connectionCount === 0);
    expect(stopped).toBe(before + 1);
    await connection.stop();
  });

  it("cannot mistake a stream for a call, nor the reverse", async () => {
    const connection = await connect();
    await expect(connection.invoke("count", 1)).rejects.toThrow(
      "The client attempted to invoke the streaming 'count' method with a non-streaming invocation.",
    );
    const failure = await new Promise<Error>((error) => connection.stream("echo", 1).subscribe({ next: () => {}, complete: () => {}, error }));
    expect(failure.message).toBe("The client attempted to invoke the non-streaming 'echo' method with a streaming invocation.");
    await connection.stop();
  });

  it("uploads a stream, alone and while another comes back", async () => {
    const connection = await connect();
    const parts = new Subject<string>();
    const whole = connection.invoke<string>("concat", ">", parts);
    for (let n = 0; n < 30; n += 1) parts.next(`${n},`);
    parts.complete();
    expect(await whole).toBe(`>${Array.from({ length: 30 }, (_, n) => `${n},`).join("")}`);
    const numbers = new Subject<number>();
    const doubled: number[] = [];
    const finished = new Promise<void>((complete, error) =>
      connection.stream<number>("double", numbers).subscribe({ next: (n) => doubled.push(n), complete, error }),
    );
    for (const n of [1, 2, 3]) numbers.next(n);
    numbers.complete();
    await finished;
    expect(doubled).toEqual([2, 4, 6]);
    await connection.stop();
  });

  it("gives the server a result, or an error", async () => {
    const connection = await connect();
    connection.on("pick", (options: string[]) => {
      if (options.length === 0) throw new Error("nothing to pick");
      return options.at(-1);
    });
    const id = connection.connectionId ?? "";
    expect(await context.invokeClient(id, "pick", [["a", "b"]])).toBe("b");
    await expect(context.invokeClient(id, "pick", [[]])).rejects.toThrow("Error: nothing to pick");
    await connection.stop();
    await until(() => context.connectionCount === 0);
    await expect(context.invokeClient(id, "pick", [[]])).rejects.toThrow(`Connection '${id}' does not exist.`);
  });

  it("leaves nothing behind when it stops", async () => {
    const connection = await connect();
    await connection.stop();
    await until(() => context.connectionCount === 0 && server.hubs.connectionCount === 0);
    expect(server.hubs.connectionCount).toBe(0);
  });
});
