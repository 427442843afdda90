import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { asking, type Asking } from "../support/asking.ts";
import { call } from "../support/contract-client.ts";
import { useTestDatabase } from "../support/database.ts";
import { inboxOf } from "../support/inbox.ts";
import { startNodServer, type NodServer } from "../support/nod-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

const database = useTestDatabase();
const waitLong = { timeout: 60_000 };
const outageMs = 10_000;
/** The database's time-outs. What is answered sooner was not waiting for one of them, however long this machine stalls. */
const patientMs = 60_000;
const deadlineMs = 1_500;

let proxy: TcpProxy;
let pool: Pool;
let nod: NodServer;
/** Answers by a deadline. */
let hasty: NodServer;
let users: Asking;
let token: string;
beforeAll(async () => {
  const url = new URL(database.url);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  pool = createPool({ url: url.href, applicationName: "nod-through-proxy", connectTimeoutMs: patientMs, statementTimeoutMs: patientMs });
  const rateLimits = { perUserPerMinute: 10_000, perAddressPerMinute: 100_000 };
  nod = await startNodServer({ pool, databaseUrl: url.href, settings: { rateLimits } });
  hasty = await startNodServer({ pool, databaseUrl: url.href, settings: { rateLimits, answerDeadlineMs: deadlineMs } });
  users = asking(database.pool, database.ownerPool);
  await users.add("alice");
  token = await nod.token("alice");
});
afterAll(async () => {
  await proxy?.become("open");
  await nod?.stop();
  await hasty?.stop();
  await pool?.end();
  await proxy?.close();
});
afterEach(() => proxy.become("open"));

const listQuestions = (of = nod): ReturnType<typeof call> => call(of.server, "GET /v1/me/questions", { token });

describe("a database that is gone for ten seconds", () => {
  test("is 503 at once for every call and hub call, and everything goes on by itself when it is back", async () => {
    const device = nod.device("alice");
    const inbox = inboxOf(device);
    await device.start();
    await inbox.sync(0);
    expect((await listQuestions()).status).toBe(200);

    await proxy.become("refusing");
    const [question = ""] = await users.ask("alice"); // another process is still connected
    const until = performance.now() + outageMs;
    let calls = 0;
    while (performance.now() < until || calls <= 5) {
      const startedAt = performance.now();
      expect(await listQuestions()).toMatchObject({ status: 503, headers: { "retry-after": "2" }, body: { code: "unavailable" } });
      expect(await call(nod.server, `POST /v1/me/questions/${question}/answer`, { token, body: { answer: -10 } })).toMatchObject({ status: 503, body: { code: "unavailable" } });
      await expect(inbox.answer(question, -10)).rejects.toThrow(/HubException: unavailable: /);
      expect(performance.now() - startedAt).toBeLessThan(patientMs);
      expect((await call(nod.server, "GET /healthz")).status).toBe(200);
      calls += 1;
      await sleep(50);
    }
    const negotiation = await fetch(`${nod.url}/hubs/questions/negotiate?negotiateVersion=1`, { method: "POST", headers: { authorization: `Bearer ${await nod.token("nobody yet")}` } });
    expect({ status: negotiation.status, retryAfter: negotiation.headers.get("retry-after") }).toEqual({ status: 503, retryAfter: "2" });
    expect(inbox.events).toEqual([]);

    await proxy.become("open");
    await expect.poll(async () => (await listQuestions()).status, waitLong).toBe(200);
    await expect.poll(inbox.story, waitLong).toEqual(["question 1"]);
    await expect(inbox.answer(question, -10)).resolves.toMatchObject({ outcome: "rejected" });
    await device.stop();
  });
});

test("a database that no longer answers is 503 by the deadline, and the pool comes back whole", async () => {
  await expect.poll(async () => (await listQuestions(hasty)).status, waitLong).toBe(200);
  await proxy.become("silent");
  const answers = await Promise.all(Array.from({ length: 20 }, () => listQuestions(hasty)));
  for (const answer of answers) expect(answer).toMatchObject({ status: 503, body: { code: "unavailable", detail: expect.stringContaining(`no result within ${deadlineMs} ms`) } });
  await proxy.become("open");
  await expect.poll(async () => (await listQuestions(hasty)).status, waitLong).toBe(200);
});
