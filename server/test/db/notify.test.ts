import { expect, onTestFinished, test } from "vitest";
import { listen } from "../../src/db/notify.ts";
import type { Listener } from "../../src/db/notify.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();

interface Heard {
  listener: Listener;
  payloads: string[];
  reconnects: () => number;
  losses: Error[];
}

async function startListening(applicationName: string): Promise<Heard> {
  const heard = { payloads: [] as string[], losses: [] as Error[] };
  let reconnects = 0;
  const listener = await listen({
    url: database.url,
    applicationName,
    channels: { "user outbox": (payload) => heard.payloads.push(payload), other: (payload) => heard.payloads.push(`other:${payload}`) },
    onReconnect: () => (reconnects += 1),
    onLost: (error) => heard.losses.push(error),
  });
  onTestFinished(() => listener.close());
  return { ...heard, listener, reconnects: () => reconnects };
}

const send = (channel: string, payload: string): Promise<unknown> => database.pool.query("select pg_notify($1, $2)", [channel, payload]);
const cut = (applicationName: string): Promise<unknown> =>
  database.ownerPool.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = $1", [applicationName]);

test("payloads arrive in order on their own channel", async () => {
  const heard = await startListening("hears");
  for (const payload of ["1", "2", "3"]) await send("user outbox", payload);
  await send("other", "4");
  await expect.poll(() => heard.payloads).toEqual(["1", "2", "3", "other:4"]);
});

test("what a transaction announced is heard when it commits, and never when it rolls back", async () => {
  const heard = await startListening("waits");
  await withTransaction(database.pool, async (tx) => {
    await tx.query("select pg_notify('user outbox', 'rolled back')");
    throw new Error("no");
  }).catch(() => undefined);
  await withTransaction(database.pool, async (tx) => {
    await tx.query("select pg_notify('user outbox', 'committed')");
  });
  await expect.poll(() => heard.payloads).toEqual(["committed"]);
});

test("a lost connection comes back by itself, says so once listening again, and hears on", async () => {
  const heard = await startListening("cut");
  await cut("cut");
  await expect.poll(() => heard.reconnects()).toBe(1);
  expect(heard.losses).toHaveLength(1);
  expect(heard.listener.connected).toBe(true);
  await send("user outbox", "after");
  await expect.poll(() => heard.payloads).toEqual(["after"]);
});

test("while the database refuses connections it keeps trying", async () => {
  const heard = await startListening("stubborn");
  await database.ownerPool.query(`alter database ${database.name} connection limit 0`); // the owner is a superuser, whom it does not hold back
  await cut("stubborn");
  await expect.poll(() => heard.losses.length).toBeGreaterThan(2);
  expect(heard.listener.connected).toBe(false);
  await database.ownerPool.query(`alter database ${database.name} connection limit -1`);
  await expect.poll(() => heard.reconnects()).toBe(1);
  await send("user outbox", "back");
  await expect.poll(() => heard.payloads).toEqual(["back"]);
});

test("closing leaves no connection behind", async () => {
  const { listener } = await startListening("closes");
  await listener.close();
  await expect
    .poll(async () => (await database.ownerPool.query("select from pg_stat_activity where datname = current_database() and application_name = 'closes'")).rowCount)
    .toBe(0);
});

test("the first connection must succeed", async () => {
  const settings = { url: "postgres://nobody:x@127.0.0.1:1/none", applicationName: "none", channels: {}, onReconnect: () => undefined };
  await expect(listen(settings)).rejects.toThrow(/ECONNREFUSED/);
});
