import { createServer, get, type IncomingMessage } from "node:http";
import { once } from "node:events";
import express from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressOf, clientAddress } from "./client-address.ts";

const trusted = [0, 1, 2] as const;
/** What Express makes of a request, and what we make of it, under each number of trusted proxies. */
const server = createServer((request, response) => {
  const seen = trusted.map((proxies) => {
    const app = express().set("trust proxy", proxies);
    const asExpress = Object.create(app.request, { app: { value: app }, headers: { value: request.headers }, socket: { value: request.socket } });
    return { express: addressOf(asExpress.ip), ours: clientAddress(proxies)(request) };
  });
  response.end(JSON.stringify(seen));
});
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

async function seenOf(forwardedFor: string | undefined): Promise<{ express: string; ours: string }[]> {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const response = await new Promise<IncomingMessage>((resolve, reject) => get({ host: "127.0.0.1", port, agent: false, headers: forwardedFor === undefined ? {} : { "X-Forwarded-For": forwardedFor } }, resolve).on("error", reject));
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return JSON.parse(text);
}

test.each([undefined, "203.0.113.9", "198.51.100.1, 203.0.113.9", "forged, 198.51.100.1, 203.0.113.9", "2001:db8:1:2:3::4"])("an upgrade that was forwarded for %j counts for whom a request would", async (forwardedFor) => {
  const seen = await seenOf(forwardedFor);
  for (const { express, ours } of seen) expect(ours).toBe(express);
  expect(seen[0]?.ours).toBe("127.0.0.1");
});

test("all addresses of one IPv6 customer count as one", () => {
  expect(addressOf("2001:db8:1:2::1")).toBe(addressOf("2001:db8:1:2:ffff::9"));
  expect(addressOf("2001:db8:1:2::1")).not.toBe(addressOf("2001:db9::1"));
});
