import type { CloseOptions } from "./connection/connection-info.ts";
import type { Audience } from "./hub/audience.ts";

/** What one process tells the others about a hub. JSON-serialisable as long as the arguments are. */
export type BackplaneMessage =
  | { readonly kind: "invoke"; readonly audience: Audience; readonly target: string; readonly args: readonly unknown[] }
  | { readonly kind: "groupAdd"; readonly connectionId: string; readonly group: string }
  | { readonly kind: "groupRemove"; readonly connectionId: string; readonly group: string }
  | { readonly kind: "disconnect"; readonly audience: Audience; readonly close: CloseOptions };

/** Connects the hubs of several processes. */
export interface Backplane {
  /** Hands a message to every other subscriber of the hub; never to the one that publishes. */
  publish(hubPath: string, subscriberId: string, message: BackplaneMessage): Promise<void>;
  /** Starts delivery; the returned function ends it. */
  subscribe(
    hubPath: string,
    subscriberId: string,
    deliver: (message: BackplaneMessage) => void,
  ): Promise<() => Promise<void>>;
}

/** Joins servers within one process: for tests, and for a process that runs several. */
export class MemoryBackplane implements Backplane {
  readonly #subscribers = new Map<string, Map<string, (message: BackplaneMessage) => void>>();

  async publish(hubPath: string, subscriberId: string, message: BackplaneMessage): Promise<void> {
    for (const [id, deliver] of this.#subscribers.get(hubPath) ?? []) if (id !== subscriberId) deliver(message);
  }

  async subscribe(hubPath: string, subscriberId: string, deliver: (message: BackplaneMessage) => void): Promise<() => Promise<void>> {
    const subscribers = this.#subscribers.get(hubPath) ?? new Map<string, (message: BackplaneMessage) => void>();
    this.#subscribers.set(hubPath, subscribers);
    subscribers.set(subscriberId, deliver);
    return async () => {
      subscribers.delete(subscriberId);
      if (subscribers.size === 0) this.#subscribers.delete(hubPath);
    };
  }
}
