/** A pool whose commits can go wrong, whose connections can be cut, and which dies with its process. */
import type pg from "pg";
import type { Pool } from "../../src/db/pool.ts";

/** `cut`: the connection breaks. `die`: the process does. Before the commit is sent, or after it was carried out. */
export type CommitFault = "cut_before" | "cut_after" | "die_before" | "die_after";

export type Mortality = {
  isDead(): boolean;
  die(): void;
  /** Asked at each commit. */
  atCommit(): CommitFault | null;
};

/** Counts who is in the middle of something, so that the clock jumps only between transactions. */
export type Turnstile = { enter(): Promise<void>; leave(): void };

export type MortalPool = {
  pool: Pool;
  /** Breaks every connection, as a network or a restarted server does. */
  cut(): void;
};

export class ProcessIsDead extends Error {
  override readonly name = "ProcessIsDead";
}
class ConnectionWasCut extends Error {
  override readonly name = "ConnectionWasCut";
}

export function createMortalPool(pool: Pool, mortality: Mortality, turnstile: Turnstile): MortalPool {
  const clients = new Set<pg.PoolClient>();
  const cut = (client: pg.PoolClient): void => void client.connection.stream.destroy();

  const wrap = (client: pg.PoolClient): void => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const guarded = async (...args: unknown[]): Promise<unknown> => {
      if (mortality.isDead()) throw new ProcessIsDead("a statement of a process that is dead");
      const fault = args[0] === "commit" ? mortality.atCommit() : null;
      switch (fault) {
        case null:
          return query(...args);
        case "cut_before":
        case "die_before":
          if (fault === "die_before") mortality.die();
          cut(client);
          throw new ConnectionWasCut("the connection broke before the commit was sent");
        case "cut_after":
        case "die_after":
          await query(...args);
          if (fault === "die_after") mortality.die();
          cut(client);
          throw new ConnectionWasCut("the connection broke after the commit, before its answer arrived");
      }
    };
    Object.assign(client, { query: guarded });
    clients.add(client);
    client.once("end", () => clients.delete(client));
  };

  const connect = async (): Promise<pg.PoolClient> => {
    if (mortality.isDead()) throw new ProcessIsDead("a connection for a process that is dead");
    await turnstile.enter();
    try {
      const client = await pool.connect();
      if (!clients.has(client)) wrap(client);
      const release = client.release.bind(client);
      let released = false;
      client.release = (error?: Error | boolean) => {
        if (!released) turnstile.leave();
        released = true;
        release(error);
      };
      if (!mortality.isDead()) return client;
      client.release(true);
      throw new ProcessIsDead("a connection for a process that is dead");
    } catch (error) {
      if (!(error instanceof ProcessIsDead)) turnstile.leave();
      throw error;
    }
  };

  const query = async (...args: Parameters<Pool["query"]>): Promise<unknown> => {
    const client = await connect();
    const ignore = (): void => undefined; // the statement rejects with it
    client.on("error", ignore);
    try {
      return await client.query(...args);
    } finally {
      client.off("error", ignore);
      client.release();
    }
  };

  const mortal = new Proxy(pool, {
    get(target, property) {
      if (property === "connect") return connect;
      if (property === "query") return query;
      const value: unknown = Reflect.get(target, property, target);
      return value;
    },
  });
  return { pool: mortal, cut: () => clients.forEach(cut) };
}
