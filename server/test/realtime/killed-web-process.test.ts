/** Two real web processes on one database, and one of them is killed. */
import { setTimeout as sleep } from "node:timers/promises";
import { HubConnectionBuilder, LogLevel, type HubConnection } from "@microsoft/signalr";
import { afterEach, expect, test, vi } from "vitest";
import { withTransaction } from "../../src/db/transaction.ts";
import { appendToOutbox } from "../../src/trading/outbox/outbox-table.ts";
import { asking } from "../support/asking.ts";
import { useTestDatabase } from "../support/database.ts";
import { startFront, type Front } from "../support/front.ts";
import { inboxOf, type Inbox } from "../support/inbox.ts";
import { createDataFolder, startNodProcess, type NodProcess } from "../support/nod-process.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
// Whole processes start here, on a machine that may be busy with other tests.
const patienceMs = 90_000;
vi.setConfig({ testTimeout: 240_000 });

const devices: HubConnection[] = [];
let front: Front | undefined;
afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()));
  await front?.close();
});

async function startWeb(folder: string): Promise<NodProcess> {
  const web = await startNodProcess(folder, { ROLE: "web", DATABASE_URL: database.webUrl, DATABASE_WORKER_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl });
  await until("the web process serves", async () => (await fetch(`${web.address}/healthz`).catch(() => null))?.ok, patienceMs);
  return web;
}

/** A device that comes back by itself and asks for what it missed, as the app does. */
async function connect(url: string, token: string): Promise<Inbox & { resynced: () => boolean }> {
  const device = new HubConnectionBuilder()
    .withUrl(`${url}/hubs/questions`, { accessTokenFactory: () => token })
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => 200 })
    .configureLogging(LogLevel.None)
    .build();
  devices.push(device);
  const inbox = inboxOf(device);
  let isBack = false;
  device.onreconnected(() => void inbox.sync(highest(inbox)).then(() => (isBack = true)));
  await device.start();
  await inbox.sync(0);
  return { ...inbox, resynced: () => isBack };
}
const highest = ({ events }: Inbox): number => events.reduce((most, { seq }) => Math.max(most, seq), 0);

/** Each number when it came for the first time: open questions are told again, under the numbers that they had. */
const firstTimes = ({ events }: Inbox): number[] => events.map(({ seq }) => seq).filter((seq, index, all) => all.slice(0, index).every((earlier) => earlier < seq));

test("the clients of a web process that is killed go on at the other, and miss nothing", async () => {
  const folder = await createDataFolder();
  const killed = await startWeb(folder);
  const other = await startWeb(folder);
  front = await startFront(killed.address);
  const uids = ["alice", "bob", "carol", "dave", "erin"];
  const users = asking(database.pool, database.ownerPool);
  await users.add(...uids);
  const questions = await users.ask(...uids); // in the order of their users
  const tokens = await Promise.all(uids.map((uid) => tokenOf(killed, uid)));
  const inboxes = await Promise.all(tokens.map((token) => connect(front?.url ?? "", token)));
  const elsewhere = await connect(other.address, tokens[0] ?? "");

  let written = 1;
  const write = async (): Promise<void> => {
    await withTransaction(database.pool, (tx) => appendToOutbox(tx, uids.map((firebaseUid, n) => ({ firebaseUid, kind: "question_asked", refId: questions[n] ?? "" }))));
    written += 1;
  };
  await write();
  for (const inbox of inboxes) await until("the first process delivers", async () => highest(inbox) === written, patienceMs);
  await write(); // which it may have read, sent, or not seen at all
  front.leadTo(other.address);
  await killed.ended("SIGKILL");
  await until("all clients are back", async () => {
    await write();
    await sleep(100);
    return inboxes.every(({ resynced }) => resynced());
  }, patienceMs);
  await write();
  for (const inbox of [...inboxes, elsewhere]) {
    await until("everything has been told", async () => highest(inbox) === written, patienceMs);
    expect(firstTimes(inbox)).toEqual(Array.from({ length: written }, (_, n) => n + 1));
  }
  // Nothing twice where nothing was interrupted; the first one was there before, and is told once more to a device that takes long to ask.
  expect(elsewhere.events.filter(({ seq }) => seq > 1)).toHaveLength(written - 1);
});

async function tokenOf(nod: NodProcess, uid: string): Promise<string> {
  const session = await fetch(`${nod.address}/v1/dev/session`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ uid }) });
  const body: { token: string } = JSON.parse(await session.text());
  return body.token;
}
