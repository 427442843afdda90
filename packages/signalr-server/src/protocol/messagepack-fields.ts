import type { HubMessage } from "./hub-message.ts";
import { MessageType } from "./hub-message.ts";
import { ProtocolError } from "./hub-protocol.ts";

/** Checks a message's items against the protocol. Items beyond those known are disregarded, unknown types give `undefined`. */
export function messageFromItems(items: readonly unknown[]): HubMessage | undefined {
  const type = items[0];
  if (typeof type !== "number") throw new ProtocolError("Reading 'type' as Int32 failed.");
  switch (type) {
    case MessageType.Invocation: {
      const call = { target: stringAt(items, 3, "target"), arguments: arrayAt(items, 4, "arguments"), ...streamIdsAt(items, 5) };
      checkHeaders(items);
      // An absent id may come as nil or as an empty string.
      if (items[2] === null || items[2] === "") return { type: 1, ...call };
      return { type: 1, invocationId: stringAt(items, 2, "invocationId"), ...call };
    }
    case MessageType.StreamInvocation:
      checkHeaders(items);
      return {
        type: 4,
        invocationId: stringAt(items, 2, "invocationId"),
        target: stringAt(items, 3, "target"),
        arguments: arrayAt(items, 4, "arguments"),
        ...streamIdsAt(items, 5),
      };
    case MessageType.StreamItem:
      checkHeaders(items);
      if (items.length < 4) throw new ProtocolError("A StreamItem message has no item.");
      return { type: 2, invocationId: stringAt(items, 2, "invocationId"), item: items[3] };
    case MessageType.Completion:
      checkHeaders(items);
      return completion(items);
    case MessageType.CancelInvocation:
      checkHeaders(items);
      return { type: 5, invocationId: stringAt(items, 2, "invocationId") };
    case MessageType.Ping:
      return { type: 6 };
    case MessageType.Close: {
      const allowReconnect = items[2] === true;
      if (items[1] === null || items[1] === undefined || items[1] === "") return { type: 7, allowReconnect };
      return { type: 7, error: stringAt(items, 1, "error"), allowReconnect };
    }
    case MessageType.Ack:
      return { type: 8, sequenceId: sequenceIdAt(items) };
    case MessageType.Sequence:
      return { type: 9, sequenceId: sequenceIdAt(items) };
    default:
      return undefined;
  }
}

function completion(items: readonly unknown[]): HubMessage {
  const invocationId = stringAt(items, 2, "invocationId");
  switch (items[3]) {
    case 1:
      return { type: 3, invocationId, error: stringAt(items, 4, "error") };
    case 2:
      return { type: 3, invocationId };
    case 3:
      if (items.length < 5) throw new ProtocolError("A Completion message has no result.");
      return { type: 3, invocationId, result: items[4] };
    default:
      throw new ProtocolError("Invalid invocation result kind.");
  }
}

function checkHeaders(items: readonly unknown[]): void {
  const headers = items[1];
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    throw new ProtocolError("Reading map length for 'headers' failed.");
  }
}

function stringAt(items: readonly unknown[], index: number, name: string): string {
  const value = items[index];
  if (typeof value !== "string" || value === "") throw new ProtocolError(`Reading '${name}' as String failed.`);
  return value;
}

function arrayAt(items: readonly unknown[], index: number, name: string): readonly unknown[] {
  const value = items[index];
  if (!Array.isArray(value)) throw new ProtocolError(`Reading array length for '${name}' failed.`);
  return value;
}

function streamIdsAt(items: readonly unknown[], index: number): { streamIds?: readonly string[] } {
  const value = items[index];
  if (value === undefined || value === null) return {};
  if (!Array.isArray(value) || !value.every((id) => typeof id === "string")) {
    throw new ProtocolError("Reading 'streamIds' failed.");
  }
  return value.length === 0 ? {} : { streamIds: value };
}

function sequenceIdAt(items: readonly unknown[]): number {
  const value = items[1];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new ProtocolError("Reading 'sequenceId' as Int64 failed.");
  }
  return value;
}
