import { HubError } from "./hub-error.ts";

/** A client ended its stream with an error. The text is the client's own, so it may come back to it, as from ASP.NET Core. */
export class StreamError extends HubError {}

/** A stream from the client, as the handler reads it. */
export class UploadStream implements AsyncIterable<unknown> {
  readonly #capacity: number;
  #items: unknown[] = [];
  #ended = false;
  #error: Error | undefined;
  #wakeReader: (() => void) | undefined;
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  /** @param capacity unread items after which the sender has to wait. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds an item. A returned promise resolves when there is room for another. */
  push(item: unknown): Promise<void> | undefined {
    if (this.#ended) return undefined;
    this.#items.push(item);
    this.#wakeReader?.();
    if (this.#items.length < this.#capacity) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** Ends the stream: what was pushed can still be read, then the reader sees the end or the error. */
  complete(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wakeReader?.();
    this.#makeRoom();
  }

  /** Ends the stream and drops what nobody will read. */
  abandon(): void {
    this.#items = [];
    this.complete();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    try {
      for (;;) {
        while (this.#items.length > 0) {
          const item = this.#items.shift();
          if (this.#items.length < this.#capacity) this.#makeRoom();
          yield item;
        }
        if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    } finally {
      this.abandon();
    }
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
