import type { ArgumentsOf, HasStream, MethodsOf, PlainArguments } from "./contract-types.ts";
import type { HubCall } from "./hub-call.ts";
import type { HubConnection } from "./hub-connection.ts";
import type { HubContext } from "./hub-context.ts";

type HandlerResult<Result> = Result extends AsyncIterable<infer Item>
  ? AsyncIterable<Item>
  : Awaited<Result> | Promise<Awaited<Result>>;

/** The implementation of one server method: the contract's arguments after the call's context. */
export type HubHandler<Method, Client> = Method extends (...args: infer Arguments) => infer Result
  ? (call: HubCall<Client>, ...args: Arguments) => HandlerResult<Result>
  : never;

/** A server method with declarations beside its handler. */
export interface DescribedMethod<Method, Client> {
  readonly handler: HubHandler<Method, Client>;
  /**
   * Turns what arrived on the wire into the arguments the handler's types promise; throw a {@link HubError} to refuse.
   * Streams are not among them.
   */
  readonly parse?: (args: readonly unknown[]) => PlainArguments<ArgumentsOf<Method>>;
}

/** A server method that receives streams says at which positions of its parameters they stand, counted from 0. */
export interface StreamReceivingMethod<Method, Client> extends DescribedMethod<Method, Client> {
  readonly streams: readonly number[];
}

/** What implements one method of the server contract. */
export type MethodDefinition<Method, Client> = HasStream<ArgumentsOf<Method>> extends true
  ? StreamReceivingMethod<Method, Client>
  : HubHandler<Method, Client> | DescribedMethod<Method, Client>;

/** One invocation on its way through the filters. */
export interface HubInvocation<Client> {
  readonly call: HubCall<Client>;
  /** The method's name as the hub defines it, whatever its case on the wire. */
  readonly method: string;
  readonly args: readonly unknown[];
}

/**
 * Wraps every invocation of a hub: call `next()` to go on, throw to refuse, or return something else.
 * Filters run in the order in which they are listed; for a streaming method the value is the async iterable.
 */
export type HubFilter<Client> = (invocation: HubInvocation<Client>, next: () => Promise<unknown>) => Promise<unknown>;

/** A hub: the implementation of `Server`, able to call `Client`. */
export interface HubDefinition<Server, Client> {
  /** The server's methods; clients may write their names in any case. */
  readonly methods: { readonly [Name in keyof Server]: MethodDefinition<Server[Name], Client> };
  /** Runs after the handshake and before the connection's first invocation; a throw closes the connection. */
  readonly onConnected?: (call: HubCall<Client>) => void | Promise<void>;
  /** Runs once for every connection whose `onConnected` ran; `error` is absent after an orderly close. */
  readonly onDisconnected?: (connection: HubConnection, error: Error | undefined, hub: HubContext<Client>) => void | Promise<void>;
  readonly filters?: readonly HubFilter<Client>[];
  /** How names of client methods appear on the wire: as the contract writes them (default), or with a capital first letter. */
  readonly clientMethodCase?: "asWritten" | "pascal";
}

/**
 * Types a hub's implementation against its two contracts.
 *
 * @example
 * const hub = defineHub<ChatServer, ChatClient>({
 *   methods: { async say(call, text) { await call.clients.all.said(text); } },
 * });
 */
export function defineHub<Server extends MethodsOf<Server>, Client extends MethodsOf<Client>>(
  definition: HubDefinition<Server, Client>,
): HubDefinition<Server, Client> {
  return definition;
}
