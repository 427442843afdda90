import type { CompletionMessage } from "../protocol/hub-message.ts";
import { HubError } from "./hub-error.ts";
import type { InvokeClientOptions } from "./hub-context.ts";

const defaultTimeoutMs = 30_000;
/** Answers one connection may owe at once. */
const maximumPendingResults = 100;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The answers a connection owes to calls of the server. */
export class ClientResults {
  readonly #pending = new Map<string, Pending>();
  #lastId = 0;

  /**
   * Sends a call under a new id and waits for its completion.
   *
   * @throws HubError when the client answers with an error or not in time, or is gone.
   */
  async request(send: (invocationId: string) => void, options: InvokeClientOptions): Promise<unknown> {
    if (this.#pending.size >= maximumPendingResults) throw new HubError("The client owes too many results.");
    options.signal?.throwIfAborted();
    this.#lastId += 1;
    const invocationId = `s${this.#lastId}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(invocationId, { resolve, reject });
    const timer = setTimeout(() => reject(new HubError("The client did not answer in time.")), options.timeoutMs ?? defaultTimeoutMs);
    const onAbort = (): void => reject(new HubError("Invocation was canceled."));
    options.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      send(invocationId);
      return await promise;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      this.#pending.delete(invocationId);
    }
  }

  /** Takes a client's answer; one that nobody waits for any more is dropped. */
  accept(message: CompletionMessage): void {
    const pending = this.#pending.get(message.invocationId);
    if (message.error === undefined) pending?.resolve(message.result);
    else pending?.reject(new HubError(message.error));
  }

  /** The connection has ended. */
  rejectAll(): void {
    for (const pending of this.#pending.values()) pending.reject(new HubError("The connection ended before the client answered."));
  }
}
