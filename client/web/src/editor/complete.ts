import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { isList, isObject, mayBecome, schemasAt, type Json, type JsonObject, type JsonSchema, type PathStep, type SchemaBook } from "../schema/json-schema.ts";
import { spotAt } from "./json-places.ts";

/** What is written so far, read as well as it can be: a half-written name or value is left out. */
function readLoosely(text: string): Json {
  const candidates = [text, text.replace(/,(\s*[}\]])/g, "$1"), text.replace(/("[^"]*"?\s*:?\s*)(?=[,}\]])/g, "").replace(/,(\s*[}\]])/g, "$1")];
  for (const candidate of candidates) {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON.parse gives is JSON
      return JSON.parse(candidate) as Json;
    } catch {
      // the next one
    }
  }
  return {};
}

function valueAt(document: Json, path: readonly PathStep[]): Json | undefined {
  let value: Json | undefined = document;
  for (const step of path) value = isList(value) && typeof step === "number" ? value[step] : isObject(value) && typeof step === "string" ? value[step] : undefined;
  return value;
}

const infoOf = (schema: JsonSchema): Pick<Completion, "info"> => (schema.description === undefined ? {} : { info: schema.description });

/** Names that an object may have at a place and does not have yet. */
function nameCompletions(book: SchemaBook, document: Json, path: readonly PathStep[]): Completion[] {
  const here = valueAt(document, path);
  const written: JsonObject = isObject(here) ? here : {};
  const shapes = schemasAt(book, document, path).filter((shape) => shape.properties !== undefined);
  const fitting = shapes.filter((shape) => mayBecome(shape, written));
  const found = new Map<string, Completion>();
  for (const shape of fitting.length > 0 ? fitting : shapes) {
    for (const [name, schema] of Object.entries(shape.properties ?? {})) {
      if (name in written || found.has(name)) continue;
      found.set(name, { label: `"${name}"`, apply: `"${name}": `, type: "property", ...(shape.required?.includes(name) === true ? { detail: "needed", boost: 1 } : {}), ...infoOf(schema) });
    }
  }
  return [...found.values()];
}

/** Values that a schema names: its choices, truth values, its default and examples. */
function valueCompletions(book: SchemaBook, document: Json, path: readonly PathStep[]): Completion[] {
  const values = schemasAt(book, document, path).flatMap((schema): { value: Json; schema: JsonSchema }[] => {
    const choices = schema.const === undefined ? (schema.enum ?? (schema.type === "boolean" ? [true, false] : [...(schema.default === undefined ? [] : [schema.default]), ...(schema.examples ?? [])])) : [schema.const];
    return choices.map((value) => ({ value, schema }));
  });
  const found = new Map(values.map(({ value, schema }): [string, Completion] => [JSON.stringify(value), { label: JSON.stringify(value), type: "enum", ...infoOf(schema) }]));
  return [...found.values()];
}

/** Completes a document from its schema. */
export function completeFrom(book: SchemaBook): (context: CompletionContext) => CompletionResult | null {
  return ({ state, pos, explicit }) => {
    const spot = spotAt(state, pos);
    if (spot === null || (!explicit && spot.from === spot.to)) return null;
    const document = readLoosely(state.doc.toString());
    const options = spot.kind === "name" ? nameCompletions(book, withoutName(document, spot.path, state.sliceDoc(spot.from, spot.to)), spot.path) : valueCompletions(book, document, spot.path);
    if (options.length === 0) return null;
    return { from: spot.from, to: spot.to, options, validFor: /^"?[\w.]*"?$/ };
  };
}

/** The name under the cursor is being written: it counts as not there yet. */
function withoutName(document: Json, path: readonly PathStep[], quoted: string): Json {
  const name = quoted.replaceAll('"', "");
  const [step, ...rest] = path;
  if (step === undefined) return isObject(document) ? Object.fromEntries(Object.entries(document).filter(([key]) => key !== name)) : document;
  if (isList(document) && typeof step === "number") return document.map((each, index) => (index === step ? withoutName(each, rest, quoted) : each));
  if (isObject(document) && typeof step === "string") return Object.fromEntries(Object.entries(document).map(([key, each]) => [key, key === step ? withoutName(each, rest, quoted) : each]));
  return document;
}
