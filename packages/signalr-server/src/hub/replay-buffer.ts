import type { HubMessage } from "../protocol/hub-message.ts";
import { MessageType, isTracked } from "../protocol/hub-message.ts";
import { ProtocolError } from "../protocol/hub-protocol.ts";

interface BufferedMessage {
  readonly id: number;
  readonly data: string | Uint8Array;
  readonly bytes: number;
}

/**
 * Stateful reconnect: HubProtocol.md, "Stateful Reconnect". Tracked messages are numbered from 1 in each direction, kept until
 * they are acknowledged, and sent again on a new socket.
 */
export class ReplayBuffer {
  readonly #aheadBytes: number;
  #kept: BufferedMessage[] = [];
  #keptBytes = 0;
  #sentBytes = 0;
  /** How many of those kept have been sent on the present socket. */
  #sentCount = 0;
  #lastId = 0;
  #awaitingSequence = false;
  #nextReceivedId = 1;
  #latestReceivedId = 0;
  #acknowledgedId = 0;

  /** @param aheadBytes what may be sent ahead of acknowledgements; the rest waits here. */
  constructor(aheadBytes: number) {
    this.#aheadBytes = aheadBytes;
  }

  /** Bytes kept, sent or not. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Numbers and keeps a message. What {@link takeSendable} then gives is to be sent. */
  append(data: string | Uint8Array): void {
    this.#lastId += 1;
    const bytes = data.length;
    this.#kept.push({ id: this.#lastId, data, bytes });
    this.#keptBytes += bytes;
  }

  /** The messages whose turn it is on the present socket, each given once. */
  *takeSendable(): Generator<string | Uint8Array, void, undefined> {
    for (let next = this.#kept[this.#sentCount]; next !== undefined; next = this.#kept[this.#sentCount]) {
      if (this.#sentBytes > 0 && this.#sentBytes + next.bytes > this.#aheadBytes) return;
      this.#sentCount += 1;
      this.#sentBytes += next.bytes;
      yield next.data;
    }
  }

  /** Releases what the client has. An id beyond what was sent counts as the highest that was. */
  acknowledge(sequenceId: number): void {
    let released = 0;
    for (const message of this.#kept.slice(0, this.#sentCount)) {
      if (message.id > sequenceId) break;
      released += 1;
      this.#keptBytes -= message.bytes;
      this.#sentBytes -= message.bytes;
    }
    this.#kept = this.#kept.slice(released);
    this.#sentCount -= released;
  }

  /**
   * A new socket: everything kept is to be sent again, after a Sequence message with the returned id. That is the first
   * unacknowledged message's, as in both of Microsoft's implementations; the highest sent plus one, as the specification has
   * it, would make a client that missed a message stop.
   */
  restart(): number {
    this.#awaitingSequence = true;
    this.#sentCount = 0;
    this.#sentBytes = 0;
    return this.#kept[0]?.id ?? this.#lastId + 1;
  }

  /**
   * Whether a message is to be acted upon; duplicates and what precedes the client's Sequence message are not. Called in the
   * order of arrival, before anything waits: a Sequence message counts from the very next message on.
   *
   * @throws ProtocolError when messages are missing.
   */
  admits(message: HubMessage): boolean {
    if (message.type === MessageType.Sequence) {
      this.#resetSequence(message.sequenceId);
      return false;
    }
    if (this.#awaitingSequence) return false;
    if (!isTracked(message)) return true;
    const id = this.#nextReceivedId;
    this.#nextReceivedId += 1;
    if (id <= this.#latestReceivedId) {
      // The client sends it again because our acknowledgement was lost with the old socket.
      this.#acknowledgedId = Math.min(this.#acknowledgedId, this.#latestReceivedId - 1);
      return false;
    }
    this.#latestReceivedId = id;
    return true;
  }

  #resetSequence(sequenceId: number): void {
    if (sequenceId > this.#nextReceivedId) {
      throw new ProtocolError("Sequence ID greater than amount of messages we've received.");
    }
    this.#awaitingSequence = false;
    this.#nextReceivedId = sequenceId;
  }

  /** The id to acknowledge now, if there is anything new to acknowledge. */
  takeAcknowledgement(): number | undefined {
    if (this.#awaitingSequence || this.#acknowledgedId >= this.#latestReceivedId) return undefined;
    this.#acknowledgedId = this.#latestReceivedId;
    return this.#latestReceivedId;
  }
}
