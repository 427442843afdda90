import type { Application } from "../connection/application.ts";
import type { ConnectionHolder, ConnectionTerms } from "../connection/transport-connection.ts";
import { TransportConnection } from "../connection/transport-connection.ts";

/** The connections of one path, by their secret tokens. */
export class ConnectionTable implements ConnectionHolder {
  readonly disconnectTimeoutMs: number;
  readonly #byToken = new Map<string, TransportConnection>();
  readonly #createApplication: (connection: TransportConnection) => Application;

  constructor(disconnectTimeoutMs: number, createApplication: (connection: TransportConnection) => Application) {
    this.disconnectTimeoutMs = disconnectTimeoutMs;
    this.#createApplication = createApplication;
  }

  get size(): number {
    return this.#byToken.size;
  }

  /** A new connection that waits for its transport. */
  open(terms: ConnectionTerms): TransportConnection {
    const connection = new TransportConnection(this, terms, performance.now());
    this.#byToken.set(connection.token, connection);
    return connection;
  }

  get(token: string): TransportConnection | undefined {
    return this.#byToken.get(token);
  }

  values(): IterableIterator<TransportConnection> {
    return this.#byToken.values();
  }

  createApplication(connection: TransportConnection): Application {
    return this.#createApplication(connection);
  }

  forget(connection: TransportConnection): void {
    this.#byToken.delete(connection.token);
  }
}
