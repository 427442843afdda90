import type pg from "pg";
import type { Pool } from "../../src/db/pool.ts";

/**
 * A pool that counts what is sent through it, on its own and on the connections it lends, `begin` and `commit` included. What comes
 * by the clock is left out, renewals of leases and the look at streaks of skips: how often that is depends on how long the counted
 * work takes on this machine.
 */
export type CountingPool = Pool & { readonly statements: number };

export function createCountingPool(pool: Pool): CountingPool {
  const counted = new WeakSet<pg.PoolClient>();
  let statements = 0;
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect();
    if (counted.has(client)) return client;
    counted.add(client);
    const query = client.query.bind(client);
    const countedQuery = (...args: Parameters<typeof query>): unknown => {
      if (!comesByTheClock(args[0])) statements += 1;
      return query(...args);
    };
    return Object.assign(client, { query: countedQuery });
  };
  // The pool's own `query` borrows a connection too.
  return new Proxy(pool, {
    get(target, property) {
      if (property === "statements") return statements;
      if (property === "connect") return connect;
      if (property === "query") {
        return async (...args: Parameters<Pool["query"]>) => {
          const client = await connect();
          try {
            return await client.query(...args);
          } finally {
            client.release();
          }
        };
      }
      return Reflect.get(target, property, target);
    },
  }) as CountingPool;
}

const comesByTheClock = (statement: unknown): boolean => typeof statement === "string" && (statement.startsWith("update leases") || statement.startsWith("with lately as"));
