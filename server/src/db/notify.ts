/**
 * Listens for PostgreSQL's notifications on a connection of its own, and comes back by itself.
 *
 *   const listener = await listen({
 *     url, applicationName: "nod-hub",
 *     channels: { user_outbox: (payload) => wake(payload) },
 *     onReconnect: () => wakeEveryone(),
 *   });
 *   …
 *   await listener.close();
 *
 * A notification is sent by SQL, in the transaction that made the change: `select pg_notify('user_outbox', $1)`.
 * It is a hint and may be lost: nothing sent while the connection was down arrives later. Whoever
 * listens therefore reads the tables once in `onReconnect`, which is called when listening has begun
 * again, so that no change falls between the two.
 */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export interface ListenSettings {
  url: string;
  applicationName: string;
  /** What to do with a payload, by channel. Called in order; must not throw. */
  channels: Readonly<Record<string, (payload: string) => void>>;
  /** After a connection was lost and listening has begun again. */
  onReconnect: () => void;
  /** At each loss and each failed attempt to come back. */
  onLost?: (error: Error) => void;
  /** How often a silent connection is checked for being alive. Default 10,000. */
  heartbeatIntervalMs?: number;
}

export interface Listener {
  /** False while the connection is lost. */
  readonly connected: boolean;
  close(): Promise<void>;
}

const connectTimeoutMs = 5_000;
const heartbeatTimeoutMs = 5_000;
const firstRetryMs = 50;
const longestRetryMs = 2_000;

/** @throws when the first connection fails; later losses are repaired */
export async function listen(settings: ListenSettings): Promise<Listener> {
  const closing = new AbortController();
  let session = await openSession(settings);

  const keepListening = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const loss = await session.lost;
      if (closing.signal.aborted) return;
      settings.onLost?.(loss);
      const next = await reopen(settings, closing.signal);
      if (next === undefined) return;
      session = next;
      settings.onReconnect();
    }
  };
  const running = keepListening();

  return {
    get connected() {
      return session.alive();
    },
    close: async () => {
      closing.abort();
      await session.end();
      await running;
      await session.end(); // one that was being opened meanwhile
    },
  };
}

interface Session {
  /** Settles when the connection is gone, whoever ended it. */
  readonly lost: Promise<Error>;
  alive(): boolean;
  end(): Promise<void>;
}

async function openSession(settings: ListenSettings): Promise<Session> {
  const client = new pg.Client({
    connectionString: settings.url,
    application_name: settings.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: heartbeatTimeoutMs,
    keepAlive: true,
  });
  let alive = true;
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => (ended ??= client.end().catch(() => undefined));
  const { promise: lost, resolve: lose } = Promise.withResolvers<Error>();
  const giveUp = (error: Error): void => {
    alive = false;
    lose(error);
  };
  client.on("error", giveUp);
  client.on("end", () => giveUp(new Error("the connection for notifications has ended")));
  client.on("notification", ({ channel, payload }) => settings.channels[channel]?.(payload ?? ""));
  try {
    await client.connect();
    await client.query(Object.keys(settings.channels).map((channel) => `listen ${pg.escapeIdentifier(channel)}`).join("; "));
  } catch (error) {
    await end();
    throw error;
  }
  // A peer that vanished without a word is noticed only by asking it.
  const heartbeat = setInterval(() => {
    client.query("select 1").catch((error: unknown) => giveUp(asError(error)));
  }, settings.heartbeatIntervalMs ?? 10_000);
  void lost.then(() => {
    clearInterval(heartbeat);
    return end();
  });
  return { lost, alive: () => alive, end };
}

async function reopen(settings: ListenSettings, closing: AbortSignal): Promise<Session | undefined> {
  for (let retryMs = firstRetryMs; !closing.aborted; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
    try {
      return await openSession(settings);
    } catch (error) {
      settings.onLost?.(asError(error));
    }
    await sleep(retryMs, undefined, { signal: closing }).catch(() => undefined);
  }
  return undefined;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
