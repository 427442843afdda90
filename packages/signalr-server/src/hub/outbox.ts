import type { TransportConnection } from "../connection/transport-connection.ts";
import type { EncodedPayload } from "../protocol/prepared-message.ts";
import { ReplayBuffer } from "./replay-buffer.ts";

/** What an outbox needs of its session. */
export interface OutboxOwner {
  /** The time of the latest tick. */
  readonly now: number;
  readonly maximumBufferedBytes: number;
  /** The client has let too much pile up. */
  tooSlow(): void;
}

/** What a session sends: straight to the transport, or by way of the replay buffer. Bounded either way. */
export class Outbox {
  readonly #connection: TransportConnection;
  readonly #owner: OutboxOwner;
  /** Under stateful reconnect only. */
  replay: ReplayBuffer | undefined;
  lastSentAt: number;

  constructor(connection: TransportConnection, owner: OutboxOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.lastSentAt = owner.now;
  }

  /** From now on tracked messages are kept until they are acknowledged. */
  keepForReplay(aheadBytes: number): void {
    this.replay = new ReplayBuffer(aheadBytes);
  }

  /** Sends a tracked message (types 1 to 5). */
  track(data: string | Uint8Array): void {
    if (this.replay === undefined) return this.transmit(data);
    this.replay.append(data);
    if (this.replay.keptBytes > this.#owner.maximumBufferedBytes) this.#owner.tooSlow();
    else this.transmitKept();
  }

  /** As {@link track}, for what other connections receive too. */
  trackEncoded(payload: EncodedPayload): void {
    if (this.replay !== undefined) return this.track(payload.data);
    const { transport } = this.#connection;
    if (transport === undefined || this.#isFull(transport.bufferedBytes)) return;
    transport.sendEncoded(payload);
    this.lastSentAt = this.#owner.now;
  }

  /** Sends what is not tracked, or has been tracked already. */
  transmit(data: string | Uint8Array): void {
    const { transport } = this.#connection;
    if (transport === undefined || this.#isFull(transport.bufferedBytes)) return;
    transport.send(data);
    this.lastSentAt = this.#owner.now;
  }

  /** Sends what the replay buffer held back and may now go. */
  transmitKept(): void {
    if (this.replay === undefined || this.#connection.transport === undefined) return;
    for (const data of this.replay.takeSendable()) this.transmit(data);
  }

  #isFull(bufferedBytes: number): boolean {
    if (bufferedBytes <= this.#owner.maximumBufferedBytes) return false;
    this.#owner.tooSlow();
    return true;
  }
}
