/** A server method, ready to be called with what came over the wire. */
export interface ServerMethod {
  /** As the hub writes it. */
  readonly name: string;
  readonly handler: (...args: readonly unknown[]) => unknown;
  readonly parse: ((args: readonly unknown[]) => readonly unknown[]) | undefined;
  /** Positions, after the call, of parameters that are streams from the client. */
  readonly streams: readonly number[];
  /** What can be told of the result before the call: an async generator streams, an async function does not. */
  readonly result: "stream" | "single" | "unknown";
}

/** A hub's methods by their names in lower case: clients may write them in any case. */
export type MethodTable = ReadonlyMap<string, ServerMethod>;

/** @throws TypeError for a hub whose methods differ in case only, or are not functions. */
export function buildMethodTable(methods: object): MethodTable {
  const table = new Map<string, ServerMethod>();
  for (const [name, definition] of Object.entries(methods)) {
    const key = name.toLowerCase();
    if (table.has(key)) throw new TypeError(`The hub has two methods named '${name}', whatever their case`);
    table.set(key, describe(name, definition));
  }
  return table;
}

function describe(name: string, definition: unknown): ServerMethod {
  const declared = typeof definition === "object" && definition !== null ? definition : {};
  const handler = "handler" in declared ? declared.handler : definition;
  if (typeof handler !== "function") throw new TypeError(`The hub's method '${name}' is not a function`);
  const parse = "parse" in declared ? declared.parse : undefined;
  const streams = "streams" in declared ? declared.streams : [];
  if (!Array.isArray(streams) || !streams.every((position) => Number.isInteger(position) && position >= 0)) {
    throw new TypeError(`The stream positions of the hub's method '${name}' are not whole numbers`);
  }
  return {
    name,
    handler: (...args): unknown => Reflect.apply(handler, undefined, args),
    parse: typeof parse === "function" ? (args) => asArray(name, Reflect.apply(parse, undefined, [args])) : undefined,
    streams: streams.toSorted((a: number, b: number) => a - b),
    result: resultKind(handler),
  };
}

function asArray(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`The parser of the hub's method '${name}' returned no array`);
  return value;
}

function resultKind(handler: object): ServerMethod["result"] {
  switch (Object.prototype.toString.call(handler)) {
    case "[object AsyncGeneratorFunction]":
      return "stream";
    case "[object AsyncFunction]":
      return "single";
    default:
      return "unknown";
  }
}

/** Whether a handler's value is a stream. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Puts the streams at their places among the plain arguments. */
export function placeStreams(
  plain: readonly unknown[],
  positions: readonly number[],
  streams: readonly AsyncIterable<unknown>[],
): readonly unknown[] {
  if (positions.length === 0) return plain;
  const args = [...plain];
  // Positions ascend, so each insertion stands where it will stay. A missing plain argument leaves a gap, not a shift.
  for (const [index, position] of positions.entries()) {
    while (args.length < position) args.push(undefined);
    args.splice(position, 0, streams[index]);
  }
  return args;
}
