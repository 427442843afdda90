import type { AuthenticatedUser, ConnectionRequest } from "../connection/connection-info.ts";
import type { TransportConnection } from "../connection/transport-connection.ts";
import type { TransportName } from "../transport/transport-name.ts";
import type { RegisteredSession } from "./session-registry.ts";

/** What a hub session shows of its connection. What few ask for is made when it is asked for: an idle connection stays small. */
export class SessionFace implements RegisteredSession {
  readonly id: string;
  groupNames: Set<string> | undefined;
  readonly #connection: TransportConnection;
  #ending: AbortController | undefined;
  #ended = false;
  #items: Map<string, unknown> | undefined;

  constructor(connection: TransportConnection) {
    this.id = connection.id;
    this.#connection = connection;
  }

  get user(): AuthenticatedUser | undefined {
    return this.#connection.user;
  }

  get userId(): string | undefined {
    return this.#connection.user?.userId;
  }

  get transport(): TransportName {
    return this.#connection.transportName ?? "WebSockets";
  }

  get request(): ConnectionRequest {
    const { request } = this.#connection;
    if (request === undefined) throw new Error("The connection has no transport yet");
    return request;
  }

  get items(): Map<string, unknown> {
    return (this.#items ??= new Map());
  }

  get signal(): AbortSignal {
    if (this.#ending === undefined) {
      this.#ending = new AbortController();
      if (this.#ended) this.#ending.abort();
    }
    return this.#ending.signal;
  }

  joined(group: string): void {
    (this.groupNames ??= new Set()).add(group);
  }

  left(group: string): void {
    this.groupNames?.delete(group);
  }

  /** The connection has ended. */
  protected abortSignal(): void {
    this.#ended = true;
    this.#ending?.abort();
  }
}
