import type { Application } from "../connection/application.ts";
import type { CloseOptions } from "../connection/connection-info.ts";
import type { TransportConnection } from "../connection/transport-connection.ts";
import { handshakeResponse } from "../protocol/handshake.ts";
import type { HubMessage, TrackedMessage } from "../protocol/hub-message.ts";
import type { HubProtocol, MessageReader } from "../protocol/hub-protocol.ts";
import type { EncodedPayload, PreparedMessage } from "../protocol/prepared-message.ts";
import { ClientResults } from "./client-results.ts";
import { errorText } from "./error-text.ts";
import type { InvokeClientOptions } from "./hub-context.ts";
import type { HubConnection } from "./hub-connection.ts";
import type { HubSettings } from "./hub-settings.ts";
import { HandshakeGate } from "./handshake-gate.ts";
import { InvocationRunner } from "./invocation-runner.ts";
import type { RunnerHost, RunnerRules } from "./invocation-runner.ts";
import type { CallScope } from "./invocation.ts";
import { MessageInbox } from "./message-inbox.ts";
import type { OutboxOwner } from "./outbox.ts";
import { Outbox } from "./outbox.ts";
import { SessionFace } from "./session-face.ts";

/** What a session needs of its hub. */
export interface SessionHub<Client> {
  readonly settings: HubSettings;
  readonly rules: RunnerRules<Client>;
  /** The time of the latest tick: exact enough for timers of seconds, and free. */
  readonly now: number;
  scopeOf(session: HubSession<Client>): CallScope<Client>;
  /** The handshake is done: from now on the session can be addressed. Resolves when `onConnected` has run. */
  connected(session: HubSession<Client>): Promise<void>;
  disconnected(session: HubSession<Client>, error: Error | undefined): void;
  /** Delivers what broadcasts still hold for the session, before something else is written to it. */
  catchUp(session: HubSession<Client>): void;
  invocationFailed(session: HubSession<Client>, method: string, error: unknown): void;
  pingFor(protocol: HubProtocol): EncodedPayload;
}

/** One client's hub connection: handshake, messages in and out, timers, and its end. */
export class HubSession<Client> extends SessionFace implements Application, HubConnection, RunnerHost, OutboxOwner {
  readonly #connection: TransportConnection;
  readonly #hub: SessionHub<Client>;
  readonly #openedAt: number;
  readonly #outbox: Outbox;
  #lastReceivedAt: number;
  #clientPings = false;
  /** Set by a successful handshake. */
  #protocol: HubProtocol | undefined;
  #handshake: HandshakeGate | undefined;
  #reader: MessageReader | undefined;
  #inbox: MessageInbox | undefined;
  #runner: InvocationRunner<Client> | undefined;
  #results: ClientResults | undefined;
  #closed = false;

  constructor(connection: TransportConnection, hub: SessionHub<Client>) {
    super(connection);
    this.#connection = connection;
    this.#hub = hub;
    // Exact: the latest tick may lie before an interruption that this connection has no part in.
    this.#openedAt = performance.now();
    this.#outbox = new Outbox(connection, this);
    this.#handshake = new HandshakeGate(hub.settings, this.transport);
    this.#lastReceivedAt = this.#openedAt;
  }

  get now(): number {
    return this.#hub.now;
  }

  get maximumBufferedBytes(): number {
    return this.#hub.settings.maximumBufferedBytes;
  }

  get protocol(): string {
    return this.#protocol?.name ?? "";
  }

  get idle(): boolean {
    return this.#runner?.idle ?? true;
  }

