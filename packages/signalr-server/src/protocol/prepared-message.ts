import type { HubProtocol } from "./hub-protocol.ts";

/** A payload as a transport sends it, with the WebSocket frame cached once one connection needed it. */
export interface EncodedPayload {
  readonly data: string | Uint8Array;
  webSocketFrame: Buffer | undefined;
}

/** An invocation of a client method that is serialised at most once for each protocol. */
export class PreparedMessage {
  readonly target: string;
  readonly args: readonly unknown[];
  #text: EncodedPayload | undefined;
  #binary: EncodedPayload | undefined;

  constructor(target: string, args: readonly unknown[]) {
    this.target = target;
    this.args = args;
  }

  /** The bytes or text for one protocol, from the cache after the first time. */
  encodedFor(protocol: HubProtocol): EncodedPayload {
    if (protocol.transferFormat === "Text") return (this.#text ??= this.#encode(protocol));
    return (this.#binary ??= this.#encode(protocol));
  }

  #encode(protocol: HubProtocol): EncodedPayload {
    return { data: protocol.write({ type: 1, target: this.target, arguments: this.args }), webSocketFrame: undefined };
  }
}
