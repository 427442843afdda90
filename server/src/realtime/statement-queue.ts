import PQueue from "p-queue";
import type pg from "pg";
import type { Db } from "../db/pool.ts";

/** Half of a web process's connections: whoever calls the API beside a thousand devices that return finds one free. */
const statementsAtOnce = 8;

export type StatementQueue = {
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** The same database, its statements in the queue. */
  through(db: Db): Db;
};

/**
 * A place in which the hub's statements wait. When a web process goes, all its clients come to the others within a second,
 * and each needs a handful of statements to be brought up to date: they take turns here, and leave the pool to the rest. At
 * most one call of a connection runs at once, so no more wait than there are connections.
 */
export function createStatementQueue(): StatementQueue {
  const queue = new PQueue({ concurrency: statementsAtOnce });
  const run = <Result>(work: () => Promise<Result>): Promise<Result> => queue.add(work);
  return {
    run,
    through: (db) => {
      const query = (statement: string | pg.QueryConfig<unknown[]>, values?: unknown[]): Promise<pg.QueryResult> =>
        run(() => (typeof statement === "string" ? db.query(statement, values) : db.query(statement)));
      return { query };
    },
  };
}
