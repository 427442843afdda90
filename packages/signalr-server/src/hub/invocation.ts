import type { CallerClients } from "./clients.ts";
import type { CallerGroups, HubCall } from "./hub-call.ts";
import type { HubConnection } from "./hub-connection.ts";
import type { HubContext } from "./hub-context.ts";

/** The connection's side of a call: the same for all its calls. */
export interface CallScope<Client> {
  readonly connection: HubConnection;
  readonly clients: CallerClients<Client>;
  readonly groups: CallerGroups;
  readonly hub: HubContext<Client>;
}

/** One call under way. Its signal exists from the start in effect, and in memory once somebody asks for it. */
export class Invocation<Client> implements HubCall<Client> {
  readonly #scope: CallScope<Client>;
  #cancelled = false;
  #controller: AbortController | undefined;
  /** Called once on cancellation; whoever waits for the stream's next item sets it. */
  onCancel: (() => void) | undefined;

  constructor(scope: CallScope<Client>) {
    this.#scope = scope;
  }

  get connection(): HubConnection {
    return this.#scope.connection;
  }

  get clients(): CallerClients<Client> {
    return this.#scope.clients;
  }

  get groups(): CallerGroups {
    return this.#scope.groups;
  }

  get hub(): HubContext<Client> {
    return this.#scope.hub;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#controller?.abort();
    this.onCancel?.();
  }
}
