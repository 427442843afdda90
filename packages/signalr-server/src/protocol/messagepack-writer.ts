import { MessagePackExtension } from "./messagepack-extension.ts";

/** Deeper structures are refused: they would exhaust the stack of whoever reads them. */
const maximumDepth = 100;
const initialBytes = 2048;
/** A larger scratch buffer is given back after the message that needed it. */
const maximumKeptBytes = 65_536;

/**
 * Writes MessagePack values into one growing buffer. Its own rather than `@msgpack/msgpack`'s: a bigint becomes an int64 and
 * an integral number beyond 32 bits too, which that package cannot do together.
 */
export class MessagePackWriter {
  #bytes = Buffer.allocUnsafeSlow(initialBytes);
  #length = 0;

  /** What has been written since the last call, as a copy. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(taken, 0, 0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > maximumKeptBytes) this.#bytes = Buffer.allocUnsafeSlow(initialBytes);
    return taken;
  }

  /** Forgets a message that failed half-way. */
  reset(): void {
    this.#length = 0;
  }

  get length(): number {
    return this.#length;
  }

  arrayHeader(length: number): void {
    if (length < 16) this.#byte(0x90 | length);
    else this.#sized(0xdc, 0xdd, length);
  }

  value(value: unknown, depth = 0): void {
    switch (typeof value) {
      case "string":
        return this.string(value);
      case "number":
        return this.number(value);
      case "boolean":
        return this.#byte(value ? 0xc3 : 0xc2);
      case "bigint":
        return this.#bigint(value);
      case "undefined":
        return this.#byte(0xc0);
      case "object":
        if (value === null) return this.#byte(0xc0);
        if (depth > maximumDepth) throw new TypeError(`A value is nested deeper than ${maximumDepth} levels`);
        return this.#object(value, depth + 1);
      default:
        throw new TypeError(`A ${typeof value} cannot be written as MessagePack`);
    }
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    if (length < 32) this.#byte(0xa0 | length);
    else if (length < 256) this.#bytes2(0xd9, length);
    else this.#sized(0xda, 0xdb, length);
    this.#reserve(length);
    this.#bytes.write(value, this.#length, length, "utf8");
    this.#length += length;
  }

  number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#reserve(9);
      this.#bytes[this.#length] = 0xcb;
      this.#bytes.writeDoubleBE(value, this.#length + 1);
      this.#length += 9;
    } else if (value >= 0) this.#positive(value);
    else this.#negative(value);
  }

  #positive(value: number): void {
    if (value < 0x80) this.#byte(value);
    else if (value < 0x100) this.#bytes2(0xcc, value);
    else if (value < 0x1_0000_0000) this.#sized(0xcd, 0xce, value);
    else this.#int64(0xcf, BigInt(value));
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#bytes2(0xd0, value & 0xff);
    else if (value >= -0x8000_0000) this.#sized(0xd1, 0xd2, value);
    else this.#int64(0xd3, BigInt(value));
  }

  #bigint(value: bigint): void {
    if (value >= -0x8000_0000n && value < 0x1_0000_0000n) this.number(Number(value));
    else if (value >= 0n) this.#int64(0xcf, value);
    else this.#int64(0xd3, value);
  }

  #int64(tag: number, value: bigint): void {
    if (value > 0xffff_ffff_ffff_ffffn || value < -0x8000_0000_0000_0000n) throw new RangeError("An integer needs more than 64 bits");
    this.#reserve(9);
    this.#bytes[this.#length] = tag;
    this.#bytes.writeBigUInt64BE(BigInt.asUintN(64, value), this.#length + 1);
    this.#length += 9;
  }

  #object(value: object, depth: number): void {
    if (Array.isArray(value)) {
      this.arrayHeader(value.length);
      for (const item of value) this.value(item, depth);
    } else if (value instanceof Uint8Array) this.#binary(value);
    else if (value instanceof Date) this.#timestamp(value);
    else if (value instanceof MessagePackExtension) this.#extension(value.type, value.data);
    else if (value instanceof Map) this.#entries([...value], depth);
    else this.#entries(Object.entries(value), depth);
  }

  #entries(entries: readonly (readonly [unknown, unknown])[], depth: number): void {
    if (entries.length < 16) this.#byte(0x80 | entries.length);
    else this.#sized(0xde, 0xdf, entries.length);
    for (const [key, item] of entries) {
      this.value(key, depth);
      this.value(item, depth);
    }
  }

  #binary(data: Uint8Array): void {
    if (data.length < 256) this.#bytes2(0xc4, data.length);
    else this.#sized(0xc5, 0xc6, data.length);
    this.#append(data);
  }

  /** Timestamp 96, 64 or 32 as small as the date allows: the MessagePack specification's extension type -1. */
  #timestamp(date: Date): void {
    const milliseconds = date.getTime();
    const seconds = Math.floor(milliseconds / 1000);
    const nanoseconds = (milliseconds - seconds * 1000) * 1_000_000;
    if (Number.isNaN(milliseconds)) throw new RangeError("An invalid date cannot be written as MessagePack");
    if (seconds < 0 || seconds >= 0x4_0000_0000) {
      const data = Buffer.alloc(12);
      data.writeUInt32BE(nanoseconds, 0);
      data.writeBigInt64BE(BigInt(seconds), 4);
      this.#extension(-1, data);
    } else if (nanoseconds === 0 && seconds < 0x1_0000_0000) {
      const data = Buffer.alloc(4);
      data.writeUInt32BE(seconds, 0);
      this.#extension(-1, data);
    } else {
      const data = Buffer.alloc(8);
      data.writeBigUInt64BE((BigInt(nanoseconds) << 34n) | BigInt(seconds), 0);
      this.#extension(-1, data);
    }
  }

  #extension(type: number, data: Uint8Array): void {
    const fixed = [1, 2, 4, 8, 16].indexOf(data.length);
    if (fixed !== -1) this.#byte(0xd4 + fixed);
    else if (data.length < 256) this.#bytes2(0xc7, data.length);
    else this.#sized(0xc8, 0xc9, data.length);
    this.#byte(type & 0xff);
    this.#append(data);
  }

  /** A length or an integer in two or four bytes under the tag of its width. */
  #sized(tag16: number, tag32: number, value: number): void {
    this.#reserve(5);
    const fits16 = value >= 0 ? value < 0x10000 : value >= -0x8000;
    this.#bytes[this.#length] = fits16 ? tag16 : tag32;
    if (fits16) this.#bytes.writeUInt16BE(value & 0xffff, this.#length + 1);
    else this.#bytes.writeUInt32BE(value >>> 0, this.#length + 1);
    this.#length += fits16 ? 3 : 5;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #bytes2(first: number, second: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = first;
    this.#bytes[this.#length++] = second;
  }

  #append(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#bytes.set(data, this.#length);
    this.#length += data.length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
