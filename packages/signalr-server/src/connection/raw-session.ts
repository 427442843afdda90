import type { Application } from "./application.ts";
import type { AuthenticatedUser, ConnectionRequest, RawConnection, RawConnectionHandler } from "./connection-info.ts";
import type { TransportConnection } from "./transport-connection.ts";
import type { TransportName } from "../transport/transport-name.ts";

/** A connection without a hub. */
export class RawSession implements Application, RawConnection {
  readonly id: string;
  readonly transport: TransportName;
  readonly request: ConnectionRequest;
  readonly items = new Map<string, unknown>();
  readonly idle = true;
  readonly #connection: TransportConnection;
  readonly #handler: RawConnectionHandler;
  readonly #maximumBufferedBytes: number;
  readonly #ending = new AbortController();

  constructor(connection: TransportConnection, handler: RawConnectionHandler, maximumBufferedBytes: number) {
    if (connection.transportName === undefined || connection.request === undefined) throw new Error("The connection has no transport yet");
    this.id = connection.id;
    this.transport = connection.transportName;
    this.request = connection.request;
    this.#connection = connection;
    this.#handler = handler;
    this.#maximumBufferedBytes = maximumBufferedBytes;
    handler.onConnected?.(this);
  }

  get user(): AuthenticatedUser | undefined {
    return this.#connection.user;
  }

  get userId(): string | undefined {
    return this.#connection.user?.userId;
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  receive(data: Buffer, isText: boolean): Promise<void> | undefined {
    try {
      const result = this.#handler.onMessage(this, isText ? data.toString("utf8") : data);
      return result instanceof Promise ? result.catch((error: unknown) => this.#fail(error)) : undefined;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  send(data: string | Uint8Array): void {
    const transport = this.#connection.transport;
    if (transport === undefined) return;
    if (transport.bufferedBytes > this.#maximumBufferedBytes) {
      this.#connection.cut(new Error("The client does not take what it is sent."));
    } else transport.send(data);
  }

  close(): void {
    this.#connection.end();
  }

  dismiss(): void {
    this.#connection.end();
  }

  transportReplaced(): void {}

  tick(): void {}

  ended(error: Error | undefined): void {
    this.#ending.abort();
    this.#handler.onDisconnected?.(this, error);
  }

  #fail(error: unknown): void {
    this.#connection.end(error instanceof Error ? error : new Error(String(error)), 1011);
  }
}
