import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { isFromThisMachine, isLoopbackHost } from "./loopback.ts";

test.each(["127.0.0.1", "127.255.255.254", "::1", "[::1]", "localhost", "LOCALHOST"])("%s means this machine", (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each(["", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "localhost.example.com", "127.0.0.1.nip.io", "::ffff:10.0.0.1", "2130706433"])("%s does not", (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});

test("a request is from this machine by its socket and for it by its Host, with nothing in between", async () => {
  const seen: boolean[] = [];
  const server = createServer((incoming: IncomingMessage, response) => {
    seen.push(isFromThisMachine(incoming));
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const send = async (headers: Record<string, string>): Promise<void> => {
    const [response] = await once(request({ host: "127.0.0.1", port, headers }).end(), "response");
    response.resume();
    await once(response, "end");
  };
  for (const headers of [{}, { Host: "localhost:8080" }, { Host: "[::1]:8080" }, { Host: "rebound.example.com" }, { Host: "127.0.0.1", "X-Forwarded-For": "203.0.113.9" }, { Host: "127.0.0.1", Forwarded: "for=203.0.113.9" }]) await send(headers);
  server.close();
  expect(seen).toEqual([true, true, true, false, false, false]);
});
