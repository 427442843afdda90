/**
 * One transaction on one connection.
 *
 *   const order = await withTransaction(pool, async (tx) => {
 *     await tx.query("select pg_advisory_xact_lock($1)", [key]);
 *     return insertOrder(tx, …);
 *   }, { timeoutMs: 5_000 });
 *
 * Commits what `work` did when it returns, rolls back when it throws (and throws the same error).
 * The connection always goes back to the pool, or is destroyed when its state is not certain.
 */
import type pg from "pg";
import type { Db, Pool } from "./pool.ts";

export interface TransactionSettings {
  /**
   * From `begin` until `work` has returned. Past it the connection is cut, so the server rolls back. Default 10,000. Where it is
   * longer than that, one statement may take all of it, whatever the pool's own bound for statements.
   */
  timeoutMs?: number;
  isolation?: "read committed" | "repeatable read" | "serializable";
}

const defaultTimeoutMs = 10_000;

/** How soon a server in the middle of a statement notices that its client was cut off, and lets go of the locks. */
const connectionCheckMs = 250;

/** The work took longer than it was given; nothing of it was kept. */
export class TransactionTimedOut extends Error {
  override readonly name = "TransactionTimedOut";
}

/** The work returned as if all were well, but one of its statements had failed. */
export class TransactionAborted extends Error {
  override readonly name = "TransactionAborted";
}

/** A statement came after its transaction had ended: a promise inside it was not awaited. */
export class TransactionAlreadyEnded extends Error {
  override readonly name = "TransactionAlreadyEnded";
}

/**
 * Runs `work` in a transaction.
 * @throws {TransactionTimedOut} {TransactionAborted} and whatever `work`, `begin` or `commit` throw. An error of `commit`
 *   itself (connection lost at that moment) leaves it unknown whether the work was kept.
 */
export async function withTransaction<Result>(pool: Pool, work: (tx: Db) => Promise<Result>, settings: TransactionSettings = {}): Promise<Result> {
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  const client = await pool.connect();
  const statementTimeoutMs = timeoutMs > defaultTimeoutMs ? timeoutMs : undefined;
  const connection = guardedConnection(client, statementTimeoutMs);
  let released = false;
  try {
    await client.query(`begin isolation level ${settings.isolation ?? "read committed"}; set local client_connection_check_interval = ${connectionCheckMs}${statementTimeoutMs === undefined ? "" : `; set local statement_timeout = ${statementTimeoutMs}`}`);
    const result = await withinTime(work(connection.tx), timeoutMs);
    connection.end();
    const { command } = await client.query("commit");
    client.release();
    released = true;
    // PostgreSQL answers the commit of a failed transaction with a rollback, and without an error.
    if (command !== "COMMIT") throw new TransactionAborted("a statement failed inside the transaction and its error was swallowed; nothing was kept");
    return result;
  } catch (error) {
    connection.end();
    if (!released) await undo(client, error);
    throw error;
  } finally {
    connection.detach();
  }
}

/** A connection that failed, timed out or cannot roll back is destroyed: its state is not known. */
async function undo(client: pg.PoolClient, error: unknown): Promise<void> {
  if (error instanceof TransactionTimedOut) {
    // A pipelining client would wait for the statement that takes too long before it says goodbye.
    client.connection.stream.destroy();
    client.release(error);
    return;
  }
  try {
    await client.query("rollback");
    client.release();
  } catch (rollbackError) {
    client.release(rollbackError instanceof Error ? rollbackError : true);
  }
}

/** The transaction's own `Db`, which refuses statements once the transaction has ended. */
function guardedConnection(client: pg.PoolClient, statementTimeoutMs: number | undefined): { tx: Db; end: () => void; detach: () => void } {
  let open = true;
  // While it is checked out, a lost connection also rejects its running query; the event alone must not end the process.
  const onError = (): void => undefined;
  client.on("error", onError);
  const { stream } = client.connection;
  let isCorked = false;
  /** Statements that do not wait for each other leave in one write, which is most of what a statement costs this process. */
  const sendAtTicksEnd = (): void => {
    if (isCorked) return;
    isCorked = true;
    stream.cork();
    process.nextTick(() => {
      isCorked = false;
      stream.uncork();
    });
  };
  const query = async (statement: string | pg.QueryConfig<unknown[]>, values?: unknown[]): Promise<pg.QueryResult> => {
    if (!open) throw new TransactionAlreadyEnded("a statement was sent after its transaction had ended");
    sendAtTicksEnd();
    if (statementTimeoutMs === undefined) return client.query(statement, values);
    // The driver gives up on a statement by itself, by the pool's bound unless the statement names its own.
    const config: pg.QueryConfig<unknown[]> & { query_timeout: number } = { ...(typeof statement === "string" ? { text: statement, ...(values && { values }) } : statement), query_timeout: statementTimeoutMs };
    return client.query(config);
  };
  return {
    tx: { query },
    end: () => {
      open = false;
    },
    detach: () => client.off("error", onError),
  };
}

async function withinTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TransactionTimedOut(`the transaction took longer than ${timeoutMs} ms and was rolled back`)), timeoutMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
