import { createHash } from "node:crypto";

/**
 * Randomness without state: a value depends on the seed and on what it is for, never on
 * the order in which things were asked, so two runs of one seed agree even when their
 * requests interleave differently.
 */
function digest(seed: string, purpose: readonly (string | number)[]): Buffer {
  return createHash("sha256").update([seed, ...purpose].join("\u0000")).digest();
}

/** A number in [0, 1). */
export function seededUnit(seed: string, ...purpose: (string | number)[]): number {
  return digest(seed, purpose).readUIntBE(0, 6) / 2 ** 48;
}

/** A whole number in [min, max]. */
export function seededInteger(min: number, max: number, seed: string, ...purpose: (string | number)[]): number {
  return min + Math.floor(seededUnit(seed, ...purpose) * (max - min + 1));
}

/** A UUID (version 4 in form). */
export function seededUuid(seed: string, ...purpose: (string | number)[]): string {
  const bytes = digest(seed, purpose).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** An RFC 3339 timestamp with nanoseconds, as Alpaca writes them; the last six digits are seeded. */
export function nanosecondStamp(epochMs: number, seed: string, ...purpose: (string | number)[]): string {
  const belowMs = seededInteger(0, 999_999, seed, "nanoseconds", ...purpose);
  return `${new Date(epochMs).toISOString().slice(0, 23)}${String(belowMs).padStart(6, "0")}Z`;
}
