/**
 * JSON as ASP.NET Core's serialiser writes it where JSON alone has no answer: 64-bit integers as numbers with all their
 * digits, bytes as base64.
 */
export function encodeJson(value: object): string {
  return needsReplacing(value, 0) ? JSON.stringify(value, replace) : JSON.stringify(value);
}

/** Deeper than this nothing is searched: JSON.stringify itself will refuse what is far deeper. */
const maximumSearchDepth = 64;

/** A replacer costs several times the plain call, so it is used only where something calls for it. */
function needsReplacing(value: unknown, depth: number): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null || depth > maximumSearchDepth) return false;
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (needsReplacing(item, depth + 1)) return true;
    return false;
  }
  // Inherited properties are looked at too: harmless, and no array of values is made for every message.
  for (const key in value) if (holds(value, key) && needsReplacing(value[key], depth + 1)) return true;
  return false;
}

declare global {
  interface JSON {
    /** ES2025, "JSON.parse source text access": text that JSON.stringify passes through. */
    rawJSON(text: string): object;
  }
}

function replace(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === "bigint") return JSON.rawJSON(value.toString());
  // A Buffer's toJSON has run by now, so the holder is asked for the original.
  const original = holds(this, key) ? this[key] : value;
  if (original instanceof Uint8Array) return Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString("base64");
  return value;
}

function holds(holder: unknown, key: string): holder is Record<string, unknown> {
  return typeof holder === "object" && holder !== null && key in holder;
}
