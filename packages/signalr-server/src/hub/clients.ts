import type { ArgumentsOf } from "./contract-types.ts";

/** Client methods as the server calls them. The promise resolves when the message has been handed to every local transport. */
export type ClientProxy<Client> = {
  readonly [Name in keyof Client]: (...args: ArgumentsOf<Client[Name]>) => Promise<void>;
};

/** The connections a hub can address. */
export interface HubClients<Client> {
  readonly all: ClientProxy<Client>;
  allExcept(connectionIds: readonly string[]): ClientProxy<Client>;
  client(connectionId: string): ClientProxy<Client>;
  clients(connectionIds: readonly string[]): ClientProxy<Client>;
  group(group: string): ClientProxy<Client>;
  groups(groups: readonly string[]): ClientProxy<Client>;
  groupExcept(group: string, connectionIds: readonly string[]): ClientProxy<Client>;
  /** Every connection of one user. */
  user(userId: string): ClientProxy<Client>;
  users(userIds: readonly string[]): ClientProxy<Client>;
}

/** {@link HubClients} seen from one calling connection. */
export interface CallerClients<Client> extends HubClients<Client> {
  readonly caller: ClientProxy<Client>;
  /** Everyone but the caller. */
  readonly others: ClientProxy<Client>;
  othersInGroup(group: string): ClientProxy<Client>;
}
