import type { HubOptions } from "../options.ts";
import type { HubProtocol } from "../protocol/hub-protocol.ts";
import { jsonProtocol } from "../protocol/json-protocol.ts";
import { messagePackProtocol } from "../protocol/messagepack-protocol.ts";

/** A hub's options with every default filled in. */
export interface HubSettings {
  readonly protocols: ReadonlyMap<string, HubProtocol>;
  readonly detailedErrors: boolean;
  readonly maximumReceiveBytes: number;
  readonly maximumBufferedBytes: number;
  readonly statefulReconnectBufferBytes: number;
  readonly keepAliveIntervalMs: number;
  readonly clientTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly maximumParallelInvocations: number;
  readonly maximumParallelStreams: number;
  readonly streamBufferCapacity: number;
}

/** Fills in the defaults, which are ASP.NET Core's where it has them. */
export function hubSettings(options: HubOptions): HubSettings {
  const offered = options.protocols ?? ["json", "messagepack"];
  const known = { json: jsonProtocol, messagepack: messagePackProtocol };
  return {
    protocols: new Map(offered.map((name) => [name, known[name]])),
    detailedErrors: options.detailedErrors ?? false,
    maximumReceiveBytes: options.maximumReceiveBytes ?? 32_768,
    maximumBufferedBytes: options.maximumBufferedBytes ?? 1_048_576,
    statefulReconnectBufferBytes: options.statefulReconnectBufferBytes ?? 100_000,
    keepAliveIntervalMs: options.keepAliveIntervalMs ?? 15_000,
    clientTimeoutMs: options.clientTimeoutMs ?? 30_000,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 15_000,
    maximumParallelInvocations: options.maximumParallelInvocations ?? 1,
    maximumParallelStreams: options.maximumParallelStreams ?? 100,
    streamBufferCapacity: options.streamBufferCapacity ?? 10,
  };
}
