import { HandshakeReader } from "../protocol/handshake.ts";
import type { HandshakeRequest } from "../protocol/handshake.ts";
import type { HubProtocol } from "../protocol/hub-protocol.ts";
import type { TransportName } from "../transport/transport-name.ts";
import { errorText } from "./error-text.ts";
import type { HubSettings } from "./hub-settings.ts";

/** Highest version of the hub protocols: 2 added stateful reconnect. */
const highestProtocolVersion = 2;

/** What became of a handshake: the protocol agreed on, with what followed in the same frame, or why there is none. */
export type HandshakeOutcome =
  | { readonly kind: "accepted"; readonly protocol: HubProtocol; readonly rest: Buffer }
  | { readonly kind: "refused"; readonly error: string };

/** What a connection has to pass before its first message. */
export class HandshakeGate {
  readonly #settings: HubSettings;
  readonly #transport: TransportName;
  readonly #reader = new HandshakeReader();

  constructor(settings: HubSettings, transport: TransportName) {
    this.#settings = settings;
    this.#transport = transport;
  }

  /** Takes the next bytes; `undefined` while the request is incomplete. */
  push(data: Buffer): HandshakeOutcome | undefined {
    try {
      const complete = this.#reader.push(data);
      if (complete === undefined) return undefined;
      const protocol = this.#settings.protocols.get(complete.request.protocol);
      const error = refusalOf(complete.request, protocol, this.#transport);
      if (protocol === undefined || error !== undefined) return { kind: "refused", error: error ?? "" };
      return { kind: "accepted", protocol, rest: complete.rest };
    } catch (error) {
      return { kind: "refused", error: errorText("An unexpected error occurred during connection handshake.", error, this.#settings.detailedErrors) };
    }
  }
}

/** What speaks against a handshake, in ASP.NET Core's words; `undefined` accepts it. */
function refusalOf(request: HandshakeRequest, protocol: HubProtocol | undefined, transport: TransportName): string | undefined {
  if (protocol === undefined) return `The protocol '${request.protocol}' is not supported.`;
  if (!(request.version >= 1 && request.version <= highestProtocolVersion)) {
    return `The server does not support version ${request.version} of the '${request.protocol}' protocol.`;
  }
  if (protocol.transferFormat === "Binary" && transport === "ServerSentEvents") {
    return `Cannot use the '${request.protocol}' protocol on the current transport. The transport does not support 'Binary' transfer format.`;
  }
  return undefined;
}
