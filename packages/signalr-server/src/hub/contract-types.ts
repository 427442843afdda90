/**
 * The shape both contracts of a hub obey: an interface whose members are all methods.
 * It is F-bounded (`S extends MethodsOf<S>`), so that plain interfaces without an index signature qualify.
 */
export type MethodsOf<Contract> = { readonly [Name in keyof Contract]: (...args: never[]) => unknown };

/** The arguments of one method of a contract. */
export type ArgumentsOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments : never;

/** What one method of a contract yields in the end: the awaited result, or the items of its stream. */
export type ResultOf<Method> = Method extends (...args: never[]) => infer Result
  ? Awaited<Result> extends AsyncIterable<infer Item>
    ? Item
    : Awaited<Result>
  : never;

/** Names of the methods whose result is a stream. */
export type StreamNames<Contract> = {
  [Name in keyof Contract & string]: Contract[Name] extends (...args: never[]) => AsyncIterable<unknown> ? Name : never;
}[keyof Contract & string];

/** Names of the methods that return one result, or none. */
export type CallNames<Contract> = Exclude<keyof Contract & string, StreamNames<Contract>>;

/** Whether any of the arguments is a stream. */
export type HasStream<Arguments extends readonly unknown[]> = Arguments extends readonly [infer Head, ...infer Tail]
  ? Head extends AsyncIterable<unknown>
    ? true
    : HasStream<Tail>
  : false;

/** The arguments that travel in the invocation itself; streams travel beside it. */
export type PlainArguments<Arguments extends readonly unknown[]> = Arguments extends readonly [infer Head, ...infer Tail]
  ? Head extends AsyncIterable<unknown>
    ? PlainArguments<Tail>
    : [Head, ...PlainArguments<Tail>]
  : Arguments;
