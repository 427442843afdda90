import type pg from "pg";
import type { Pool } from "../../src/db/pool.ts";

export type Sent = { name: string; text: string; values: readonly unknown[] };

type SendNow = () => Promise<pg.QueryResult>;

/** A pool whose connections pass each statement through `between`, which may note it, or hold it back. */
function poolWith(pool: Pool, connected: () => (statement: Sent, send: SendNow) => Promise<pg.QueryResult>): Pool {
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect();
    const between = connected();
    const query = (statement: string | pg.QueryConfig<unknown[]>, values?: unknown[]): Promise<pg.QueryResult> =>
      between(describe(statement, values), () => client.query(statement, values));
    return new Proxy(client, { get: (target, key): unknown => (key === "query" ? query : memberOf(target, key)) });
  };
  return new Proxy(pool, { get: (target, key): unknown => (key === "connect" ? connect : memberOf(target, key)) });
}

/** Methods stay with their object: the pool's own `query` must not come back here for its connection. */
function memberOf(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key);
  return typeof value === "function" ? value.bind(target) : value;
}

const describe = (statement: string | pg.QueryConfig<unknown[]>, values: unknown[] | undefined): Sent =>
  typeof statement === "string" ? { name: statement, text: statement, values: values ?? [] } : { name: statement.name ?? statement.text, text: statement.text, values: statement.values ?? [] };

/** What one piece of work sends, in order. */
export async function statementsOf(pool: Pool, work: (pool: Pool) => Promise<unknown>): Promise<Sent[]> {
  const sent: Sent[] = [];
  await work(
    poolWith(pool, () => (statement, send) => {
      sent.push(statement);
      return send();
    }),
  );
  return sent;
}

/** A pool that waits for everything of one group before it sends anything of the next: one round trip for each group. */
export function poolInGroups(pool: Pool, groupOf: (name: string) => number): Pool {
  return poolWith(pool, () => {
    let group = -1;
    let before: Promise<unknown> = Promise.resolve();
    let pending: Promise<pg.QueryResult>[] = [];
    return (statement, send) => {
      const mine = groupOf(statement.name);
      if (mine !== group) {
        group = mine;
        before = Promise.allSettled([before, ...pending]);
        pending = [];
      }
      const sent = before.then(send);
      pending.push(sent);
      return sent;
    };
  });
}
