import type { TransportConnection } from "../connection/transport-connection.ts";
import type { TransportName } from "../transport/transport-name.ts";
import { parameter } from "./request-target.ts";

/** Highest negotiate version: 1 separates the secret connection token from the public id. */
const highestVersion = 1;

/** What a client asks of a negotiation. */
export type NegotiateRequest =
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "accepted"; readonly version: number; readonly statefulReconnect: boolean };

/** Reads a negotiation's query: TransportProtocols.md, "POST [endpoint-base]/negotiate request". */
export function readNegotiateRequest(parameters: URLSearchParams, minimumVersion: number, offersStatefulReconnect: boolean): NegotiateRequest {
  const asked = parameter(parameters, "negotiateVersion") ?? "0";
  if (!/^-?\d{1,9}$/.test(asked)) return { kind: "refused", error: "The client requested a non-integer protocol version." };
  const version = Math.min(Number(asked), highestVersion);
  if (version < minimumVersion) {
    return { kind: "refused", error: `The client requested version '${asked}', but the server does not support this version.` };
  }
  const wantsReconnect = parameter(parameters, "useStatefulReconnect")?.toLowerCase() === "true";
  return { kind: "accepted", version, statefulReconnect: offersStatefulReconnect && wantsReconnect };
}

/** The answer that lets a client connect. */
export function negotiateResponse(connection: TransportConnection, version: number, transports: readonly TransportName[]): object {
  return {
    negotiateVersion: version,
    connectionId: connection.id,
    ...(version > 0 ? { connectionToken: connection.token } : {}),
    ...(connection.statefulReconnect ? { useStatefulReconnect: true } : {}),
    availableTransports: transports.map((transport) => ({
      transport,
      transferFormats: transport === "ServerSentEvents" ? ["Text"] : ["Text", "Binary"],
    })),
  };
}