  receive(data: Buffer): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#lastReceivedAt = this.#hub.now;
    try {
      const rest = this.#handshake === undefined ? data : this.#shakeHands(this.#handshake, data);
      if (rest === undefined || rest.length === 0 || this.#reader === undefined) return undefined;
      const messages = this.#reader.push(rest).filter((message) => this.#outbox.replay?.admits(message) ?? true);
      return this.#inbox?.deliver(messages);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Gives what followed the handshake, once it is accepted. */
  #shakeHands(gate: HandshakeGate, data: Buffer): Buffer | undefined {
    const outcome = gate.push(data);
    if (outcome?.kind === "refused") this.#refuseHandshake(outcome.error);
    if (outcome?.kind !== "accepted") return undefined;
    const { protocol, rest } = outcome;
    this.#handshake = undefined;
    this.#protocol = protocol;
    this.#reader = protocol.createReader(this.#hub.settings.maximumReceiveBytes);
    if (this.#connection.statefulReconnect) this.#outbox.keepForReplay(this.#hub.settings.statefulReconnectBufferBytes);
    const response = handshakeResponse();
    this.#outbox.transmit(protocol.transferFormat === "Text" ? response : Buffer.from(response));
    this.#inbox = new MessageInbox((message) => this.#dispatch(message), (error) => this.#fail(error));
    this.#inbox.hold(this.#hub.connected(this));
    return rest;
  }

  #refuseHandshake(error: string): void {
    this.#outbox.transmit(handshakeResponse(error));
    this.#closed = true;
    this.#connection.end(new Error(error));
  }

  #dispatch(message: HubMessage): Promise<void> | undefined {
    if (this.#closed) return undefined;
    switch (message.type) {
      case 1:
      case 4:
        this.#runner ??= new InvocationRunner(this, this.#hub.rules, this.#hub.scopeOf(this));
        return this.#runner.accept(message);
      case 2:
        return this.#runner?.acceptItem(message);
      case 3:
        if (this.#runner?.acceptCompletion(message) !== true) this.#results?.accept(message);
        return undefined;
      case 5:
        this.#runner?.cancel(message.invocationId);
        return undefined;
      case 6:
        this.#clientPings = true;
        return undefined;
      case 7:
        this.#closed = true;
        this.#connection.end(message.error === undefined ? undefined : new Error(message.error));
        return undefined;
      case 8:
        this.#outbox.replay?.acknowledge(message.sequenceId);
        this.#outbox.transmitKept();
        return undefined;
      case 9:
        return undefined;
    }
  }

  send(message: TrackedMessage): void {
    if (this.#closed || this.#protocol === undefined) return;
    const data = this.#protocol.write(message);
    this.#hub.catchUp(this);
    this.#outbox.track(data);
  }

  /** Sends what is already serialised. Broadcasts come here directly. */
  deliver(message: PreparedMessage): void {
    if (this.#closed || this.#protocol === undefined) return;
    this.#outbox.trackEncoded(message.encodedFor(this.#protocol));
  }

  /** Calls the client and waits for its result. */
  invoke(target: string, args: readonly unknown[], options: InvokeClientOptions): Promise<unknown> {
    this.#results ??= new ClientResults();
    return this.#results.request((invocationId) => this.send({ type: 1, invocationId, target, arguments: args }), options);
  }

  whenWritable(): Promise<void> | undefined {
    return this.#connection.transport?.whenWritable();
  }

  failed(method: string, error: unknown): void {
    this.#hub.invocationFailed(this, method, error);
  }

  tooSlow(): void {
    this.dismiss({ error: "The client does not take what it is sent.", allowReconnect: true });
  }

  close(options: CloseOptions = {}): void {
    this.dismiss(options);
  }

  dismiss(close: CloseOptions): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#protocol !== undefined) {
      this.#connection.transport?.send(this.#protocol.write({ type: 7, allowReconnect: false, ...close }));
    }
    this.#connection.end(close.error === undefined ? undefined : new Error(close.error));
  }

  #fail(error: unknown): void {
    this.dismiss({ error: errorText("Connection closed with an error.", error, this.#hub.settings.detailedErrors) });
  }

  transportReplaced(): void {
    if (this.#outbox.replay === undefined || this.#protocol === undefined) return;
    this.#outbox.transmit(this.#protocol.write({ type: 9, sequenceId: this.#outbox.replay.restart() }));
    this.#outbox.transmitKept();
  }

  ended(error: Error | undefined): void {
    this.#closed = true;
    this.abortSignal();
    this.#runner?.cancelAll();
    this.#results?.rejectAll();
    if (this.#protocol !== undefined) this.#hub.disconnected(this, error);
  }

  tick(now: number): void {
    const { settings } = this.#hub;
    if (this.#protocol === undefined) {
      if (now - this.#openedAt >= settings.handshakeTimeoutMs) this.#refuseHandshake("Handshake was canceled.");
      return;
    }
    if (this.#connection.transport === undefined) {
      // Detached under stateful reconnect: the connection's own time-out runs.
      this.#lastReceivedAt = now;
      return;
    }
    const acknowledged = this.#outbox.replay?.takeAcknowledgement();
    if (acknowledged !== undefined) this.#outbox.transmit(this.#protocol.write({ type: 8, sequenceId: acknowledged }));
    // A long poll that is answered when empty keeps the connection alive by itself.
    if (this.transport === "LongPolling") return;
    if (this.#inbox?.held === true) this.#lastReceivedAt = now;
    if (this.#clientPings && now - this.#lastReceivedAt >= settings.clientTimeoutMs) {
      this.dismiss({ error: "Client hasn't sent a message/ping within the configured ClientTimeoutInterval.", allowReconnect: true });
    } else if (now - this.#outbox.lastSentAt >= settings.keepAliveIntervalMs) {
      this.#outbox.lastSentAt = now;
      this.#connection.transport.sendEncoded(this.#hub.pingFor(this.#protocol));
    }
  }
}
