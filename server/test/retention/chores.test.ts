import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { prepareDatabase } from "../../src/prepare-database.ts";
import { choreTelemetry } from "../../src/telemetry/chores.ts";
import type { PresenceTiming } from "../../src/workers/chores-presence.ts";
import { startScheduledChores, type ChoreObserver } from "../../src/workers/chores.ts";
import type { Pool } from "../../src/db/pool.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

/** In the far future: what is done here is asked for, and not due by the clock. */
const never = "0 0 1 1 *";
/** A killed worker is noticed soon, and a slow one is not taken for dead. */
const impatient: PresenceTiming = { lookEveryMs: 100, graceMs: 300 };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await prepareDatabase(database.ownerUrl, () => undefined);
});
afterAll(() => database.drop());

type Told = { done: string[]; failed: string[] };
const observerOf = (told: Told): ChoreObserver => ({ choreDone: (chore) => void told.done.push(chore), choreFailed: (chore) => void told.failed.push(chore), remarked: () => undefined });

const running = new Set<{ stop(): Promise<void> }>();
function startWorker(run: () => Promise<void>, more: { at?: string; name?: string; presence?: PresenceTiming; observer?: ChoreObserver } = {}): { stop(): Promise<void> } {
  const worker = startScheduledChores({
    url: database.url,
    chores: () => [{ name: more.name ?? "work", at: more.at ?? never, run }],
    observer: more.observer ?? observerOf({ done: [], failed: [] }),
    ...(more.presence && { presence: more.presence }),
  });
  running.add(worker);
  return worker;
}
afterEach(async () => {
  await Promise.all([...running].map((worker) => worker.stop()));
  running.clear();
  await database.ownerPool.query("delete from graphile_worker._private_jobs; delete from graphile_worker._private_known_crontabs");
});

const ask = (name = "work", times = 1): Promise<unknown> => database.pool.query("select graphile_worker.add_job($1::text) from generate_series(1, $2::int4)", [name, times]);
const waiting = async (): Promise<number> => (await database.pool.query<{ jobs: number }>("select count(*)::int4 as jobs from graphile_worker.jobs")).rows[0]?.jobs ?? -1;
const allDone = (): Promise<boolean> => until("no job is left", async () => (await waiting()) === 0, 60_000);

describe("of several workers", () => {
  test("one does each chore, once", async () => {
    const runs = [0, 0];
    startWorker(async () => { runs[0] = (runs[0] ?? 0) + 1; await sleep(5); });
    startWorker(async () => { runs[1] = (runs[1] ?? 0) + 1; await sleep(5); });
    await ask("work", 40);
    await allDone();
    expect((runs[0] ?? 0) + (runs[1] ?? 0)).toBe(40);
  });

  test("one does what became due by the clock, also when nobody ran at that moment", async () => {
    // Three minutes ago, every day; the day before it was done.
    const { rows } = await database.ownerPool.query<{ at: string }>(
      `with due as (select now() at time zone 'UTC' - interval '3 minutes' as at), known as (
         insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution) select 'daily', now() - interval '9 days', now() - interval '25 hours')
       select format('%s %s * * *', extract(minute from at), extract(hour from at)) as at from due`,
    );
    const at = rows[0]?.at ?? "";
    let runs = 0;
    const isKnown = (): Promise<boolean> => until("it has looked at the clock", async () => (await database.ownerPool.query("select from graphile_worker._private_known_crontabs where last_execution > now() - interval '1 hour'")).rowCount === 1, 60_000);
    const work = (): Promise<void> => Promise.resolve(void (runs += 1));
    const [first, second] = [startWorker(work, { at, name: "daily" }), startWorker(work, { at, name: "daily" })];
    await isKnown();
    await until("it is done", () => Promise.resolve(runs > 0), 60_000);
    await allDone();
    await Promise.all([first.stop(), second.stop()]);
    running.clear();
    // Whoever comes later finds it done; this chore, due by nobody's clock, is asked for behind its look at it.
    startWorker(work, { at, name: "daily" });
    let marks = 0;
    startWorker(() => Promise.resolve(void (marks += 1)), { name: "mark" });
    await ask("mark");
    await until("the mark is done", () => Promise.resolve(marks === 1), 60_000);
    expect(runs).toBe(1);
  });
});

test("a chore that fails is tried again until it succeeds, and each is told", async () => {
  const told: Told = { done: [], failed: [] };
  let tries = 0;
  startWorker(() => ((tries += 1) < 2 ? Promise.reject(new Error("not yet")) : Promise.resolve()), { observer: observerOf(told) });
  await ask();
  await allDone();
  expect(told).toEqual({ done: ["work"], failed: ["work"] });
});

