import type { CompletionMessage, InvocationMessage, StreamInvocationMessage, StreamItemMessage, TrackedMessage } from "../protocol/hub-message.ts";
import type { HubFilter } from "./define-hub.ts";
import { errorText } from "./error-text.ts";
import { HubError } from "./hub-error.ts";
import type { CallScope } from "./invocation.ts";
import { Invocation } from "./invocation.ts";
import type { MethodTable, ServerMethod } from "./method-table.ts";
import { isAsyncIterable, placeStreams } from "./method-table.ts";
import { StreamFailure, discardStream, pumpStream } from "./stream-pump.ts";
import { StreamError, UploadStream } from "./upload-stream.ts";

/** What the runner needs of its connection. */
export interface RunnerHost {
  send(message: TrackedMessage): void;
  /** As of a transport: resolves when more may be sent. */
  whenWritable(): Promise<void> | undefined;
  failed(method: string, error: unknown): void;
}

/** What the runner needs of its hub. */
export interface RunnerRules<Client> {
  readonly methods: MethodTable;
  readonly filters: readonly HubFilter<Client>[];
  readonly detailedErrors: boolean;
  readonly maximumParallelInvocations: number;
  readonly maximumParallelStreams: number;
  readonly streamBufferCapacity: number;
}

type Call = InvocationMessage | StreamInvocationMessage;

interface Waiting<Client> {
  readonly message: Call;
  readonly method: ServerMethod;
  readonly invocation: Invocation<Client>;
  readonly uploads: readonly UploadStream[];
}

/** Calls that may wait for their turn before reading from the connection pauses. */
const maximumWaitingCalls = 64;

/** Runs the calls of one connection: in order, so many at a time, with their streams. */
export class InvocationRunner<Client> {
  readonly #host: RunnerHost;
  readonly #rules: RunnerRules<Client>;
  readonly #scope: CallScope<Client>;
  /** By invocation id, or by themselves where they have none. */
  readonly #underWay = new Map<string | Invocation<Client>, Invocation<Client>>();
  readonly #uploads = new Map<string, UploadStream>();
  readonly #waiting: Waiting<Client>[] = [];
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #runningInvocations = 0;
  #downloads = 0;

  constructor(host: RunnerHost, rules: RunnerRules<Client>, scope: CallScope<Client>) {
    this.#host = host;
    this.#rules = rules;
    this.#scope = scope;
  }

