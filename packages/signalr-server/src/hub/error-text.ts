import { ProtocolError } from "../protocol/hub-protocol.ts";
import { HubError } from "./hub-error.ts";

/** What a client is told of an error: its kind and text only where they are meant for it or detailed errors are on. */
export function errorText(summary: string, error: unknown, detailed: boolean): string {
  if (!detailed && !(error instanceof HubError) && !(error instanceof ProtocolError)) return summary;
  return error instanceof Error ? `${summary} ${error.name}: ${error.message}` : `${summary} ${String(error)}`;
}
