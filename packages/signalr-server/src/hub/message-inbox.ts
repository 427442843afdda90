import type { HubMessage } from "../protocol/hub-message.ts";

/** Hands a connection's messages on one by one, and holds the rest back while one of them has to wait. */
export class MessageInbox {
  readonly #dispatch: (message: HubMessage) => Promise<void> | undefined;
  readonly #fail: (error: unknown) => void;
  #queue: HubMessage[] = [];
  #emptied: Promise<void> | undefined;

  constructor(dispatch: (message: HubMessage) => Promise<void> | undefined, fail: (error: unknown) => void) {
    this.#dispatch = dispatch;
    this.#fail = fail;
  }

  /** Whether messages are being held back. */
  get held(): boolean {
    return this.#emptied !== undefined;
  }

  /** Holds everything until the promise resolves. */
  hold(until: Promise<void>): void {
    this.#emptied = this.#drain(until);
  }

  /** A returned promise resolves when nothing is held back any more. */
  deliver(messages: readonly HubMessage[]): Promise<void> | undefined {
    if (this.#emptied !== undefined) {
      for (const message of messages) this.#queue.push(message);
      return this.#emptied;
    }
    for (const [index, message] of messages.entries()) {
      const wait = this.#dispatch(message);
      if (wait !== undefined) {
        this.#queue = messages.slice(index + 1);
        this.hold(wait);
        return this.#emptied;
      }
    }
    return undefined;
  }

  async #drain(until: Promise<void>): Promise<void> {
    try {
      await until;
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await this.#dispatch(next);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#emptied = undefined;
    }
  }
}
