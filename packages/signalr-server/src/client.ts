import type { ArgumentsOf, CallNames, MethodsOf, PlainArguments, ResultOf, StreamNames } from "./hub/contract-types.ts";

/** What of a client's `HubConnection` is typed here; `@microsoft/signalr`'s fits, and it stays the caller's dependency. */
export interface ClientConnection {
  invoke(method: string, ...args: unknown[]): Promise<unknown>;
  send(method: string, ...args: unknown[]): Promise<void>;
  stream(method: string, ...args: unknown[]): StreamResult<unknown>;
  on(method: string, handler: (...args: never[]) => unknown): void;
  off(method: string, handler: (...args: never[]) => unknown): void;
}

/** A stream as the client receives it; `@microsoft/signalr`'s `IStreamResult`. */
export interface StreamResult<Item> {
  subscribe(subscriber: { next(item: Item): void; error(error: unknown): void; complete(): void }): { dispose(): void };
}

/** An upload stream as the client sends it: a `Subject` of `@microsoft/signalr`, or anything that can be subscribed to. */
export interface UploadSource<Item> {
  subscribe(subscriber: { next(item: Item): void; error(error: unknown): void; complete(): void }): unknown;
}

/** A contract's arguments on the client's side: what the server receives as async iterables the client sends from sources. */
export type ClientArguments<Arguments extends readonly unknown[]> = {
  [Index in keyof Arguments]: Arguments[Index] extends AsyncIterable<infer Item> ? UploadSource<Item> : Arguments[Index];
};

/** A hub connection typed by the hub's two contracts. */
export interface TypedClient<Server, Client> {
  invoke<Name extends CallNames<Server>>(method: Name, ...args: ClientArguments<ArgumentsOf<Server[Name]>>): Promise<ResultOf<Server[Name]>>;
  /** Without waiting for the server to have done it. */
  send<Name extends CallNames<Server>>(method: Name, ...args: ClientArguments<ArgumentsOf<Server[Name]>>): Promise<void>;
  stream<Name extends StreamNames<Server>>(method: Name, ...args: ClientArguments<ArgumentsOf<Server[Name]>>): StreamResult<ResultOf<Server[Name]>>;
  /** Handles what the server calls; the returned function stops that. */
  on<Name extends keyof Client & string>(
    method: Name,
    handler: (...args: PlainArguments<ArgumentsOf<Client[Name]>>) => ResultOf<Client[Name]> | Promise<ResultOf<Client[Name]>>,
  ): () => void;
}

/**
 * Types a connection of `@microsoft/signalr` by the contracts its hub was defined with.
 *
 * @example
 * const chat = typedClient<ChatServer, ChatClient>(connection);
 * chat.on("said", (room, text) => show(room, text));
 * await chat.invoke("say", "lobby", "hello");
 */
export function typedClient<Server extends MethodsOf<Server>, Client extends MethodsOf<Client>>(
  connection: ClientConnection,
): TypedClient<Server, Client> {
  const typed = {
    invoke: (method: string, ...args: unknown[]) => connection.invoke(method, ...args),
    send: (method: string, ...args: unknown[]) => connection.send(method, ...args),
    stream: (method: string, ...args: unknown[]) => connection.stream(method, ...args),
    on(method: string, handler: (...args: never[]) => unknown) {
      connection.on(method, handler);
      return () => connection.off(method, handler);
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- results are typed by the contract alone, as everything that crosses the wire
  return typed as TypedClient<Server, Client>;
}
