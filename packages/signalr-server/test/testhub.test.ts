import { once } from "node:events";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  DefaultHttpClient,
  HttpTransportType,
  HubConnectionBuilder,
  JsonHubProtocol,
  NullLogger,
  Subject,
} from "@microsoft/signalr";
import type { HubConnection, IHttpConnectionOptions, IHubProtocol } from "@microsoft/signalr";
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

let testHub: ChildProcess;
let httpUrl = "";
let httpsUrl = "";

beforeAll(async () => {
  const script = fileURLToPath(new URL("../examples/testhub.ts", import.meta.url));
  testHub = spawn("node", [script], {
    env: { ...process.env, PORT: "0", HTTPS_PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (testHub.stdout === null) throw new Error("the test hub's output is not piped");
  for await (const line of createInterface(testHub.stdout)) {
    const address = /^Now listening on: (.+)$/.exec(line)?.[1] ?? "";
    if (address.startsWith("https:")) httpsUrl = address;
    else if (address.startsWith("http:")) httpUrl = address;
    if (httpUrl !== "" && httpsUrl !== "") return;
  }
  throw new Error("the test hub ended before it listened");
});

afterAll(async () => {
  const exited = once(testHub, "exit");
  testHub.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});

async function connect(
  path: string,
  protocol: IHubProtocol = new JsonHubProtocol(),
  options: IHttpConnectionOptions = {},
): Promise<HubConnection> {
  const connection = new HubConnectionBuilder()
    .withUrl(httpUrl + path, options)
    .withHubProtocol(protocol)
    .configureLogging(NullLogger.instance)
    .build();
  await connection.start();
  return connection;
}

/** The arguments of the next call of one client method. */
function nextCall(connection: HubConnection, method: string): Promise<unknown[]> {
  const { promise, resolve } = Promise.withResolvers<unknown[]>();
  connection.on(method, (...args: unknown[]) => resolve(args));
  return promise;
}

/** Everything a stream brings. */
function itemsOf(connection: HubConnection, method: string, ...args: unknown[]): Promise<unknown[]> {
  const items: unknown[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  connection.stream<unknown>(method, ...args).subscribe({
    next: (item) => items.push(item),
    error: reject,
    complete: () => resolve(items),
  });
  return promise;
}

const json = new JsonHubProtocol();
const messagePack = new MessagePackHubProtocol();

describe.each([
  ["WebSockets", HttpTransportType.WebSockets, json],
  ["WebSockets", HttpTransportType.WebSockets, messagePack],
  ["ServerSentEvents", HttpTransportType.ServerSentEvents, json],
  ["LongPolling", HttpTransportType.LongPolling, json],
  ["LongPolling", HttpTransportType.LongPolling, messagePack],
] as const)("the test hub over %s", (transportName, transport, protocol) => {
  describe(`in ${protocol.name}`, () => {
    let connection: HubConnection;
    beforeAll(async () => {
      connection = await connect("/testhub?numRedirects=3", protocol, { transport, headers: { "X-Header": "value" } });
    });
    afterAll(() => connection.stop());

    it("echoes text beyond ASCII", async () => {
      expect(await connection.invoke("Echo", "naïve — 你好 — 🦊")).toBe("naïve — 你好 — 🦊");
    });

    it("knows the caller's id, transport, query, headers and cookies", async () => {
      expect(await connection.invoke("GetCallerConnectionId")).toBe(connection.connectionId);
      expect(await connection.invoke("GetActiveTransportName")).toBe(transportName);
      expect(await connection.invoke("GetNumRedirects")).toBe(3);
      expect(await connection.invoke("GetHeader", "X-HEADER")).toBe("value");
      expect(await connection.invoke("GetHeader", "x-absent")).toBeNull();
      expect(await connection.invoke("GetContentTypeHeader")).toBeNull();
      expect(await connection.invoke("GetCookie", "testCookie")).toBe("testValue");
      expect(await connection.invoke("GetCookie", "testCookie2")).toBe("testValue2");
      expect(await connection.invoke("GetCookie", "expiredCookie")).toBeNull();
    });

    it("calls the caller back", async () => {
      const message = nextCall(connection, "message");
      await connection.invoke("InvokeWithString", "hello");
      expect(await message).toEqual(["hello"]);
      const customObject = nextCall(connection, "CustomObject");
      await connection.send("SendCustomObject", { Name: "test", Value: 42 });
      expect(await customObject).toEqual([{ Name: "test", Value: 42 }]);
    });

    it("carries bytes and dates in both directions", async () => {
      const bytes = protocol.name === "json" ? "AQID" : Uint8Array.of(1, 2, 3);
      const date = new Date(Date.UTC(2000, 0, 1));
      const complexObject = {
        String: "hello world",
        IntArray: [1, 2, 3],
        ByteArray: bytes,
        Guid: "00010203-0405-0607-0706-050403020100",
        DateTime: protocol.name === "json" ? "2000-01-01T00:00:00Z" : date,
      };
      expect(await connection.invoke("SendComplexObject")).toEqual(complexObject);
      expect(await connection.invoke("EchoComplexObject", complexObject)).toEqual(complexObject);
    });

    it("streams to the client, and an empty stream ends at once", async () => {
      expect(await itemsOf(connection, "Stream")).toEqual(["a", "b", "c"]);
      expect(await itemsOf(connection, "EmptyStream")).toEqual([]);
    });

    it("notices that a stream was cancelled", async () => {
      const cancelled = nextCall(connection, "StreamCanceled");
      const observer = { next: () => {}, error: () => {}, complete: () => {} };
      connection.stream("InfiniteStream").subscribe(observer).dispose();
      expect(await cancelled).toEqual([]);
    });

    it("joins what the client streams, and tells the client about its own error", async () => {
      const words = new Subject<string>();
      const joined = connection.invoke("StreamingConcat", words);
      for (const word of ["one ", "two ", "three"]) words.next(word);
      words.complete();
      expect(await joined).toBe("one two three");

      const broken = new Subject<string>();
      const failed = connection.invoke("StreamingConcat", broken);
      broken.next("one");
      broken.error(new Error("Something bad"));
      await expect(failed).rejects.toThrow(
        "An unexpected error occurred invoking 'StreamingConcat' on the server. HubException: Something bad",
      );
    });

    it("tells errors as ASP.NET Core does with detailed errors on", async () => {
      await expect(connection.invoke("ThrowException", "no")).rejects.toThrow(
        "An unexpected error occurred invoking 'ThrowException' on the server. InvalidOperationException: no",
      );
      await expect(itemsOf(connection, "StreamThrowException", "no")).rejects.toThrow(
        "An unexpected error occurred invoking 'StreamThrowException' on the server. InvalidOperationException: no",
      );
      await expect(connection.invoke("Stream")).rejects.toThrow(
        "The client attempted to invoke the streaming 'Stream' method with a non-streaming invocation.",
      );
      await expect(itemsOf(connection, "Echo", "x")).rejects.toThrow(
        "The client attempted to invoke the non-streaming 'Echo' method with a streaming invocation.",
      );
    });

    it("asks the client for a result, and reports the client's refusals", async () => {
      const ask = async () => (await fetch(`${httpUrl}/clientresult/${connection.connectionId}`)).text();
      expect(await ask()).toBe("Client didn't provide a result.");
      connection.on("Result", () => 10);
      expect(await ask()).toBe("10");
      connection.off("Result");
      connection.on("Result", () => {
        throw new Error("from callback");
      });
      expect(await ask()).toBe("Error: from callback");
    });
  });
});

describe("the test hub's endpoints", () => {
  it("leave out WebSockets at /testhub-nowebsockets", async () => {
    const connection = await connect("/testhub-nowebsockets", messagePack);
    expect(await connection.invoke("GetActiveTransportName")).toBe("LongPolling");
    await connection.stop();
  });

  it.each([HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling])(
    "let only the bearer of a token into /authorizedhub (transport %i)",
    async (transport) => {
      const accessTokenFactory = async () => (await fetch(`${httpUrl}/generateJwtToken`)).text();
      const connection = await connect("/authorizedhub", json, { transport, accessTokenFactory });
      expect(await connection.invoke("GetUserNameIdentifier")).toBe("testuser");
      await connection.stop();

      const refused = "Failed to complete negotiation with the server: Error: Unauthorized: Status code '401'";
      await expect(connect("/authorizedhub", json, { transport })).rejects.toThrow(refused);
      const forged = () => "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0dXNlciJ9.c2lnbmF0dXJl";
      await expect(connect("/authorizedhub", json, { transport, accessTokenFactory: forged })).rejects.toThrow(refused);
    },
  );

  it("send each negotiation of /redirect to the test hub, counting", async () => {
    const path = `/redirect?numRedirects=0&baseUrl=${httpUrl}`;
    const first = await connect(path);
    const count = await first.invoke<number>("GetNumRedirects");
    await first.stop();
    const second = await connect(path);
    expect(await second.invoke("GetNumRedirects")).toBe(count + 1);
    await second.stop();
  });

  it("refuse to negotiate at /bad-negotiate", async () => {
    await expect(connect("/bad-negotiate")).rejects.toThrow("Some response from server: Status code '400'");
  });

  it("echo raw messages at /echo without a negotiation, and close cleanly", async () => {
    const socket = new WebSocket(`${httpUrl.replace("http", "ws")}/echo`);
    await once(socket, "open");
    socket.send("message");
    const [data, isBinary]: unknown[] = await once(socket, "message");
    expect([String(data), isBinary]).toEqual(["message", false]);
    socket.close();
    const [code]: unknown[] = await once(socket, "close");
    expect(code).toBe(1000);
  });

  it("redirect /echoredirect to /echo with 307, upgrades too", async () => {
    const client = new DefaultHttpClient(NullLogger.instance);
    const negotiated = await client.post(`${httpUrl}/echoredirect/negotiate?negotiateVersion=1`);
    expect(String(negotiated.content)).toContain("connectionToken");
    const redirected = await fetch(`${httpUrl}/echoredirect?id=1`, { redirect: "manual" });
    expect([redirected.status, redirected.headers.get("location")]).toEqual([307, `${httpUrl}/echo?id=1`]);

    const socket = new WebSocket(`${httpUrl.replace("http", "ws")}/echoredirect`);
    const [error]: unknown[] = await once(socket, "error").catch((reason: unknown) => [reason]);
    expect(String(error)).toContain("307");
  });

  it("answer a page of another origin, which may send its cookies", async () => {
    const origin = "http://localhost:9876";
    const preflight = await fetch(`${httpUrl}/testhub/negotiate`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "x-requested-with" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("x-requested-with");
    const negotiated = await fetch(`${httpUrl}/testhub/negotiate?negotiateVersion=1`, { method: "POST", headers: { origin } });
    expect(negotiated.status).toBe(200);
    expect(negotiated.headers.get("access-control-allow-origin")).toBe(origin);
    expect(negotiated.headers.get("access-control-allow-credentials")).toBe("true");
  });

  it("hand out the client for web workers", async () => {
    const script = await fetch(`${httpUrl}/lib/signalr-webworker/signalr.js`);
    expect(await script.text()).toContain("HubConnectionBuilder");
  });

  it("mark their cookies Secure over HTTPS", async () => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // The certificate signs itself, so nobody can vouch for it.
      const options = { method: "POST", rejectUnauthorized: false };
      https.request(`${httpsUrl}/testhub/negotiate?negotiateVersion=1`, options, resolve).on("error", reject).end();
    });
    response.resume();
    expect(response.statusCode).toBe(200);
    const cookies = response.headers["set-cookie"] ?? [];
    expect(cookies).toHaveLength(3);
    for (const cookie of cookies) expect(cookie).toContain("; Secure; SameSite=None");
  });
});
