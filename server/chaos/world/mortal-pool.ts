/**
 * One life's share of the connections: what it commits can go wrong, its connections can be cut, and it dies with its process.
 * A connection that lies idle knows nothing of who used it last, so it stays open for the next life.
 */
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
  /** Breaks every connection that is in use, as a network or a restarted server does. */
  cut(): void;
};

export class ProcessIsDead extends Error {
  override readonly name = "ProcessIsDead";
}
class ConnectionWasCut extends Error {
  override readonly name = "ConnectionWasCut";
}

/** What a process of its own would be allowed. */
const mostConnections = 6;

type Held = { client: pg.PoolClient; wasCut: boolean };

export function createMortalPool(shared: Pool, mortality: Mortality, turnstile: Turnstile): MortalPool {
  const held = new Set<Held>();
  const seats = createSeats(mostConnections);
  const cut = (each: Held): void => {
    each.wasCut = true;
    each.client.connection.stream.destroy();
  };

  const connect = async (): Promise<pg.PoolClient> => {
    refuseTheDead(mortality);
    await turnstile.enter();
    try {
      await seats.take();
      try {
        return lend(await shared.connect());
      } catch (error) {
        seats.give();
        throw error;
      }
    } catch (error) {
      turnstile.leave();
      throw error;
    }
  };

  const lend = (client: pg.PoolClient): pg.PoolClient => {
    if (mortality.isDead()) {
      client.release();
      throw new ProcessIsDead("a connection for a process that is dead");
    }
    const mine: Held = { client, wasCut: false };
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const release = client.release.bind(client);
    const ignore = (): void => undefined; // what runs on a connection that breaks is rejected with it
    client.on("error", ignore);
    let released = false;
    const giveBack = (error?: Error | boolean): void => {
      if (released) return;
      released = true;
      held.delete(mine);
      turnstile.leave();
      seats.give();
      Reflect.deleteProperty(client, "query");
      if (!mine.wasCut) client.off("error", ignore);
      release(error ?? mine.wasCut);
    };
    Object.assign(client, { query: atRisk(mine, query), release: giveBack });
    held.add(mine);
    return client;
  };

  const atRisk = (mine: Held, query: (...args: unknown[]) => Promise<unknown>) => async (...args: unknown[]): Promise<unknown> => {
    refuseTheDead(mortality);
    const fault = args[0] === "commit" ? mortality.atCommit() : null;
    switch (fault) {
      case null:
        return query(...args);
      case "cut_before":
      case "die_before":
        if (fault === "die_before") mortality.die();
        cut(mine);
        throw new ConnectionWasCut("the connection broke before the commit was sent");
      case "cut_after":
      case "die_after":
        await query(...args);
        if (fault === "die_after") mortality.die();
        cut(mine);
        throw new ConnectionWasCut("the connection broke after the commit, before its answer arrived");
    }
  };

  const query = async (...args: unknown[]): Promise<unknown> => {
    const client = await connect();
    try {
      return await (client.query as (...args: unknown[]) => Promise<unknown>)(...args);
    } finally {
      client.release();
    }
  };

  const pool = new Proxy(shared, {
    get(target, property) {
      if (property === "connect") return connect;
      if (property === "query") return query;
      if (property === "end") return seats.allFree;
      const value: unknown = Reflect.get(target, property, target);
      return value;
    },
  });
  return { pool, cut: () => [...held].forEach(cut) };
}

function refuseTheDead(mortality: Mortality): void {
  if (mortality.isDead()) throw new ProcessIsDead("a statement of a process that is dead");
}

type Seats = { take(): Promise<void>; give(): void; allFree(): Promise<void> };

function createSeats(most: number): Seats {
  let taken = 0;
  const waiting: (() => void)[] = [];
  let whenFree = (): void => undefined;
  return {
    take: async () => {
      taken += 1;
      if (taken > most) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    give: () => {
      taken -= 1;
      waiting.shift()?.();
      if (taken === 0) whenFree();
    },
    allFree: async () => {
      if (taken > 0) await new Promise<void>((resolve) => (whenFree = resolve));
    },
  };
}
