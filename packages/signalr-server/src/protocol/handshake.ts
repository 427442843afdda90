import { isUtf8 } from "node:buffer";
import { ProtocolError } from "./hub-protocol.ts";
import { recordSeparator, recordSeparatorCode } from "./json-protocol.ts";

/** What a client asks for in its first message; always JSON, whatever protocol it asks for. */
export interface HandshakeRequest {
  readonly protocol: string;
  readonly version: number;
}

/** No honest handshake is longer than this. */
const maximumHandshakeBytes = 4096;

/** Gathers the handshake from bytes that may be cut anywhere. */
export class HandshakeReader {
  #pending: Buffer | undefined;

  /**
   * Takes the next bytes. Once the request is complete it comes with whatever followed it in the same frame.
   *
   * @throws ProtocolError when what arrives is no handshake.
   */
  push(data: Buffer): { readonly request: HandshakeRequest; readonly rest: Buffer } | undefined {
    const bytes = this.#pending === undefined ? data : Buffer.concat([this.#pending, data]);
    const end = bytes.indexOf(recordSeparatorCode);
    if (end > maximumHandshakeBytes || (end === -1 && bytes.length > maximumHandshakeBytes)) {
      throw new ProtocolError("The handshake request is too long.");
    }
    if (end === -1) {
      this.#pending = Buffer.from(bytes);
      return undefined;
    }
    return { request: parseRequest(bytes.subarray(0, end)), rest: bytes.subarray(end + 1) };
  }
}

function parseRequest(record: Buffer): HandshakeRequest {
  let fields: unknown;
  try {
    if (!isUtf8(record)) throw new SyntaxError("not UTF-8");
    fields = JSON.parse(record.toString("utf8"));
  } catch (cause) {
    throw new ProtocolError("The handshake request is not JSON.", { cause });
  }
  if (typeof fields !== "object" || fields === null) throw new ProtocolError("The handshake request is not an object.");
  if (!("protocol" in fields) || typeof fields.protocol !== "string") {
    throw new ProtocolError("Missing required property 'protocol'.");
  }
  if (!("version" in fields) || typeof fields.version !== "number") {
    throw new ProtocolError("Missing required property 'version'.");
  }
  return { protocol: fields.protocol, version: fields.version };
}

/** The answer to a handshake: empty when it is accepted. */
export function handshakeResponse(error?: string): string {
  return JSON.stringify(error === undefined ? {} : { error }) + recordSeparator;
}
