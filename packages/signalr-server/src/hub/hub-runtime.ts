import type { Backplane, BackplaneMessage } from "../backplane.ts";
import type { Application } from "../connection/application.ts";
import type { CloseOptions } from "../connection/connection-info.ts";
import type { TransportConnection } from "../connection/transport-connection.ts";
import type { HubLogger, HubOptions } from "../options.ts";
import type { HubProtocol } from "../protocol/hub-protocol.ts";
import type { EncodedPayload } from "../protocol/prepared-message.ts";
import { PreparedMessage } from "../protocol/prepared-message.ts";
import type { Audience } from "./audience.ts";
import { ClientProxies } from "./client-proxies.ts";
import type { HubClients } from "./clients.ts";
import type { ArgumentsOf, ResultOf } from "./contract-types.ts";
import type { HubDefinition } from "./define-hub.ts";
import { FanOut } from "./fan-out.ts";
import type { HubConnection } from "./hub-connection.ts";
import type { HubContext, HubGroups, InvokeClientOptions } from "./hub-context.ts";
import { HubError } from "./hub-error.ts";
import type { SessionHub } from "./hub-session.ts";
import { HubSession } from "./hub-session.ts";
import type { HubSettings } from "./hub-settings.ts";
import { hubSettings } from "./hub-settings.ts";
import type { RunnerRules } from "./invocation-runner.ts";
import type { CallScope } from "./invocation.ts";
import { Invocation } from "./invocation.ts";
import { buildMethodTable } from "./method-table.ts";
import { SessionRegistry } from "./session-registry.ts";

/** What a hub needs of the server around it. */
export interface HubSurroundings {
  readonly logger: HubLogger;
  readonly backplane: Backplane | undefined;
  readonly subscriberId: string;
  readonly clock: { readonly now: number };
}

const done = Promise.resolve();

