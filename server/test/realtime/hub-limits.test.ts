/** What one web process's hub takes, and what becomes of the rest. The counting itself is tested in @nod/signalr-server. */
import type { HubConnection } from "@microsoft/signalr";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { IdentityUnavailableError } from "../../src/core/identity.ts";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { asking } from "../support/asking.ts";
import { useTestDatabase } from "../support/database.ts";
import { inboxOf } from "../support/inbox.ts";
import { startNodServer, type NodServer, type NodServerOptions } from "../support/nod-server.ts";

const database = useTestDatabase();
const sockets: WebSocket[] = [];
const devices: HubConnection[] = [];
const pools: Pool[] = [];
let nod: NodServer;
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await Promise.all(devices.splice(0).map((device) => device.stop()));
  await nod.stop();
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});

const serve = async (options: Partial<NodServerOptions>): Promise<void> => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl, ...options });
};
const addUsers = (...uids: string[]): Promise<void> => asking(database.pool, database.ownerPool).add(...uids);

/** 101, or what the upgrade was refused with. */
async function upgrade(uid: string, headers: Record<string, string> = {}): Promise<{ status: number; retryAfter: number }> {
  const socket = new WebSocket(`${nod.url.replace("http", "ws")}/hubs/questions`, { headers: { Authorization: `Bearer ${await nod.token(uid)}`, ...headers } });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on("open", () => resolve({ status: 101, retryAfter: 0 }));
    socket.on("unexpected-response", (_request, response) => resolve({ status: response.statusCode ?? 0, retryAfter: Number(response.headers["retry-after"]) }));
    socket.on("error", () => undefined);
  });
}

test("a user has twenty connections, and the twenty-first is told to wait", async () => {
  await serve({});
  await addUsers("many-phones", "somebody");
  for (let n = 0; n < 20; n += 1) expect((await upgrade("many-phones")).status).toBe(101);
  expect(await upgrade("many-phones")).toEqual({ status: 429, retryAfter: 10 });
  expect((await upgrade("somebody")).status).toBe(101);
});

test("an address has so many connections and so many upgrades a minute, as the proxy in front names it", async () => {
  await serve({ settings: { trustedProxies: 1 }, hubLimits: { maxConnectionsPerAddress: 2, upgradesPerAddressPerMinute: 4 } });
  await addUsers("anna", "ben", "cleo");
  const here = { "X-Forwarded-For": "203.0.113.9" };
  expect([(await upgrade("anna", here)).status, (await upgrade("ben", here)).status]).toEqual([101, 101]);
  expect(await upgrade("cleo", here)).toEqual({ status: 429, retryAfter: 10 });
  expect((await upgrade("cleo", here)).status).toBe(429);
  const tooOften = await upgrade("cleo", here);
  expect(tooOften.status).toBe(429);
  expect(tooOften.retryAfter).toBeGreaterThan(10); // of the minute
  expect((await upgrade("cleo", { "X-Forwarded-For": "203.0.113.10" })).status).toBe(101);
});

test("who calls cannot be said while the identity provider is away: the client comes back, and need not sign in again", async () => {
  await serve({ authenticate: () => Promise.reject(new IdentityUnavailableError("no answer")) });
  expect(await upgrade("anna")).toEqual({ status: 503, retryAfter: 2 });
});

test("the devices of a web process that went come all at once: they take turns at the database, and each is brought up to date", async () => {
  const pool = createPool({ url: database.webUrl, applicationName: "small", maxConnections: 2, maxWaiting: 10, connectTimeoutMs: 60_000 });
  const workerPool = createPool({ url: database.url, applicationName: "small", maxConnections: 1, maxWaiting: 10, connectTimeoutMs: 60_000 });
  pools.push(pool, workerPool);
  await serve({ pool, workerPool });
  const uids = Array.from({ length: 25 }, (_, n) => `returning-${n}`);
  const users = asking(database.pool, database.ownerPool);
  await users.add(...uids);
  await users.ask(...uids);
  const synced = uids.map(async (uid) => {
    const device = nod.device(uid);
    devices.push(device);
    const { story, sync } = inboxOf(device);
    await device.start();
    await sync(0);
    return story();
  });
  for (const story of await Promise.all(synced)) expect(story).toEqual(["question 1"]);
}, 180_000);
