import type { HubMessage } from "./hub-message.ts";
import { MessageType } from "./hub-message.ts";
import { ProtocolError } from "./hub-protocol.ts";

/**
 * Checks a parsed JSON record against the protocol. Headers and unknown properties are disregarded;
 * an unknown type gives `undefined`, so that later versions of the protocol can add types.
 */
export function messageFromFields(fields: unknown): HubMessage | undefined {
  if (!isObject(fields)) throw new ProtocolError("Unexpected JSON Token Type. Expected a JSON Object.");
  switch (fields["type"]) {
    case MessageType.Invocation: {
      const call = { target: requiredString(fields, "target"), arguments: requiredArray(fields, "arguments"), ...streamIds(fields) };
      const invocationId = optionalString(fields, "invocationId");
      return invocationId === undefined ? { type: 1, ...call } : { type: 1, invocationId, ...call };
    }
    case MessageType.StreamInvocation:
      return {
        type: 4,
        invocationId: requiredString(fields, "invocationId"),
        target: requiredString(fields, "target"),
        arguments: requiredArray(fields, "arguments"),
        ...streamIds(fields),
      };
    case MessageType.StreamItem:
      if (!("item" in fields)) throw new ProtocolError("Missing required property 'item'.");
      return { type: 2, invocationId: requiredString(fields, "invocationId"), item: fields["item"] };
    case MessageType.Completion:
      return completion(fields);
    case MessageType.CancelInvocation:
      return { type: 5, invocationId: requiredString(fields, "invocationId") };
    case MessageType.Ping:
      return { type: 6 };
    case MessageType.Close: {
      const error = optionalString(fields, "error");
      const allowReconnect = fields["allowReconnect"] === true;
      return error === undefined ? { type: 7, allowReconnect } : { type: 7, error, allowReconnect };
    }
    case MessageType.Ack:
      return { type: 8, sequenceId: sequenceId(fields) };
    case MessageType.Sequence:
      return { type: 9, sequenceId: sequenceId(fields) };
    default:
      if (typeof fields["type"] !== "number") throw new ProtocolError("Missing required property 'type'.");
      return undefined;
  }
}

function completion(fields: Record<string, unknown>): HubMessage {
  const invocationId = requiredString(fields, "invocationId");
  const error = optionalString(fields, "error");
  const hasResult = "result" in fields;
  // A null beside an error is what the JavaScript client writes for "no result".
  if (error !== undefined && hasResult && fields["result"] !== null) {
    throw new ProtocolError("The 'error' and 'result' properties are mutually exclusive.");
  }
  if (error !== undefined) return { type: 3, invocationId, error };
  return hasResult ? { type: 3, invocationId, result: fields["result"] } : { type: 3, invocationId };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function requiredString(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw new ProtocolError(`Missing required property '${name}'.`);
  return value;
}

function optionalString(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new ProtocolError(`Expected '${name}' to be of type String.`);
  return value === "" ? undefined : value;
}

function requiredArray(fields: Record<string, unknown>, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new ProtocolError(`Missing required property '${name}'.`);
  return value;
}

function streamIds(fields: Record<string, unknown>): { streamIds?: readonly string[] } {
  const value = fields["streamIds"];
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value) || !value.every((id) => typeof id === "string")) {
    throw new ProtocolError("Expected 'streamIds' to be an array of strings.");
  }
  return value.length === 0 ? {} : { streamIds: value };
}

function sequenceId(fields: Record<string, unknown>): number {
  const value = fields["sequenceId"];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new ProtocolError("Expected 'sequenceId' to be of type Number.");
  }
  return value;
}
