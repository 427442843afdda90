import { isUtf8 } from "node:buffer";
import type { HubMessage } from "./hub-message.ts";
import type { HubProtocol, MessageReader } from "./hub-protocol.ts";
import { ProtocolError } from "./hub-protocol.ts";
import { encodeJson } from "./json-values.ts";
import { messageFromFields } from "./json-fields.ts";

/** Ends every JSON record and both handshake messages: ASCII 30. */
export const recordSeparatorCode = 0x1e;
export const recordSeparator = "\u001e";

/** Gathers records from bytes that may be cut anywhere. */
class JsonMessageReader implements MessageReader {
  readonly #maximumBytes: number;
  /** The start of a record whose end has not arrived. */
  #pending: Buffer | undefined;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  push(data: Buffer): HubMessage[] {
    const bytes = this.#pending === undefined ? data : Buffer.concat([this.#pending, data]);
    const messages: HubMessage[] = [];
    let start = 0;
    for (let end = bytes.indexOf(recordSeparatorCode); end !== -1; end = bytes.indexOf(recordSeparatorCode, start)) {
      this.#refuseOversized(end - start);
      const message = parseRecord(bytes.subarray(start, end));
      if (message !== undefined) messages.push(message);
      start = end + 1;
    }
    this.#refuseOversized(bytes.length - start);
    // A copy: the rest may be a view into a large buffer of the socket.
    this.#pending = start === bytes.length ? undefined : Buffer.from(bytes.subarray(start));
    return messages;
  }

  #refuseOversized(bytes: number): void {
    if (bytes > this.#maximumBytes) {
      throw new ProtocolError(`The maximum message size of ${this.#maximumBytes}B was exceeded.`);
    }
  }
}

/** Reads one record without its separator; `undefined` for a message type of the future. */
function parseRecord(record: Buffer): HubMessage | undefined {
  if (!isUtf8(record)) throw new ProtocolError("The message is not valid UTF-8.");
  let fields: unknown;
  try {
    fields = JSON.parse(record.toString("utf8"));
  } catch (cause) {
    throw new ProtocolError("Error reading JSON.", { cause });
  }
  return messageFromFields(fields);
}

/** The JSON hub protocol: HubProtocol.md, "JSON Encoding". */
export const jsonProtocol: HubProtocol = {
  name: "json",
  transferFormat: "Text",
  write(message) {
    // A plain push is what is written most: its envelope needs no serialiser.
    if (message.type === 1 && message.invocationId === undefined && message.streamIds === undefined) {
      return `{"type":1,"target":${JSON.stringify(message.target)},"arguments":${encodeJson(message.arguments)}}${recordSeparator}`;
    }
    return encodeJson(message) + recordSeparator;
  },
  createReader: (maximumMessageBytes) => new JsonMessageReader(maximumMessageBytes),
};