describe("a worker", () => {
  test("that is killed in the middle of a chore is succeeded by another", async () => {
    const child = spawn(process.execPath, [new URL("../support/chore-child.ts", import.meta.url).pathname, database.url], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await ask();
    await once(child.stdout, "data");
    let runs = 0;
    startWorker(() => Promise.resolve(void (runs += 1)), { presence: impatient });
    child.kill("SIGKILL");
    await until("another has done it", () => Promise.resolve(runs === 1), 60_000);
    await allDone();
    expect(runs).toBe(1);
  });

  test("that takes its time is left alone, however long others have been waiting", async () => {
    let runs = 0;
    const gate = Promise.withResolvers<undefined>();
    const work = async (): Promise<void> => {
      runs += 1;
      await gate.promise;
    };
    startWorker(work, { presence: impatient });
    await ask();
    await until("it is taken", () => Promise.resolve(runs === 1), 60_000);
    startWorker(work, { presence: impatient });
    await until("both are here", async () => (await database.ownerPool.query("select from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())")).rowCount === 2, 60_000);
    // Longer than anything is left alone for, seen from the database.
    await until("it has been taken long ago", async () => (await database.pool.query("select from graphile_worker.jobs where locked_at < clock_timestamp() - interval '1500 ms'")).rowCount === 1, 60_000);
    gate.resolve(undefined);
    await allDone();
    expect(runs).toBe(1);
  });
});

test("a process has four connections and no more, one chore under way, and tells how many are in use", async () => {
  const gate = Promise.withResolvers<undefined>();
  onTestFinished(() => gate.resolve(undefined));
  let pool: Pool | null = null;
  let underWay = 0;
  const seen: number[] = [];
  const worker = startScheduledChores({
    url: database.url,
    chores: (given) => {
      pool = given;
      const run = async (): Promise<void> => {
        seen.push((underWay += 1));
        await gate.promise;
        underWay -= 1;
      };
      return ["work", "other"].map((name) => ({ name, at: never, run }));
    },
    observer: observerOf({ done: [], failed: [] }),
  });
  running.add(worker);
  await ask();
  await ask("other");
  await until("one is taken", () => Promise.resolve(seen.length === 1), 60_000);
  const { connections } = worker;
  // More than it has connections for, and none is given back before all are seen in use; who waits too long for one goes without.
  const held: Promise<{ release(): void } | null>[] = [];
  try {
    await until("all are in use", async () => {
      held.push((pool ?? database.pool).connect().catch(() => null));
      const { rows } = await database.ownerPool.query<{ open: number }>("select count(*)::int4 as open from pg_stat_activity where application_name = 'nod-chores' and datname = current_database()");
      const { totalCount, idleCount, waitingCount } = connections.pool;
      return rows[0]?.open === totalCount && totalCount === connections.max && idleCount === 0 && waitingCount > 0;
    }, 60_000);
    expect(connections.max).toBe(4);
  } finally {
    gate.resolve(undefined);
    for (const client of held) (await client)?.release();
  }
  await allDone();
  expect(seen).toEqual([1, 1]);
});

describe("the role of the workers", () => {
  test("takes and finishes jobs, and changes nothing of how they are kept; people's role knows nothing of them", async () => {
    for (const statement of ["create table graphile_worker.mine ()", "drop table graphile_worker._private_jobs", "alter table graphile_worker._private_jobs disable row level security", "insert into graphile_worker.migrations (id) values (99)"]) {
      await expect(database.pool.query(statement)).rejects.toMatchObject({ code: "42501" });
    }
    await expect(database.webPool.query("select graphile_worker.add_job('work')")).rejects.toMatchObject({ code: "42501" });
    await expect(database.webPool.query("select from graphile_worker.jobs")).rejects.toMatchObject({ code: "42501" });
  });

  test("is given its rights again at each start, also when two start at once", async () => {
    await Promise.all([prepareDatabase(database.ownerUrl, () => undefined), prepareDatabase(database.ownerUrl, () => undefined)]);
    await ask();
    expect(await waiting()).toBe(1);
  });
});

test("how chores end, and how long they take, is counted", async () => {
  const registry = new Registry();
  const observer = choreTelemetry(registry, pino({ level: "silent" }));
  observer.choreDone("drop_facts", 1_500);
  observer.choreFailed("drop_facts", new Error("no"), 20);
  const text = await registry.metrics();
  expect(text).toContain('nod_chores_total{chore="drop_facts",outcome="done"} 1');
  expect(text).toContain('nod_chores_total{chore="drop_facts",outcome="failed"} 1');
  expect(text).toContain('nod_chore_seconds_count{chore="drop_facts"} 2');
});
