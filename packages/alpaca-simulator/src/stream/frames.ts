import { decode, encode, encodeTimeSpecToTimestamp, ExtData } from "@msgpack/msgpack";
import type { RawData } from "ws";

export type Codec = "json" | "msgpack";

/** A message as a plain object; undefined when it is none. Text is always JSON. */
export function readFrame(data: RawData, isBinary: boolean, codec: Codec): Record<string, unknown> | undefined {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  try {
    const value: unknown = codec === "msgpack" && isBinary ? decode(bytes) : JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const MSGPACK_TIMESTAMP = -1;

/** Market-data frames; with MessagePack, `t` becomes a timestamp with nanoseconds. */
export function writeFrames(frames: readonly Readonly<Record<string, unknown>>[], codec: Codec): Buffer | string {
  if (codec === "json") return JSON.stringify(frames);
  return Buffer.from(encode(frames.map((frame) => (typeof frame["t"] === "string" ? { ...frame, t: timestamp(frame["t"]) } : frame))));
}

function timestamp(rfc3339: string): ExtData {
  const sec = Math.floor(Date.parse(rfc3339) / 1000);
  const fraction = /\.(\d{1,9})/.exec(rfc3339)?.[1] ?? "0";
  return new ExtData(MSGPACK_TIMESTAMP, encodeTimeSpecToTimestamp({ sec, nsec: Number(fraction.padEnd(9, "0")) }));
}
