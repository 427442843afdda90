import type { EndpointOptions, HubOptions } from "../options.ts";
import type { TransportName } from "../transport/transport-name.ts";
import type { AllowedOrigins } from "./origin.ts";

/** A path's options with every default filled in. */
export interface EndpointSettings {
  /** In the order in which clients try them. */
  readonly transports: readonly TransportName[];
  readonly allowedOrigins: AllowedOrigins;
  readonly minimumNegotiateVersion: number;
  readonly statefulReconnect: boolean;
  readonly maximumBufferedBytes: number;
  /** Of one WebSocket message or POST body, which may hold several hub messages. */
  readonly maximumFrameBytes: number;
  readonly pollTimeoutMs: number;
  readonly disconnectTimeoutMs: number;
  readonly maximumConnections: number;
  readonly maximumConnectionsPerUser: number;
  readonly maximumConnectionsPerAddress: number;
  readonly clientAddress: NonNullable<EndpointOptions["clientAddress"]>;
  readonly refuseUpgrade: EndpointOptions["refuseUpgrade"];
  readonly negotiateHeaders: EndpointOptions["negotiateHeaders"];
  readonly negotiate: EndpointOptions["negotiate"];
}

const allTransports: readonly TransportName[] = ["WebSockets", "ServerSentEvents", "LongPolling"];
/** Clients gather what they send meanwhile into one frame, so a frame may be larger than any message. */
const minimumFrameBytes = 1_048_576;

/** @param isHub raw connections have no messages to number, hence no stateful reconnect. */
export function endpointSettings(options: HubOptions, isHub: boolean): EndpointSettings {
  const offered = options.transports ?? allTransports;
  return {
    transports: allTransports.filter((transport) => offered.includes(transport)),
    allowedOrigins: options.allowedOrigins ?? "same-origin",
    minimumNegotiateVersion: options.minimumNegotiateVersion ?? 0,
    statefulReconnect: isHub && (options.statefulReconnect ?? true),
    maximumBufferedBytes: options.maximumBufferedBytes ?? 1_048_576,
    maximumFrameBytes: isHub ? Math.max(2 * (options.maximumReceiveBytes ?? 0), minimumFrameBytes) : (options.maximumReceiveBytes ?? 32_768),
    pollTimeoutMs: options.pollTimeoutMs ?? 90_000,
    disconnectTimeoutMs: options.disconnectTimeoutMs ?? 15_000,
    maximumConnections: options.maximumConnections ?? 100_000,
    maximumConnectionsPerUser: options.maximumConnectionsPerUser ?? Number.POSITIVE_INFINITY,
    maximumConnectionsPerAddress: options.maximumConnectionsPerAddress ?? Number.POSITIVE_INFINITY,
    clientAddress: options.clientAddress ?? ((request) => request.socket.remoteAddress ?? ""),
    refuseUpgrade: options.refuseUpgrade,
    negotiateHeaders: options.negotiateHeaders,
    negotiate: options.negotiate,
  };
}
