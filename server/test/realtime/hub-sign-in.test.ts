import { HubConnectionBuilder, LogLevel, type HubConnection } from "@microsoft/signalr";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { UnauthenticatedError, type Identity } from "../../src/core/identity.ts";
import { asking } from "../support/asking.ts";
import { useTestDatabase } from "../support/database.ts";
import { inboxOf } from "../support/inbox.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";

const database = useTestDatabase();
const waitLong = { timeout: 60_000 };

const hourMs = 3_600_000;
const authenticate = (bearer: string): Promise<Identity> =>
  bearer === "for-an-hour" ? Promise.resolve({ uid: "alice", expiresAt: new Date(Date.now() + hourMs), signedInAt: new Date() }) : Promise.reject(new UnauthenticatedError("not a token of this test"));

let nod: NodServer;
beforeAll(async () => {
  nod = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl, authenticate, allowedOrigins: ["https://app.example.com"] });
  await database.ownerPool.query("insert into trading_config_templates (name, config) values ('default_paper_watchlist', '{}')");
});
afterAll(() => nod?.stop());

const deviceWith = (token: string): HubConnection =>
  new HubConnectionBuilder().withUrl(`${nod.url}/hubs/questions`, { accessTokenFactory: () => token }).configureLogging(LogLevel.None).build();
const negotiate = (headers: Record<string, string>): Promise<Response> => fetch(`${nod.url}/hubs/questions/negotiate?negotiateVersion=1`, { method: "POST", headers });

describe("the hub's door", () => {
  test.each([{}, { Authorization: "Bearer forged" }])("stays shut to %j", async (headers) => {
    expect((await negotiate(headers)).status).toBe(401);
  });

  test("takes no bearer token from an address", async () => {
    const response = await fetch(`${nod.url}/hubs/questions/negotiate?negotiateVersion=1&access_token=for-an-hour`, { method: "POST" });
    expect(response.status).toBe(401);
    expect(await upgrade(`${nod.url}/hubs/questions?access_token=for-an-hour`)).toBe(401);
  });

  test("gives a ticket that opens one connection, once", async () => {
    const redirect: { url: string; accessToken: string } = JSON.parse(await (await negotiate({ Authorization: "Bearer for-an-hour" })).text());
    expect(redirect.accessToken).not.toBe("for-an-hour");
    const again = (): Promise<Response> => fetch(redirect.url.replace(/(\?|$)/, "/negotiate$1").concat(redirect.url.includes("?") ? "&" : "?", "negotiateVersion=1"), { method: "POST", headers: { Authorization: `Bearer ${redirect.accessToken}` } });
    const first = await again();
    expect(first.status).toBe(200);
    expect(await first.text()).toContain("connectionToken");
    expect((await again()).status).toBe(401);
  });

  test("opens to pages of its own and of allowed origins only", async () => {
    expect((await negotiate({ Authorization: "Bearer for-an-hour", Origin: "https://evil.example.com" })).status).toBe(403);
    expect((await negotiate({ Authorization: "Bearer for-an-hour", Origin: "https://app.example.com" })).status).toBe(200);
    expect((await negotiate({ Authorization: "Bearer for-an-hour", Origin: nod.url })).status).toBe(200);
    expect(await upgrade(`${nod.url}/hubs/questions`, "https://evil.example.com")).toBe(403);
  });
});

test("a connection ends when its token does", async () => {
  const device = deviceWith("for-an-hour");
  const closed = new Promise<void>((resolve) => device.onclose(() => resolve()));
  await device.start();
  await expect(inboxOf(device).sync(0)).resolves.toMatchObject({ seq: 0 });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hourMs });
  onTestFinished(() => void vi.useRealTimers());
  await closed;
  expect(device.state).toBe("Disconnected");
});

test("a client that reconnects gets a new ticket by itself and misses nothing", async () => {
  const users = asking(database.pool, database.ownerPool);
  await users.add("bob");
  const other = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  const device = other.device("bob");
  const inbox = inboxOf(device);
  const resynced: Promise<{ seq: number }>[] = [];
  device.onreconnected(() => resynced.push(inbox.sync(inbox.events.at(-1)?.seq ?? 0)));
  try {
    await device.start();
    await inbox.sync(0);
    await users.ask("bob");
    await expect.poll(inbox.story, waitLong).toEqual(["question 1"]);
    other.cut();
    await users.expire("bob");
    await expect.poll(() => resynced.length, waitLong).toBe(1);
    await Promise.all(resynced);
    await expect.poll(inbox.story, waitLong).toEqual(["question 1", "closed 2"]);
  } finally {
    await device.stop();
    await other.stop();
  }
});

test("a server that stops sends its clients away to come back, and ends with nothing left open", async () => {
  const other = await startNodServer({ pool: database.webPool, workerPool: database.pool, databaseUrl: database.webUrl });
  const device = other.device("alice");
  const away = new Promise<void>((resolve) => device.onreconnecting(() => resolve()));
  await device.start();
  await other.stop();
  await away;
  await device.stop();
  const listeners = "select from pg_stat_activity where application_name = 'nod-hub' and datname = current_database()";
  await expect.poll(async () => (await database.ownerPool.query(listeners)).rowCount, waitLong).toBe(1); // the other server's of this file
});

async function upgrade(url: string, origin?: string): Promise<number> {
  const socket = new WebSocket(url.replace("http:", "ws:"), origin === undefined ? {} : { origin });
  const status = await new Promise<number>((resolve) => {
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.on("open", () => resolve(101));
    socket.on("error", () => resolve(-1));
  });
  socket.terminate();
  return status;
}
