import type { Application } from "../connection/application.ts";
import type { ConnectionHolder, ConnectionTerms } from "../connection/transport-connection.ts";
import { TransportConnection } from "../connection/transport-connection.ts";

/** The connections of one path, by their secret tokens. */
export class ConnectionTable implements ConnectionHolder {
  readonly disconnectTimeoutMs: number;
  readonly #byToken = new Map<string, TransportConnection>();
  readonly #ofUser = new Tally();
  readonly #ofAddress = new Tally();
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
    if (connection.user !== undefined) this.#ofUser.add(connection.user.userId);
    this.#ofAddress.add(connection.address);
    return connection;
  }

  countOfUser(userId: string): number {
    return this.#ofUser.of(userId);
  }

  countOfAddress(address: string): number {
    return this.#ofAddress.of(address);
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
    if (!this.#byToken.delete(connection.token)) return;
    if (connection.user !== undefined) this.#ofUser.remove(connection.user.userId);
    this.#ofAddress.remove(connection.address);
  }
}

/** How many there are of each; what there is none of takes no room. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  remove(key: string): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
