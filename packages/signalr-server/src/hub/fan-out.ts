import type { PreparedMessage } from "../protocol/prepared-message.ts";

/** A connection as the fan-out sees it. */
export interface Recipient {
  /** Hands the message to the transport, whatever else is under way. */
  deliver(message: PreparedMessage): void;
}

interface Broadcast {
  readonly message: PreparedMessage;
  /** In the order of delivery; those reached are gone. */
  readonly remaining: Set<Recipient>;
  readonly done: () => void;
}

/** Up to this many recipients are served at once: below a millisecond. */
const immediateRecipients = 64;
/** A slice of a broadcast yields to the event loop after this. */
const sliceBudgetMs = 4;
/** The clock is looked at once in so many deliveries. */
const deliveriesPerCheck = 16;

/**
 * Sends one message to many connections in slices, so that a broadcast to thousands does not hold up everything else.
 * Order is kept for each connection: whatever is written to one that a broadcast has not reached yet first brings it up to date.
 */
export class FanOut {
  readonly #underWay: Broadcast[] = [];
  readonly #serialise: (message: PreparedMessage) => void;

  /** @param serialise puts the message into every protocol, or throws: in the middle of a broadcast it would be too late. */
  constructor(serialise: (message: PreparedMessage) => void) {
    this.#serialise = serialise;
  }

  /** Resolves when the message has been handed to every recipient's transport. */
  send(recipients: Iterable<Recipient>, message: PreparedMessage): Promise<void> {
    const remaining = new Set(recipients);
    if (remaining.size <= immediateRecipients) {
      for (const recipient of remaining) {
        this.catchUp(recipient);
        recipient.deliver(message);
      }
      return Promise.resolve();
    }
    return new Promise((done) => {
      this.#serialise(message);
      this.#underWay.push({ message, remaining, done });
      if (this.#underWay.length === 1) setImmediate(() => this.#runSlice());
    });
  }

  /** Delivers to a connection what broadcasts still hold for it. */
  catchUp(recipient: Recipient): void {
    for (const broadcast of this.#underWay) {
      if (broadcast.remaining.delete(recipient)) recipient.deliver(broadcast.message);
    }
  }

  /** A connection that has gone receives nothing more. */
  forget(recipient: Recipient): void {
    for (const broadcast of this.#underWay) broadcast.remaining.delete(recipient);
  }

  #runSlice(): void {
    const until = performance.now() + sliceBudgetMs;
    let deliveries = 0;
    for (let broadcast = this.#underWay[0]; broadcast !== undefined; broadcast = this.#underWay[0]) {
      for (const recipient of broadcast.remaining) {
        broadcast.remaining.delete(recipient);
        recipient.deliver(broadcast.message);
        deliveries += 1;
        if (deliveries % deliveriesPerCheck === 0 && performance.now() >= until) {
          setImmediate(() => this.#runSlice());
          return;
        }
      }
      this.#underWay.shift();
      broadcast.done();
    }
  }
}
