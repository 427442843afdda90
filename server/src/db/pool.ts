/**
 * The connection pool and what a query gives back.
 *
 *   const pool = createPool({ url, applicationName: "nod-server" });
 *   const { rows } = await pool.query<{ id: string }>("select id from questions where …", [uid]);
 *
 * A table service takes a `Db`, which a pool and a transaction both are, so the same service works
 * inside a transaction and outside of one.
 *
 * How columns arrive in JavaScript (chosen so that nothing is rounded in passing):
 * - `numeric`, `int8` and their arrays: strings. Money and quantities never become binary floats.
 *   A count that is known to be small is cast in its statement (`count(*)::int4`) and is a number.
 * - `timestamptz`: a `Date`, in whole milliseconds. PostgreSQL keeps microseconds, so a `Date` read
 *   from a row must not be sent back to be compared for equality; cursors use a sequence instead.
 * - `date` and `timestamp`: strings as PostgreSQL prints them, because a `Date` would move them into
 *   this machine's time zone. A trading day is a string like `2025-03-28`.
 * - `json` and `jsonb`: parsed values, to be decoded by the table that owns the column.
 */
import pg from "pg";

/** Anything that runs statements: a pool, or the transaction given by `withTransaction` (transaction.ts). */
export interface Db {
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
  /** With a `name`, the statement is prepared once on each connection: for the hot paths. */
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(statement: pg.QueryConfig<unknown[]>): Promise<pg.QueryResult<Row>>;
}

/** What the program may do with a pool. Its rows are `unknown` until the statement names their type. */
export interface Pool extends Db {
  /** One connection for oneself; to be released. */
  connect(): Promise<pg.PoolClient>;
  end(): Promise<void>;
  readonly ended: boolean;
  /** Open connections; those not in use; callers that wait for one. */
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export interface PoolSettings {
  url: string;
  /** Seen in `pg_stat_activity`, so that an operator can tell the processes apart. */
  applicationName: string;
  /** Default 10. Keep the sum over all processes under the server's `max_connections`. */
  maxConnections?: number;
  /** The longest a single statement may run, on the server. Default 15,000. */
  statementTimeoutMs?: number;
  /** The longest a statement may wait for a lock. Default 5,000. */
  lockTimeoutMs?: number;
  /** The longest a caller waits for a connection, busy pool or dead server alike. Default 5,000. */
  connectTimeoutMs?: number;
  /** Callers that may wait for a connection at once; one more is refused. Default 1,000. */
  maxWaiting?: number;
  /** The longest a transaction may sit without a statement before the server ends it. Default 15,000. */
  idleInTransactionTimeoutMs?: number;
  /** Told of a connection lost while it lay idle in the pool; the pool replaces it by itself. */
  onIdleConnectionLost?: (error: Error) => void;
}

const idleTimeoutMs = 30_000;
/** At a millisecond a statement and ten connections, this is what waits a tenth of a second. */
const defaultMaxWaiting = 1_000;

/** Too many callers wait for a connection already; nothing was sent. */
export class PoolBusyError extends Error {
  override readonly name = "PoolBusyError";
}

type ConnectCallback = Parameters<pg.Pool["connect"]>[0];

/** A pool in which only so many wait: what comes on top is refused at once, instead of after the longest wait. */
class BoundedPool extends pg.Pool {
  readonly #maxWaiting: number;

  constructor(settings: pg.PoolConfig, maxWaiting: number) {
    super(settings);
    this.#maxWaiting = maxWaiting;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    if (this.waitingCount >= this.#maxWaiting) {
      const error = new PoolBusyError(`${this.#maxWaiting} callers wait for a database connection already`);
      if (callback === undefined) return Promise.reject(error);
      callback(error, undefined, () => undefined);
      return undefined;
    }
    if (callback === undefined) return super.connect();
    super.connect(callback);
    return undefined;
  }
}

/** Beyond the server's own statement time-out: only reached when the network swallows the answer. */
const networkGraceMs = 5_000;

const asText = (value: string): string => value;
const textColumns = new Set<number>([
  20, // int8
  1700, // numeric
  1082, // date
  1114, // timestamp without time zone
  1186, // interval
]);
const textArrayColumns = new Set<number>([
  1016, // int8[]
  1231, // numeric[]: pg's own parser would make binary floats of them
  1182, // date[]
  1115, // timestamp[]
]);
/** text[]: its parser keeps every element as the string that PostgreSQL printed. */
const textArrayOid: number = 1009;

/** pg's parsers, with the replacements named at the top of this file. Local to the pool, never global. */
const columnTypes: pg.CustomTypesConfig = {
  getTypeParser(oid, format): unknown {
    if (format !== "binary" && textColumns.has(oid)) return asText;
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- pg-types' enum has no array types
    return pg.types.getTypeParser(textArrayColumns.has(oid) ? textArrayOid : oid, format);
  },
};

/** Opens nothing yet: the first query connects. End it with `pool.end()`. */
export function createPool(settings: PoolSettings): Pool {
  return createDriverPool(settings);
}

/** The same with everything that the driver's own has, for a library that wants one. */
export function createDriverPool(settings: PoolSettings): pg.Pool {
  const statementTimeoutMs = settings.statementTimeoutMs ?? 15_000;
  const pool = new BoundedPool({
    connectionString: settings.url,
    application_name: settings.applicationName,
    max: settings.maxConnections ?? 10,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + networkGraceMs,
    lock_timeout: settings.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs ?? 15_000,
    connectionTimeoutMillis: settings.connectTimeoutMs ?? 5_000,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
    // Statements sent without waiting for each other share a round trip (pipelined-transaction.ts).
    pipeline: true,
    types: columnTypes,
  }, settings.maxWaiting ?? defaultMaxWaiting);
  // Without a listener an idle connection's error would end the process.
  pool.on("error", (error) => settings.onIdleConnectionLost?.(error));
  // The same for one that is given out: its server may end it before whoever asked for it has had a chance to listen. His
  // next statement fails all the same.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