/** One mapped hub: its sessions, who among them is addressed how, and its side of the backplane. */
export class HubRuntime<Server, Client> implements HubContext<Client>, SessionHub<Client> {
  readonly path: string;
  readonly clients: HubClients<Client>;
  readonly groups: HubGroups;
  readonly settings: HubSettings;
  readonly rules: RunnerRules<Client>;
  readonly #definition: HubDefinition<Server, Client>;
  readonly #surroundings: HubSurroundings;
  readonly #sessions = new SessionRegistry<HubSession<Client>>();
  readonly #fanOut = new FanOut((message) => {
    for (const protocol of this.settings.protocols.values()) message.encodedFor(protocol);
  });
  readonly #proxies: ClientProxies<Client>;
  readonly #pings = new Map<HubProtocol, EncodedPayload>();
  /** Sessions whose `onConnected` is running or has failed. */
  readonly #connecting = new WeakMap<HubSession<Client>, { readonly call: Invocation<Client>; readonly succeeded: Promise<boolean> }>();
  readonly #subscription: Promise<() => Promise<void>> | undefined;

  constructor(path: string, definition: HubDefinition<Server, Client>, options: HubOptions, surroundings: HubSurroundings) {
    this.path = path;
    this.#definition = definition;
    this.#surroundings = surroundings;
    this.settings = hubSettings(options);
    this.rules = { methods: buildMethodTable(definition.methods), filters: definition.filters ?? [], ...this.settings };
    this.#proxies = new ClientProxies((audience, method, args) => this.#call(audience, this.#wireName(method), args));
    this.clients = this.#proxies;
    this.groups = {
      add: (connectionId, group) => this.#changeGroup("groupAdd", connectionId, group),
      remove: (connectionId, group) => this.#changeGroup("groupRemove", connectionId, group),
    };
    const { backplane, subscriberId } = surroundings;
    this.#subscription = backplane?.subscribe(path, subscriberId, (message) => this.#fromBackplane(message));
    this.#subscription?.catch((error: unknown) => surroundings.logger.error({ err: error, path }, "The backplane subscription failed"));
  }

  get now(): number {
    return this.#surroundings.clock.now;
  }

  get connectionCount(): number {
    return this.#sessions.size;
  }

  connections(): IterableIterator<HubConnection> {
    return this.#sessions.values();
  }

  hasUser(userId: string): boolean {
    return this.#sessions.hasUser(userId);
  }

  createApplication(connection: TransportConnection): Application {
    return new HubSession(connection, this);
  }

  prepare<Name extends keyof Client & string>(method: Name, ...args: ArgumentsOf<Client[Name]>): PreparedMessage {
    return new PreparedMessage(this.#wireName(method), args);
  }

  /** The commonest push, to one connection of this process, goes straight to it. */
  #call(audience: Audience, target: string, args: readonly unknown[]): Promise<void> {
    const sole = this.#surroundings.backplane === undefined ? this.#sessions.sole(audience) : undefined;
    if (sole === undefined) return this.send(audience, new PreparedMessage(target, args));
    try {
      sole.send({ type: 1, target, arguments: args });
      return done;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async send(audience: Audience, message: PreparedMessage): Promise<void> {
    const local = this.#sendHere(audience, message);
    const { backplane } = this.#surroundings;
    if (backplane === undefined || this.#isHereAlone(audience)) return local;
    await Promise.all([local, this.#publish({ kind: "invoke", audience, target: message.target, args: message.args })]);
  }

  async invokeClient<Name extends keyof Client & string>(
    connectionId: string,
    method: Name,
    args: ArgumentsOf<Client[Name]>,
    options: InvokeClientOptions = {},
  ): Promise<ResultOf<Client[Name]>> {
    const session = this.#sessions.get(connectionId);
    if (session === undefined) throw new HubError(`Connection '${connectionId}' does not exist.`);
    const result: unknown = await session.invoke(this.#wireName(method), args, options);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client's answer is typed by the contract alone, as everything that crosses the wire
    return result as ResultOf<Client[Name]>;
  }

  async disconnect(audience: Audience, close: CloseOptions = {}): Promise<void> {
    this.#disconnectHere(audience, close);
    if (this.#surroundings.backplane !== undefined) await this.#publish({ kind: "disconnect", audience, close });
  }

  scopeOf(session: HubSession<Client>): CallScope<Client> {
    return {
      connection: session,
      clients: this.#proxies.seenFrom(session.id),
      groups: {
        add: (group) => this.groups.add(session.id, group),
        remove: (group) => this.groups.remove(session.id, group),
      },
      hub: this,
    };
  }

  async connected(session: HubSession<Client>): Promise<void> {
    this.#sessions.add(session);
    const { onConnected } = this.#definition;
    if (onConnected === undefined) return;
    const call = new Invocation(this.scopeOf(session));
    const running = (async () => onConnected(call))();
    this.#connecting.set(session, { call, succeeded: running.then(() => true, () => false) });
    await running;
    this.#connecting.delete(session);
  }

  disconnected(session: HubSession<Client>, error: Error | undefined): void {
    this.#sessions.delete(session);
    this.#fanOut.forget(session);
    this.#connecting.get(session)?.call.cancel();
    void this.#afterwards(session, error);
  }

  /** Runs `onDisconnected`, after `onConnected` and only if that succeeded. */
  async #afterwards(session: HubSession<Client>, error: Error | undefined): Promise<void> {
    const { onDisconnected } = this.#definition;
    if (onDisconnected === undefined || (await this.#connecting.get(session)?.succeeded) === false) return;
    try {
      await onDisconnected(session, error, this);
    } catch (failure) {
      this.#surroundings.logger.error({ err: failure, path: this.path, connectionId: session.id }, "onDisconnected failed");
    }
  }

  catchUp(session: HubSession<Client>): void {
    this.#fanOut.catchUp(session);
  }

  invocationFailed(session: HubSession<Client>, method: string, error: unknown): void {
    this.#surroundings.logger.warn({ err: error, path: this.path, method, connectionId: session.id }, "A hub method failed");
  }

  pingFor(protocol: HubProtocol): EncodedPayload {
    let ping = this.#pings.get(protocol);
    if (ping === undefined) {
      ping = { data: protocol.write({ type: 6 }), webSocketFrame: undefined };
      this.#pings.set(protocol, ping);
    }
    return ping;
  }

  /** Ends the backplane subscription. */
  async stop(): Promise<void> {
    await (await this.#subscription)?.();
  }

  #wireName(method: string): string {
    return this.#definition.clientMethodCase === "pascal" ? method.charAt(0).toUpperCase() + method.slice(1) : method;
  }

  #sendHere(audience: Audience, message: PreparedMessage): Promise<void> | undefined {
    const sole = this.#sessions.sole(audience);
    if (sole === undefined) return this.#fanOut.send(this.#sessions.select(audience), message);
    this.#fanOut.catchUp(sole);
    sole.deliver(message);
    return undefined;
  }

  /** Whether nobody of the audience can be elsewhere: connections that are all here. */
  #isHereAlone(audience: Audience): boolean {
    return audience.kind === "connections" && audience.connectionIds.every((id) => this.#sessions.get(id) !== undefined);
  }

  async #changeGroup(kind: "groupAdd" | "groupRemove", connectionId: string, group: string): Promise<void> {
    if (this.#changeGroupHere(kind, connectionId, group) || this.#surroundings.backplane === undefined) return;
    await this.#publish({ kind, connectionId, group });
  }

  #changeGroupHere(kind: "groupAdd" | "groupRemove", connectionId: string, group: string): boolean {
    return kind === "groupAdd" ? this.#sessions.joinGroup(connectionId, group) : this.#sessions.leaveGroup(connectionId, group);
  }

  #disconnectHere(audience: Audience, close: CloseOptions): void {
    for (const session of new Set(this.#sessions.select(audience))) session.close(close);
  }

  async #publish(message: BackplaneMessage): Promise<void> {
    await this.#surroundings.backplane?.publish(this.path, this.#surroundings.subscriberId, message);
  }

  #fromBackplane(message: BackplaneMessage): void {
    switch (message.kind) {
      case "invoke":
        void this.#sendHere(message.audience, new PreparedMessage(message.target, message.args));
        return;
      case "disconnect":
        this.#disconnectHere(message.audience, message.close);
        return;
      default:
        this.#changeGroupHere(message.kind, message.connectionId, message.group);
    }
  }
}
