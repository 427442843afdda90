/** Where in a JSON document: `["rules", 2, "symbol"]`. */
export type DocumentPath = readonly (string | number)[];

/** The RFC 6901 pointer of a path: `/rules/2/symbol`; the whole document is the empty text. */
export function toPointer(path: DocumentPath): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The path that a pointer names. Steps that look like array positions come back as text; `valueAt` takes both. */
export function toPath(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export const isJsonObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Own members only: what a prototype lends is not in the document. */
export function memberOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return value[Number(step)];
  return isJsonObject(value) && Object.hasOwn(value, String(step)) ? value[String(step)] : undefined;
}
