import type { ServerResponse } from "node:http";
import type { EncodedPayload } from "../protocol/prepared-message.ts";
import type { Transport, TransportOwner } from "./transport.ts";
import { writableHighWaterBytes } from "./transport.ts";

/** Limits of long polling, in milliseconds. */
export interface LongPollingLimits {
  readonly pollTimeoutMs: number;
  readonly disconnectTimeoutMs: number;
}

/** Long polling: the server's half of a connection whose client speaks through POST requests and asks for each answer. */
export class LongPollingTransport implements Transport {
  readonly name = "LongPolling";
  readonly #owner: TransportOwner;
  readonly #limits: LongPollingLimits;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #poll: ServerResponse | undefined;
  /** Monotonic time of the latest change between polled and not polled. */
  #changedAt: number;
  #flushing = false;
  #ended = false;
  #waiters: (() => void)[] = [];

  constructor(owner: TransportOwner, limits: LongPollingLimits, now: number) {
    this.#owner = owner;
    this.#limits = limits;
    this.#changedAt = now;
  }

  get bufferedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether the connection has ended and its last poll has been told so. */
  get finished(): boolean {
    return this.#ended && this.#queuedBytes === 0;
  }

  /** The first poll carries nothing: it tells the client that the connection stands. */
  answerFirstPoll(response: ServerResponse): void {
    answer(response, 200);
  }

  /** Holds a poll until there is something to say. A poll that is already held ends with 204: the client gave up on it. */
  attachPoll(response: ServerResponse, now: number): void {
    if (this.#poll !== undefined) answer(this.#poll, 204);
    this.#poll = response;
    this.#changedAt = now;
    response.on("close", () => {
      if (this.#poll !== response) return;
      this.#poll = undefined;
      this.#changedAt = performance.now();
    });
    if (this.#queue.length > 0 || this.#ended) this.#flush();
  }

  send(data: string | Uint8Array): void {
    if (this.#ended) return;
    const bytes = Buffer.from(data);
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#flushing || this.#poll === undefined) return;
    // What is sent in the same turn travels in the same answer.
    this.#flushing = true;
    process.nextTick(() => this.#flush());
  }

  sendEncoded(payload: EncodedPayload): void {
    this.send(payload.data);
  }

  whenWritable(): Promise<void> | undefined {
    if (this.#queuedBytes <= writableHighWaterBytes || this.#ended) return undefined;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake();
    if (!this.#flushing) this.#flush();
  }

  terminate(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.end();
  }

  tick(now: number): void {
    const heldMs = now - this.#changedAt;
    if (this.#poll !== undefined) {
      if (heldMs >= this.#limits.pollTimeoutMs) this.#respond(200);
    } else if (heldMs >= this.#limits.disconnectTimeoutMs) {
      this.terminate();
      this.#owner.transportClosed(this, false, undefined);
    }
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#poll === undefined) return;
    if (this.#queue.length === 0) {
      if (!this.#ended) return;
      this.#respond(204);
      this.#owner.transportClosed(this, true, undefined);
      return;
    }
    const body = Buffer.concat(this.#queue);
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#respond(200, body);
    this.#wake();
  }

  #respond(status: number, body?: Buffer): void {
    const poll = this.#poll;
    this.#poll = undefined;
    this.#changedAt = performance.now();
    if (poll !== undefined) answer(poll, status, body);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

function answer(response: ServerResponse, status: number, body?: Buffer): void {
  response.writeHead(status, {
    "Cache-Control": "no-cache, no-store",
    Pragma: "no-cache",
    Expires: "Thu, 01 Jan 1970 00:00:00 GMT",
    ...(status === 200 ? { "Content-Type": "application/octet-stream", "Content-Length": body?.length ?? 0 } : {}),
  });
  response.end(body);
}
