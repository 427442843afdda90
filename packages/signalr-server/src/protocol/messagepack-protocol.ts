import type { HubMessage } from "./hub-message.ts";
import type { HubProtocol, MessageReader } from "./hub-protocol.ts";
import { ProtocolError } from "./hub-protocol.ts";
import { messageFromItems } from "./messagepack-fields.ts";
import { MessagePackValueReader } from "./messagepack-value-reader.ts";
import { MessagePackWriter } from "./messagepack-writer.ts";

/** A length prefix is a VarInt of at most five bytes: HubProtocol.md, "Binary encoding". */
const maximumPrefixBytes = 5;

/** Gathers length-prefixed messages from bytes that may be cut anywhere. */
class MessagePackMessageReader implements MessageReader {
  readonly #maximumBytes: number;
  #pending: Buffer | undefined;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  push(data: Buffer): HubMessage[] {
    const bytes = this.#pending === undefined ? data : Buffer.concat([this.#pending, data]);
    const messages: HubMessage[] = [];
    let start = 0;
    for (;;) {
      const prefix = readPrefix(bytes, start);
      if (prefix === undefined) break;
      if (prefix.length > this.#maximumBytes) {
        throw new ProtocolError(`The maximum message size of ${this.#maximumBytes}B was exceeded.`);
      }
      const end = prefix.end + prefix.length;
      if (end > bytes.length) break;
      const message = parseMessage(bytes.subarray(prefix.end, end));
      if (message !== undefined) messages.push(message);
      start = end;
    }
    this.#pending = start === bytes.length ? undefined : Buffer.from(bytes.subarray(start));
    return messages;
  }
}

function parseMessage(bytes: Buffer): HubMessage | undefined {
  const reader = new MessagePackValueReader(bytes);
  const items = reader.value();
  if (!Array.isArray(items)) throw new ProtocolError("The message is no array.");
  if (!reader.atEnd) throw new ProtocolError("Bytes follow the message.");
  return messageFromItems(items);
}

/** The length that starts at `start`, and where its message begins; `undefined` while bytes are missing. */
function readPrefix(bytes: Buffer, start: number): { readonly length: number; readonly end: number } | undefined {
  let length = 0;
  for (let index = 0; index < maximumPrefixBytes; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) {
      if (length > 0x7fff_ffff) break;
      return { length, end: start + index + 1 };
    }
  }
  throw new ProtocolError("Messages over 2GB in size are not supported.");
}

/** Prepends the length of a message. */
function frame(body: Buffer): Buffer {
  const prefix: number[] = [];
  for (let rest = body.length; ; ) {
    const low = rest & 0x7f;
    rest >>>= 7;
    prefix.push(rest > 0 ? low | 0x80 : low);
    if (rest === 0) break;
  }
  const framed = Buffer.allocUnsafe(prefix.length + body.length);
  framed.set(prefix, 0);
  framed.set(body, prefix.length);
  return framed;
}

/** Shared by all connections: writing a message is synchronous, so two never meet in it. */
const writer = new MessagePackWriter();

function writeMessage(message: HubMessage): Buffer {
  writer.reset();
  const items = itemsOf(message);
  writer.arrayHeader(items.length);
  for (const item of items) writer.value(item);
  return frame(writer.take());
}

const noHeaders = {};
const errorResult = 1;
const voidResult = 2;
const valueResult = 3;

function itemsOf(message: HubMessage): readonly unknown[] {
  switch (message.type) {
    case 1:
    case 4:
      return [message.type, noHeaders, message.invocationId ?? null, message.target, message.arguments, message.streamIds ?? []];
    case 2:
      return [2, noHeaders, message.invocationId, message.item];
    case 3:
      if (message.error !== undefined) return [3, noHeaders, message.invocationId, errorResult, message.error];
      if (message.result === undefined) return [3, noHeaders, message.invocationId, voidResult];
      return [3, noHeaders, message.invocationId, valueResult, message.result];
    case 5:
      return [5, noHeaders, message.invocationId];
    case 6:
      return [6];
    case 7:
      // All three elements: the Dart client reads the third without asking whether it is there.
      return [7, message.error ?? null, message.allowReconnect ?? false];
    case 8:
    case 9:
      return [message.type, message.sequenceId];
  }
}

/** The MessagePack hub protocol: HubProtocol.md, "MessagePack (MsgPack) encoding". */
export const messagePackProtocol: HubProtocol = {
  name: "messagepack",
  transferFormat: "Binary",
  write: writeMessage,
  createReader: (maximumMessageBytes) => new MessagePackMessageReader(maximumMessageBytes),
};