  get idle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Takes a call. A returned promise asks to deliver nothing more until it resolves. */
  accept(message: Call): Promise<void> | undefined {
    const method = this.#rules.methods.get(message.target.toLowerCase());
    const refusal = method === undefined ? `Unknown hub method '${message.target}'` : this.#refusal(message, method);
    if (method === undefined || refusal !== undefined) {
      this.#complete(message, refusal === undefined ? {} : { error: refusal });
      return undefined;
    }
    // Registered before anything is awaited, so that a cancellation in the very next message finds its target.
    const invocation = new Invocation(this.#scope);
    const uploads = (message.streamIds ?? []).map((id) => {
      const upload = new UploadStream(this.#rules.streamBufferCapacity);
      this.#uploads.set(id, upload);
      return upload;
    });
    this.#underWay.set(message.invocationId ?? invocation, invocation);
    this.#waiting.push({ message, method, invocation, uploads });
    this.#startWaiting();
    if (this.#waiting.length < maximumWaitingCalls) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** Takes an item of an upload; late ones of a call that is over are dropped. */
  acceptItem(message: StreamItemMessage): Promise<void> | undefined {
    return this.#uploads.get(message.invocationId)?.push(message.item);
  }

  /** Takes the end of an upload; tells whether the id was one. */
  acceptCompletion(message: CompletionMessage): boolean {
    const upload = this.#uploads.get(message.invocationId);
    if (upload === undefined) return false;
    this.#uploads.delete(message.invocationId);
    upload.complete(message.error === undefined ? undefined : new StreamError(message.error));
    return true;
  }

  cancel(invocationId: string): void {
    this.#underWay.get(invocationId)?.cancel();
  }

  /** The connection has ended. */
  cancelAll(): void {
    for (const invocation of this.#underWay.values()) invocation.cancel();
    for (const upload of this.#uploads.values()) upload.complete(new StreamError("The connection has ended."));
    this.#uploads.clear();
    this.#room?.resolve();
  }

  #refusal(message: Call, method: ServerMethod): string | undefined {
    const sent = message.streamIds?.length ?? 0;
    if (message.invocationId !== undefined && this.#underWay.has(message.invocationId)) {
      return `Invocation ID '${message.invocationId}' is already in use.`;
    }
    if (method.result === "stream" && message.type === 1) return streamingMethodInvoked(message.target);
    if (method.result === "single" && message.type === 4) return plainMethodStreamed(message.target);
    const expected = method.streams.length;
    if (sent !== expected) {
      const mismatch = new HubError(`Client sent ${sent} stream(s), Hub method expects ${expected}.`);
      return errorText(invocationFailed(message.target), mismatch, this.#rules.detailedErrors);
    }
    const streams = sent + (message.type === 4 ? 1 : 0);
    if (streams > 0 && this.#downloads + this.#uploads.size + streams > this.#rules.maximumParallelStreams) {
      return errorText(invocationFailed(message.target), new HubError("Too many streams are open."), this.#rules.detailedErrors);
    }
    if (message.streamIds?.some((id) => this.#uploads.has(id)) === true) {
      return errorText(invocationFailed(message.target), new HubError("A stream id is already in use."), this.#rules.detailedErrors);
    }
    return undefined;
  }

  /** Starts calls in the order of their arrival. Those with streams take no slot: they may last as long as the connection. */
  #startWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const counts = next.message.type === 1 && next.uploads.length === 0;
      if (counts && this.#runningInvocations >= this.#rules.maximumParallelInvocations) return;
      this.#waiting.shift();
      if (counts) this.#runningInvocations += 1;
      const run = this.#run(next).catch((error: unknown) => this.#host.failed(next.method.name, error));
      void run.finally(() => {
        if (counts) this.#runningInvocations -= 1;
        this.#startWaiting();
      });
    }
    if (this.#waiting.length < maximumWaitingCalls) {
      this.#room?.resolve();
      this.#room = undefined;
    }
  }

  async #run(call: Waiting<Client>): Promise<void> {
    const { message, method, invocation } = call;
    if (message.type === 4) this.#downloads += 1;
    let outcome: { readonly error?: string; readonly result?: unknown } = {};
    try {
      // Not awaited where there is nothing to await: a generator has then started before the next message is looked at.
      const made = this.#invoke(call);
      const value: unknown = isThenable(made) ? await made : made;
      if (message.type === 4) {
        if (isAsyncIterable(value)) await pumpStream(value, invocation, message.invocationId, this.#host);
        else outcome = { error: plainMethodStreamed(message.target) };
      } else if (isAsyncIterable(value)) {
        void discardStream(value[Symbol.asyncIterator]());
        outcome = { error: streamingMethodInvoked(message.target) };
      } else outcome = { result: value };
    } catch (error) {
      this.#host.failed(method.name, error);
      const summary = error instanceof StreamFailure ? "An error occurred on the server while streaming results." : invocationFailed(message.target);
      outcome = { error: errorText(summary, error instanceof StreamFailure ? error.cause : error, this.#rules.detailedErrors) };
    } finally {
      if (message.type === 4) this.#downloads -= 1;
      this.#underWay.delete(message.invocationId ?? invocation);
      for (const id of message.streamIds ?? []) this.#uploads.delete(id);
      for (const upload of call.uploads) upload.abandon();
    }
    this.#complete(message, outcome);
  }

  #invoke({ message, method, invocation, uploads }: Waiting<Client>): unknown {
    const plain = method.parse === undefined ? message.arguments : method.parse(message.arguments);
    const args = placeStreams(plain, method.streams, uploads);
    const { filters } = this.#rules;
    if (filters.length === 0) return method.handler(invocation, ...args);
    const step = async (index: number): Promise<unknown> => {
      const filter = filters[index];
      return filter === undefined
        ? method.handler(invocation, ...args)
        : filter({ call: invocation, method: method.name, args }, () => step(index + 1));
    };
    return step(0);
  }

  /** Answers, if somebody waits for an answer. */
  #complete(message: Call, outcome: { readonly error?: string; readonly result?: unknown }): void {
    const { invocationId } = message;
    if (invocationId === undefined) return;
    try {
      this.#host.send({ type: 3, invocationId, ...outcome });
    } catch (error) {
      // The result cannot be written in this protocol: too deep, or a function.
      this.#host.failed(message.target, error);
      this.#host.send({ type: 3, invocationId, error: errorText(invocationFailed(message.target), error, this.#rules.detailedErrors) });
    }
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}

function invocationFailed(target: string): string {
  return `An unexpected error occurred invoking '${target}' on the server.`;
}

function streamingMethodInvoked(target: string): string {
  return `The client attempted to invoke the streaming '${target}' method with a non-streaming invocation.`;
}

function plainMethodStreamed(target: string): string {
  return `The client attempted to invoke the non-streaming '${target}' method with a streaming invocation.`;
}
