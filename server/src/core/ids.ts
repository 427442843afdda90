import { createHash, randomUUID } from "node:crypto";

export const newUuid = (): string => randomUUID();

/**
 * A UUID (version 8, RFC 9562 section 5.8) that follows from its parts alone: the same question gives the same intent,
 * in whichever process and at whichever attempt.
 */
export function derivedUuid(...parts: readonly string[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Everything that one question may lead to has a name from the start; 36 characters, the broker takes 48 safely. */
export function clientOrderIdOf(intentId: string): string {
  return `nod-${intentId.replaceAll("-", "")}`;
}
