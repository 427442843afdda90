import { defineHub } from "@nod/signalr-server";

export interface CustomObject {
  readonly Name: string;
  readonly Value: number;
}

/** JSON has neither bytes nor dates: there `ByteArray` is base64 and `DateTime` an ISO 8601 text. */
export interface ComplexObject {
  readonly String: string;
  readonly IntArray: readonly number[];
  readonly ByteArray: string | Uint8Array;
  readonly Guid: string;
  readonly DateTime: string | Date;
}

/** What the functional tests call. The names are theirs. */
export interface TestHubServer {
  Echo(message: string): string;
  GetCallerConnectionId(): string;
  GetNumRedirects(): number;
  ThrowException(message: string): never;
  InvokeWithString(message: string): Promise<void>;
  SendCustomObject(customObject: CustomObject): Promise<void>;
  Stream(): AsyncIterable<string>;
  InfiniteStream(): AsyncIterable<string>;
  EmptyStream(): AsyncIterable<number>;
  StreamThrowException(message: string): AsyncIterable<string>;
  StreamingConcat(stream: AsyncIterable<string>): Promise<string>;
  GetActiveTransportName(): string;
  EchoComplexObject(complexObject: ComplexObject): ComplexObject;
  SendComplexObject(): ComplexObject;
  GetContentTypeHeader(): string | null;
  GetHeader(headerName: string): string | null;
  GetCookie(cookieName: string): string | null;
}

/** What the functional tests listen to. */
export interface TestHubClient {
  Message(message: string): void;
  CustomObject(customObject: CustomObject): void;
  StreamCanceled(): void;
  Result(): Promise<number>;
}

/** Named after .NET's exception, because detailed errors carry the name to the client. */
class InvalidOperationException extends Error {
  override readonly name = "InvalidOperationException";
}

/** The hub behind `/testhub` and `/testhub-nowebsockets`. */
export const testHub = defineHub<TestHubServer, TestHubClient>({
  methods: {
    Echo: (_call, message) => message,
    GetCallerConnectionId: (call) => call.connection.id,
    GetNumRedirects: (call) => Number(call.connection.request.query("numRedirects")),
    ThrowException(_call, message) {
      throw new InvalidOperationException(message);
    },
    InvokeWithString: (call, message) => call.clients.caller.Message(message),
    SendCustomObject: (call, customObject) => call.clients.caller.CustomObject(customObject),

    async *Stream() {
      yield* ["a", "b", "c"];
    },
    InfiniteStream(call) {
      const { connection, hub, signal } = call;
      whenAborted(signal, () => void hub.clients.client(connection.id).StreamCanceled());
      return nothingUntilAborted(signal);
    },
    async *EmptyStream() {},
    StreamThrowException(_call, message) {
      throw new InvalidOperationException(message);
    },
    StreamingConcat: {
      streams: [0],
      async handler(_call, stream) {
        let text = "";
        for await (const item of stream) text += item;
        return text;
      },
    },

    GetActiveTransportName: (call) => call.connection.transport,
    EchoComplexObject: (_call, complexObject) => complexObject,
    SendComplexObject: (call) => ({
      String: "hello world",
      IntArray: [1, 2, 3],
      Guid: "00010203-0405-0607-0706-050403020100",
      ...(call.connection.protocol === "json"
        ? { ByteArray: "AQID", DateTime: "2000-01-01T00:00:00Z" }
        : { ByteArray: Uint8Array.of(1, 2, 3), DateTime: new Date(Date.UTC(2000, 0, 1)) }),
    }),
    GetContentTypeHeader: (call) => call.connection.request.headers["content-type"] ?? null,
    GetHeader(call, headerName) {
      const value = call.connection.request.headers[headerName.toLowerCase()];
      return Array.isArray(value) ? value.join(",") : (value ?? null);
    },
    GetCookie: (call, cookieName) => cookieValue(call.connection.request.headers.cookie, cookieName),
  },
});

/** What clients of `/authorizedhub` may call. */
export interface AuthorizedHubServer {
  Echo(message: string): string;
  GetUserNameIdentifier(): string;
}

/** The hub behind `/authorizedhub`; who calls it has shown a token of `/generateJwtToken`. */
export const authorizedHub = defineHub<AuthorizedHubServer, Record<never, never>>({
  methods: {
    Echo: (_call, message) => message,
    GetUserNameIdentifier: (call) => call.connection.userId ?? "",
  },
});

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

/** A stream that brings nothing and ends when its call does. */
function nothingUntilAborted(signal: AbortSignal): AsyncIterable<never> {
  const end: Promise<IteratorResult<never>> = new Promise((resolve) => {
    whenAborted(signal, () => resolve({ done: true, value: undefined }));
  });
  return { [Symbol.asyncIterator]: () => ({ next: () => end }) };
}

function cookieValue(header: string | undefined, name: string): string | null {
  const prefix = `${name}=`;
  const cookie = header?.split(";").map((part) => part.trim()).find((part) => part.startsWith(prefix));
  return cookie === undefined ? null : decodeURIComponent(cookie.slice(prefix.length));
}
