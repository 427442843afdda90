import type { HandshakeRequest } from "../protocol/handshake.ts";
import type { HubProtocol } from "../protocol/hub-protocol.ts";
import type { TransportName } from "../transport/transport-name.ts";

/** Highest version of the hub protocols: 2 added stateful reconnect. */
const highestProtocolVersion = 2;

/** What speaks against a handshake, in ASP.NET Core's words; `undefined` accepts it. */
export function handshakeRefusal(request: HandshakeRequest, protocol: HubProtocol | undefined, transport: TransportName): string | undefined {
  if (protocol === undefined) return `The protocol '${request.protocol}' is not supported.`;
  if (!(request.version >= 1 && request.version <= highestProtocolVersion)) {
    return `The server does not support version ${request.version} of the '${request.protocol}' protocol.`;
  }
  if (protocol.transferFormat === "Binary" && transport === "ServerSentEvents") {
    return `Cannot use the '${request.protocol}' protocol on the current transport. The transport does not support 'Binary' transfer format.`;
  }
  return undefined;
}
