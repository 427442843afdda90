import type { Audience } from "./audience.ts";
import type { CallerClients, ClientProxy, HubClients } from "./clients.ts";

/** Sends one client call to an audience. */
export type SendCall = (audience: Audience, method: string, args: readonly unknown[]) => Promise<void>;

/** Makes the typed faces of a hub's clients. */
export class ClientProxies<Client> implements HubClients<Client> {
  readonly #send: SendCall;
  /** One for all proxies; each proxy's target is its audience, so that a push makes as few objects as can be. */
  readonly #handler: ProxyHandler<Audience>;
  readonly all: ClientProxy<Client>;

  constructor(send: SendCall) {
    this.#send = send;
    this.#handler = {
      // `then` must stay undefined, or an awaited proxy would send a call of that name.
      get: (audience, method) =>
        typeof method === "string" && method !== "then"
          ? (...args: readonly unknown[]) => send(audience, method, args)
          : undefined,
    };
    this.all = this.#to({ kind: "all" });
  }

  allExcept(except: readonly string[]): ClientProxy<Client> {
    return this.#to({ kind: "all", except });
  }

  client(connectionId: string): ClientProxy<Client> {
    return this.#to({ kind: "connections", connectionIds: [connectionId] });
  }

  clients(connectionIds: readonly string[]): ClientProxy<Client> {
    return this.#to({ kind: "connections", connectionIds });
  }

  group(group: string): ClientProxy<Client> {
    return this.#to({ kind: "groups", groups: [group] });
  }

  groups(groups: readonly string[]): ClientProxy<Client> {
    return this.#to({ kind: "groups", groups });
  }

  groupExcept(group: string, except: readonly string[]): ClientProxy<Client> {
    return this.#to({ kind: "groups", groups: [group], except });
  }

  user(userId: string): ClientProxy<Client> {
    return this.#to({ kind: "users", userIds: [userId] });
  }

  users(userIds: readonly string[]): ClientProxy<Client> {
    return this.#to({ kind: "users", userIds });
  }

  /** The same, seen from one connection. */
  seenFrom(connectionId: string): CallerClients<Client> {
    return new CallerClientProxies<Client>(this.#send, connectionId);
  }

  #to(audience: Audience): ClientProxy<Client> {
    const proxy: unknown = new Proxy(audience, this.#handler);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where the contract's types meet the wire: every name of the contract is answered by the handler
    return proxy as ClientProxy<Client>;
  }
}

class CallerClientProxies<Client> extends ClientProxies<Client> implements CallerClients<Client> {
  readonly #connectionId: string;

  constructor(send: SendCall, connectionId: string) {
    super(send);
    this.#connectionId = connectionId;
  }

  get caller(): ClientProxy<Client> {
    return this.client(this.#connectionId);
  }

  get others(): ClientProxy<Client> {
    return this.allExcept([this.#connectionId]);
  }

  othersInGroup(group: string): ClientProxy<Client> {
    return this.groupExcept(group, [this.#connectionId]);
  }
}
