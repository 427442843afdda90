/**
 * Scheduled chores, by graphile-worker: each process of workers runs this, each chore that is due is done by one of them, once.
 * One that fails is tried again, later and later; one whose process was killed is taken over by another.
 */
import { EventEmitter } from "node:events";
import { parseCronItems, run, type TaskList, type WorkerEvents } from "graphile-worker";
import { createDriverPool, type Pool } from "../db/pool.ts";
import type { Chore } from "./chores-list.ts";
import { quietLogger } from "./chores-log.ts";
import { defaultPresenceTiming, startPresence, type ChoresPresence, type PresenceTiming } from "./chores-presence.ts";
import { startInterval } from "./interval.ts";

/** For metrics and logs. Must not throw. */
export type ChoreObserver = {
  choreDone(chore: string, tookMs: number): void;
  /** It is tried again. */
  choreFailed(chore: string, error: unknown, tookMs: number): void;
  /** No chore, but what runs them: it goes on by itself. */
  remarked(message: string): void;
};

export type ChoresSettings = {
  /** As the role of the workers. A connection of its own, not one shared by transactions: it listens and holds a lock. */
  url: string;
  chores: (pool: ReturnType<typeof createDriverPool>) => readonly Chore[];
  observer: ChoreObserver;
  presence?: PresenceTiming;
};

/** Listening, being here, asking for jobs, and a chore's own statements. */
const maxConnections = 4;
/** A chore has a whole process's connections of the pool to itself; it is done by the clock and may be late. */
const choresAtOnce = 1;
/** Reading a month of the log within the database is the longest. */
const statementTimeoutMs = 1_800_000;
/** What runs chores is started again so long after it has ended by itself. */
const restartMs = 5_000;
/** A chore that was missed while nobody ran is done at the start, if it was due within so long. */
const catchUpMs = 86_400_000;
/** After the last of these a chore waits for its next time; together they last some nine hours. */
const attempts = 9;

/** `connections`: for whoever tells how full the pools of this process are. */
export type ScheduledChores = { readonly connections: { pool: Pick<Pool, "totalCount" | "idleCount" | "waitingCount">; max: number }; stop(): Promise<void> };

export function startScheduledChores(settings: ChoresSettings): ScheduledChores {
  const { observer } = settings;
  const remark = (error: unknown): void => observer.remarked(error instanceof Error ? error.message : String(error));
  const pool = createDriverPool({ url: settings.url, applicationName: "nod-chores", maxConnections, statementTimeoutMs, onIdleConnectionLost: remark });
  const chores = settings.chores(pool);
  const presence = startPresence(pool, settings.presence ?? defaultPresenceTiming, remark);
  const loop = startInterval({
    intervalMs: restartMs,
    retryMs: restartMs,
    run: async (stopping) => {
      const runner = await run({
        pgPool: pool,
        taskList: Object.fromEntries(chores.map((chore) => [chore.name, taskOf(chore, observer)])) satisfies TaskList,
        parsedCronItems: parseCronItems(chores.map(({ name, at }) => ({
          task: name,
          match: at,
          identifier: name,
          // One run of a chore at a time, and one that waits.
          options: { queueName: name, jobKey: name, maxAttempts: attempts, backfillPeriod: catchUpMs },
        }))),
        events: announcing(presence),
        logger: quietLogger(observer.remarked),
        concurrency: choresAtOnce,
        noHandleSignals: true,
      });
      const stop = (): void => void runner.stop().catch(remark);
      if (stopping.aborted) stop();
      else stopping.addEventListener("abort", stop, { once: true });
      await runner.promise;
      return undefined;
    },
    onError: remark,
  });
  return {
    connections: { pool, max: maxConnections },
    stop: async () => {
      await loop.stop();
      await presence.stop();
      await pool.end();
    },
  };
}

/** Each start of the library takes jobs under another name. */
function announcing(presence: ChoresPresence): WorkerEvents {
  const events: WorkerEvents = new EventEmitter();
  events.on("pool:create", ({ workerPool }) => presence.be(workerPool.id));
  return events;
}

const taskOf = ({ name, run: work }: Chore, observer: ChoreObserver) => async (_payload: unknown, { abortSignal }: { abortSignal: AbortSignal }): Promise<void> => {
  const startedAtMs = performance.now();
  try {
    await work(abortSignal);
  } catch (error) {
    observer.choreFailed(name, error, performance.now() - startedAtMs);
    throw error;
  }
  observer.choreDone(name, performance.now() - startedAtMs);
};
