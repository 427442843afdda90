import { randomBytes } from "node:crypto";
import type { Transport, TransportOwner } from "../transport/transport.ts";
import type { Application } from "./application.ts";
import type { AuthenticatedUser, ConnectionRequest } from "./connection-info.ts";
import type { TransportName } from "../transport/transport-name.ts";

/** How a connection was negotiated. */
export interface ConnectionTerms {
  readonly user: AuthenticatedUser | undefined;
  /** Of the client that opened it, as the endpoint counts them. */
  readonly address: string;
  /** The redeemed ticket every further request must present; `undefined` where tickets are not in use. */
  readonly ticket: string | undefined;
  readonly statefulReconnect: boolean;
  /** Negotiate version 0 knows one id only: the public one is then the secret too. */
  readonly negotiateVersion: number;
}

/** What a connection needs of the endpoint that holds it. */
export interface ConnectionHolder {
  readonly disconnectTimeoutMs: number;
  createApplication(connection: TransportConnection): Application;
  forget(connection: TransportConnection): void;
}

/** One negotiated connection: its ids, its user, the transport it has at the moment, and the application on it. */
export class TransportConnection implements TransportOwner {
  readonly id: string;
  /** Secret: whoever has it can speak for the client. */
  readonly token: string;
  readonly statefulReconnect: boolean;
  readonly ticket: string | undefined;
  readonly address: string;
  user: AuthenticatedUser | undefined;
  transportName: TransportName | undefined;
  transport: Transport | undefined;
  request: ConnectionRequest | undefined;
  ended = false;
  /** POST requests of the client's that are being worked on. */
  pendingPosts = 0;
  readonly #holder: ConnectionHolder;
  #application: Application | undefined;
  /** Monotonic time since which there has been no transport. */
  #detachedAt: number;

  constructor(holder: ConnectionHolder, terms: ConnectionTerms, now: number) {
    const secrets = randomBytes(32).toString("base64url");
    this.id = secrets.slice(0, 22);
    this.token = terms.negotiateVersion === 0 ? this.id : secrets.slice(21);
    this.user = terms.user;
    this.ticket = terms.ticket;
    this.address = terms.address;
    this.statefulReconnect = terms.statefulReconnect;
    this.#holder = holder;
    this.#detachedAt = now;
  }

  get application(): Application | undefined {
    return this.#application;
  }

  /** Puts the connection on a transport: the first time its application starts, later times it goes on. */
  attach(transport: Transport, request: ConnectionRequest): void {
    const replaced = this.transport;
    this.transport = transport;
    this.transportName = transport.name;
    this.request ??= request;
    replaced?.terminate();
    if (this.#application !== undefined) {
      this.#application.transportReplaced();
      return;
    }
    const application = this.#holder.createApplication(this);
    this.#application = application;
    // It may have closed the connection while it was being made.
    if (this.ended) application.ended(undefined);
  }

  received(data: Buffer, isText: boolean): Promise<void> | undefined {
    return this.ended ? undefined : this.#application?.receive(data, isText);
  }

  refused(reason: string): void {
    this.dismiss({ error: reason });
  }

  transportClosed(transport: Transport, graceful: boolean, error: Error | undefined): void {
    if (transport !== this.transport) return;
    this.transport = undefined;
    if (this.ended) {
      this.#holder.forget(this);
    } else if (this.statefulReconnect && !graceful) {
      this.#detachedAt = performance.now();
    } else this.end(graceful ? undefined : (error ?? new Error("The transport was lost.")));
  }

  /**
   * Ends the connection. What was sent before still goes out; the application learns of it at once.
   *
   * @param error why, for the application; absent in good order.
   */
  end(error?: Error, code = 1000): void {
    if (this.ended) return;
    this.ended = true;
    this.transport?.end(code, "");
    // Long polling still owes its last answer, so the connection stays known until the transport reports itself closed.
    if (this.transportName !== "LongPolling" || this.transport === undefined) this.#holder.forget(this);
    this.#application?.ended(error);
  }

  /** Ends the connection without waiting for the client to take what was sent. */
  cut(error?: Error): void {
    const transport = this.transport;
    this.end(error);
    transport?.terminate();
  }

  /** @param now monotonic, @param epochNow since 1970; both in milliseconds. */
  tick(now: number, epochNow: number): void {
    this.transport?.tick(now);
    if (this.ended) return;
    if (this.transport === undefined && now - this.#detachedAt >= this.#holder.disconnectTimeoutMs) {
      this.end(new Error("The client did not connect in time."));
    } else if (this.user?.expiresAt !== undefined && this.user.expiresAt <= epochNow) {
      this.dismiss({ error: "The credential has expired.", allowReconnect: true });
    } else this.#application?.tick(now);
  }

  /** Ends the connection with the application's own goodbye. */
  dismiss(close: { readonly error?: string; readonly allowReconnect?: boolean }): void {
    if (this.#application === undefined) this.end();
    else this.#application.dismiss(close);
  }
}
