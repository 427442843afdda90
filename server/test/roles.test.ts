/** Nod as several processes: people at one, the workers in another, PostgreSQL between them. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import type { Question } from "@nod/contract/question";
import { startSimulator } from "@nod/alpaca-simulator";
import { expect, onTestFinished, test, vi } from "vitest";
import { useTestDatabase } from "./support/database.ts";
import { createDataFolder, startNodProcess, type NodProcess } from "./support/nod-process.ts";

// Whole processes start here, on a machine that may be busy with other tests.
const patience = { timeout: 240_000, interval: 100 };
vi.setConfig({ testTimeout: 1_200_000 });

const database = useTestDatabase();
const keys = { keyId: "PKROLES", secretKey: "the-secret-of-the-workers", account: "paper" };

/** Stands where the broker would be, and counts who comes. */
async function startSnub(): Promise<{ url: string; calls(): number }> {
  let calls = 0;
  const server = createHttpServer((_request, response) => {
    calls += 1;
    response.end();
  }).listen(0, "127.0.0.1");
  server.on("upgrade", (_request, socket) => {
    calls += 1;
    socket.destroy();
  });
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${bound.port}`, calls: () => calls };
}

async function tokenOf(web: NodProcess, uid: string): Promise<string> {
  const session = await fetch(`${web.address}/v1/dev/session`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ uid }) });
  return ((await session.json()) as { token: string }).token;
}

test("a worker asks, a web process tells and takes the answer, and the worker's desk sends the order", async () => {
  const simulator = await startSimulator({ keys: [keys] });
  onTestFinished(() => simulator.stop());
  simulator.control.setMarket("open");
  const snub = await startSnub();
  const shared = { DATABASE_URL: database.webUrl, DATABASE_WORKER_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl };
  // The web process is not even told the keys.
  const web = await startNodProcess(await createDataFolder(), { ...shared, ROLE: "web", ALPACA_TRADING_BASE_URL: snub.url, ALPACA_DATA_BASE_URL: snub.url, ALPACA_TRADING_STREAM_URL: snub.url.replace("http", "ws") });
  await web.ready();
  const token = await tokenOf(web, "alice");
  const questions: Question[] = [];
  const statuses: string[] = [];
  const device = new HubConnectionBuilder().withUrl(`${web.address}/hubs/questions`, { accessTokenFactory: () => token }).configureLogging(LogLevel.None).build();
  onTestFinished(() => device.stop());
  device.on("ReceiveQuestion", (question: Question) => void questions.push(question));
  device.on("ReceiveTradeUpdate", (order: { status: string }) => void statuses.push(order.status));
  await device.start();
  await device.invoke("Sync", 0);
  expect(questions).toEqual([]); // nobody asks while there is no worker

  const worker = await startNodProcess(await createDataFolder(), {
    ...shared,
    ROLE: "worker",
    TRADING_SHARDS: "4",
    ALPACA_API_KEY_ID: keys.keyId,
    ALPACA_API_SECRET_KEY: keys.secretKey,
    ALPACA_TRADING_BASE_URL: simulator.url,
    ALPACA_DATA_BASE_URL: simulator.url,
    ALPACA_TRADING_STREAM_URL: simulator.tradingStreamUrl,
    ALPACA_DATA_STREAM_URL: simulator.dataStreamUrl,
  });
  await worker.ready();
  const approved = await vi.waitFor(async () => {
    const question = questions.findLast(({ kind }) => kind === "swipe");
    if (question === undefined) throw new Error("not asked yet");
    const result = await device.invoke<{ outcome: string }>("AnswerQuestion", question.id, 10);
    expect(result).toMatchObject({ outcome: "approved" });
    return question;
  }, patience);
  await vi.waitFor(() => expect(statuses.at(-1)).toBe("filled"), patience);
  const { rows } = await database.ownerPool.query("select status from trade_orders where question_id = $1", [approved.id]);
  expect(rows).toEqual([{ status: "filled" }]);

  // Each serves what is its own.
  expect((await fetch(`${worker.address}/healthz`)).status).toBe(200);
  await vi.waitFor(async () => expect(await (await fetch(`${worker.address}/metrics`)).text()).toMatch(/^nod_lease_held\{lease="order-desk"\} 1$/m), patience);
  expect((await fetch(`${worker.address}/v1/me/questions`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(404);
  expect((await fetch(`${worker.address}/`)).status).toBe(404);
  expect(await (await fetch(`${web.address}/metrics`)).text()).toMatch(/^nod_lease_held\{lease="order-desk"\} 0$/m);
  await vi.waitFor(async () => {
    const { parts } = (await (await fetch(`${web.address}/readyz`)).json()) as { parts: { name: string; ready: boolean }[] };
    expect(parts).toContainEqual(expect.objectContaining({ name: "broker_reconciled", ready: true }));
  }, patience);
  expect(snub.calls()).toBe(0);
  const shards = async () => (await database.ownerPool.query("select name from leases where name in ('market', 'shard 0 of 4', 'shard 1 of 4', 'shard 2 of 4', 'shard 3 of 4') and owner like $1", [`${worker.child.pid}-%`])).rows;
  await vi.waitFor(async () => expect(await shards()).toHaveLength(5), patience);
  const { rows: owners } = await database.ownerPool.query<{ name: string; owner: string }>("select name, owner from leases where expires_at > clock_timestamp()");
  expect(owners.map(({ owner }) => owner).filter((owner) => owner.startsWith(`${web.child.pid}-`))).toEqual([]);

  expect(await worker.ended("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(await web.ended("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(web.output() + worker.output()).not.toContain(keys.secretKey);
});
