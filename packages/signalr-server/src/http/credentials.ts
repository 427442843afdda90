import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AuthenticatedUser } from "../connection/connection-info.ts";
import type { TransportConnection } from "../connection/transport-connection.ts";
import type { EndpointOptions, TicketOptions } from "../options.ts";
import type { TicketStore } from "../tickets.ts";
import { maximumTicketLifetimeMs } from "../tickets.ts";

/** Who a request speaks for: `refused` gets 401. */
export type Admission =
  | { readonly kind: "refused" }
  | { readonly kind: "admitted"; readonly user: AuthenticatedUser | undefined; readonly ticket: string | undefined };

const refused: Admission = { kind: "refused" };

/** Tells from a request's credential whom it speaks for, under the rules of one path. */
export class Credentials {
  readonly #authenticate: EndpointOptions["authenticate"];
  readonly #store: TicketStore;
  readonly tickets: TicketOptions | undefined;

  /** @throws TypeError for tickets without an `authenticate` hook: there would be nobody to issue them to. */
  constructor(options: EndpointOptions, store: TicketStore) {
    this.#authenticate = options.authenticate;
    this.#store = store;
    const tickets = options.tickets ?? false;
    this.tickets = tickets === true ? {} : tickets === false ? undefined : tickets;
    if (this.tickets !== undefined && this.#authenticate === undefined) throw new TypeError("Tickets need an `authenticate` hook");
  }

  /** Asks the application about the bearer token of the `Authorization` header, or of the query where tickets are not in use. */
  async authenticate(request: IncomingMessage, parameters: URLSearchParams): Promise<Admission> {
    if (this.#authenticate === undefined) return { kind: "admitted", user: undefined, ticket: undefined };
    const inQuery = this.tickets === undefined ? (parameters.get("access_token") ?? undefined) : undefined;
    const user = await this.#authenticate({ token: bearerToken(request) ?? inQuery, request });
    return user === null ? refused : { kind: "admitted", user, ticket: undefined };
  }

  /** Issues a ticket to whom the application admits. */
  issue(user: AuthenticatedUser): Promise<string> {
    return this.#store.issue(user, this.tickets?.lifetimeMs ?? maximumTicketLifetimeMs);
  }

  /** Spends the ticket a request presents, if it presents one that is still good. */
  async redeem(request: IncomingMessage, parameters: URLSearchParams): Promise<Admission> {
    const ticket = presented(request, parameters);
    const user = ticket === undefined ? undefined : await this.#store.redeem(ticket);
    return user === undefined ? refused : { kind: "admitted", user, ticket };
  }

  /** Whether a request may go on with a connection that exists: by the ticket it was opened with, or by the same user's token. */
  async mayContinue(connection: TransportConnection, request: IncomingMessage, parameters: URLSearchParams): Promise<boolean> {
    if (this.tickets !== undefined) {
      const ticket = presented(request, parameters);
      return ticket !== undefined && connection.ticket !== undefined && equalSecrets(ticket, connection.ticket);
    }
    const admission = await this.authenticate(request, parameters);
    if (admission.kind === "refused" || admission.user?.userId !== connection.user?.userId) return false;
    // A fresher token prolongs the connection.
    connection.user = admission.user;
    return true;
  }
}

function bearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}

function presented(request: IncomingMessage, parameters: URLSearchParams): string | undefined {
  return bearerToken(request) ?? parameters.get("access_token") ?? undefined;
}

function equalSecrets(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
