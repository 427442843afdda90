import { isUtf8 } from "node:buffer";
import { ProtocolError } from "./hub-protocol.ts";
import { MessagePackExtension } from "./messagepack-extension.ts";

/** Deeper structures are refused before they exhaust the stack. */
const maximumDepth = 100;
const shortStringBytes = 20;

/** Reads MessagePack values from one message. Every length is checked against what is left before anything is allocated. */
export class MessagePackValueReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** @throws ProtocolError for what is no MessagePack, ends early, or nests too deeply. */
  value(depth = 0): unknown {
    const tag = this.#unsigned(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.#array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.#string(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    return this.#tagged(tag, depth);
  }

  #tagged(tag: number, depth: number): unknown {
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return Uint8Array.from(this.#take(this.#unsigned(1 << (tag - 0xc4))));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#unsigned(1 << (tag - 0xc7)));
      case 0xca:
        return this.#bytes.readFloatBE(this.#advance(4));
      case 0xcb:
        return this.#bytes.readDoubleBE(this.#advance(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(1 << (tag - 0xcc));
      case 0xcf:
        return exactInteger(this.#bytes.readBigUInt64BE(this.#advance(8)));
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#signed(1 << (tag - 0xd0));
      case 0xd3:
        return exactInteger(this.#bytes.readBigInt64BE(this.#advance(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (tag - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(1 << (tag - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(2 << (tag - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (tag - 0xde)), depth);
      default:
        throw new ProtocolError(`0x${tag.toString(16)} is no MessagePack type.`);
    }
  }

  #array(length: number, depth: number): unknown[] {
    this.#descend(length, depth);
    const items: unknown[] = [];
    for (let index = 0; index < length; index += 1) items.push(this.value(depth + 1));
    return items;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#descend(length * 2, depth);
    const map: Record<string, unknown> = {};
    for (let index = 0; index < length; index += 1) {
      const key = this.value(depth + 1);
      if (typeof key !== "string" && typeof key !== "number" && typeof key !== "bigint") {
        throw new ProtocolError("A map key is neither a string nor a number.");
      }
      const value = this.value(depth + 1);
      // Assignment to `__proto__` would change the object's prototype instead of adding a property.
      if (key === "__proto__") Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
      else map[String(key)] = value;
    }
    return map;
  }

  #descend(items: number, depth: number): void {
    if (depth >= maximumDepth) throw new ProtocolError(`The message is nested deeper than ${maximumDepth} levels.`);
    if (items > this.#bytes.length - this.#offset) throw new ProtocolError("The message ends early.");
  }

  #string(length: number): string {
    const start = this.#advance(length);
    if (length <= shortStringBytes) {
      const ascii = this.#shortAscii(start, length);
      if (ascii !== undefined) return ascii;
    }
    const text = this.#bytes.toString("utf8", start, start + length);
    // The decoder puts U+FFFD for what is invalid; only where one stands must the bytes be looked at.
    if (text.includes("\ufffd") && !isUtf8(this.#bytes.subarray(start, start + length))) {
      throw new ProtocolError("The message holds invalid UTF-8.");
    }
    return text;
  }

  /** Keys, ids and symbols are short: below some twenty characters a loop beats the call into the native decoder. */
  #shortAscii(start: number, length: number): string | undefined {
    const codes: number[] = [];
    for (let index = start; index < start + length; index += 1) {
      const code = this.#bytes[index] ?? 0x80;
      if (code >= 0x80) return undefined;
      codes.push(code);
    }
    return String.fromCharCode(...codes);
  }

  #extension(length: number): unknown {
    const type = this.#signed(1);
    const data = this.#take(length);
    return type === -1 ? timestamp(data) : new MessagePackExtension(type, Uint8Array.from(data));
  }

  #unsigned(width: number): number {
    const start = this.#advance(width);
    let value = 0;
    for (let index = start; index < start + width; index += 1) value = value * 256 + (this.#bytes[index] ?? 0);
    return value;
  }

  #signed(width: number): number {
    const value = this.#unsigned(width);
    const range = 2 ** (8 * width);
    return value >= range / 2 ? value - range : value;
  }

  #take(length: number): Buffer {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Moves past the next bytes and gives their place. */
  #advance(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new ProtocolError("The message ends early.");
    this.#offset = start + length;
    return start;
  }
}

/** A number where a double is exact, a bigint where it is not. */
function exactInteger(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** The MessagePack specification's timestamp extension, to the millisecond. */
function timestamp(data: Buffer): Date {
  if (data.length === 4) return new Date(data.readUInt32BE(0) * 1000);
  if (data.length === 8) {
    const both = data.readBigUInt64BE(0);
    return new Date(Number(both & 0x3_ffff_ffffn) * 1000 + Math.floor(Number(both >> 34n) / 1_000_000));
  }
  if (data.length === 12) {
    return new Date(Number(data.readBigInt64BE(4)) * 1000 + Math.floor(data.readUInt32BE(0) / 1_000_000));
  }
  throw new ProtocolError("A timestamp has a length that none has.");
}
