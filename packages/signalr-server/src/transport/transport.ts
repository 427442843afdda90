import type { EncodedPayload } from "../protocol/prepared-message.ts";
import type { TransportName } from "./transport-name.ts";

/** What carries a connection's messages to the client. Each `send` is one message of the transport. */
export interface Transport {
  readonly name: TransportName;
  /** Bytes accepted that the client's side has not taken yet. */
  readonly bufferedBytes: number;
  /** Text goes as text, bytes as binary, where the transport knows the difference. */
  send(data: string | Uint8Array): void;
  /** As `send`, reusing the payload's WebSocket frame. */
  sendEncoded(payload: EncodedPayload): void;
  /** Resolves when the buffer is empty or the transport has ended; `undefined` when there is nothing to wait for. */
  whenWritable(): Promise<void> | undefined;
  /** Ends after what was sent: a WebSocket with this code and reason. */
  end(code: number, reason: string): void;
  /** Cuts at once. */
  terminate(): void;
  /** Called about once a second with the monotonic time in milliseconds. */
  tick(now: number): void;
}

/** The connection a transport works for. */
export interface TransportOwner {
  /**
   * Hands on what arrived. A promise asks the transport to read no further until it resolves.
   *
   * @param isText whether it came as a text frame, which is valid UTF-8.
   */
  received(data: Buffer, isText: boolean): Promise<void> | undefined;
  /** What arrived is no message of the transport's: the client is to be told why before the end. */
  refused(reason: string): void;
  /** @param graceful whether the client said goodbye, rather than vanish. */
  transportClosed(transport: Transport, graceful: boolean, error: Error | undefined): void;
}

/** A stream of results waits while more than this is under way to its client. */
export const writableHighWaterBytes = 65_536;
