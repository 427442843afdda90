import type { HubMessage } from "./hub-message.ts";

/** Splits one connection's incoming bytes into messages, whatever the frames they came in. */
export interface MessageReader {
  /**
   * Takes the next bytes and returns the messages that are now complete.
   *
   * @throws ProtocolError for what is malformed or larger than the limit; the connection is then lost.
   */
  push(data: Buffer): HubMessage[];
}

/** One encoding of hub messages. Stateless: a single instance serves every connection. */
export interface HubProtocol {
  /** The name a client asks for in its handshake. */
  readonly name: string;
  readonly transferFormat: "Text" | "Binary";
  write(message: HubMessage): string | Uint8Array;
  /** @param maximumMessageBytes largest single message, without its framing. */
  createReader(maximumMessageBytes: number): MessageReader;
}

/** The peer broke the hub protocol; its text may be told to the peer. */
export class ProtocolError extends Error {
  override readonly name = "InvalidDataException";
}
