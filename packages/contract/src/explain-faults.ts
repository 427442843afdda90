/**
 * Why a document does not fit a schema, for the people who write documents: each fault once, at its own place, with the name
 * that was probably meant. It reads the very schemas that the validator compiles, so the two agree on what fits; where a schema
 * allows one of several shapes, it looks at which of them was meant and says only what is wrong with that one.
 */
import type { TSchema } from "typebox";
import { isJsonObject, toPointer, type DocumentPath } from "./json-pointer.ts";
import { didYouMean } from "./nearest-name.ts";
import type { ProblemError } from "./problem.ts";
import { withReferences, type JsonObject } from "./schema-references.ts";

const maxFaults = 50;
/** Deeper than any document that is read; keeps a hostile one from exhausting the stack. */
const maxDepth = 100;

type Explainer = { definitions: ReadonlyMap<string, JsonObject>; faults: ProblemError[] };

/** @returns a function that never throws; no faults means that the document fits */
export function explainFaults(schema: TSchema): (document: unknown) => ProblemError[] {
  const definitions = new Map<string, JsonObject>();
  const root = withReferences(schema, "", definitions);
  return (document) => {
    const explainer: Explainer = { definitions, faults: [] };
    explain(explainer, root, document, []);
    return explainer.faults.slice(0, maxFaults);
  };
}

function explain(explainer: Explainer, reference: JsonObject, value: unknown, path: DocumentPath): void {
  if (explainer.faults.length >= maxFaults) return;
  const schema = resolve(explainer, reference);
  const say = (message: string): void => void explainer.faults.push({ pointer: toPointer(path), message });
  if (path.length > maxDepth) return say(`must NOT be nested deeper than ${maxDepth} levels`);
  const alternatives = schemasIn(schema["anyOf"]);
  if (alternatives.length > 0) return explainAlternatives(explainer, { alternatives, title: textIn(schema, "title") }, value, path);
  const names = namesIn(schema);
  if (names !== null) {
    if (!names.some((name) => name === value)) say(notOneOf(value, names));
    return;
  }
  const { type } = schema;
  if (typeof type === "string" && !isOfType(value, type)) return say(`must be ${type}, not ${inWords(value)}`);
  if (typeof value === "number") explainNumber(schema, value, say);
  if (typeof value === "string") explainText(schema, value, say);
  if (Array.isArray(value)) explainList(explainer, schema, value, path, say);
  else if (isJsonObject(value)) explainObject(explainer, schema, value, path, say);
}

type Say = (message: string) => void;

function explainNumber(schema: JsonObject, value: number, say: Say): void {
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (!Number.isFinite(value)) say("must be a finite number");
  else if (typeof minimum === "number" && value < minimum) say(`must be >= ${minimum}`);
  else if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) say(`must be > ${exclusiveMinimum}`);
  else if (typeof maximum === "number" && value > maximum) say(`must be <= ${maximum}`);
}

const dateTime = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

/** An instant in RFC 3339 on a day that there is. */
export function isInstant(text: string): boolean {
  const day = dateTime.exec(text)?.[1];
  if (day === undefined) return false;
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

function explainText(schema: JsonObject, value: string, say: Say): void {
  const { minLength, maxLength, pattern, format } = schema;
  // As the validator counts: by code points.
  const { length } = Array.from(value);
  if (typeof minLength === "number" && length < minLength) say(`must NOT have fewer than ${minLength} characters`);
  if (typeof maxLength === "number" && length > maxLength) say(`must NOT have more than ${maxLength} characters`);
  if (typeof pattern === "string" && !new RegExp(pattern, "u").test(value)) say(`must match pattern "${pattern}"`);
  if (format === "date-time" && !isInstant(value)) say("must be a moment with its zone, such as 2026-03-02T15:04:05Z");
}

function explainList(explainer: Explainer, schema: JsonObject, value: readonly unknown[], path: DocumentPath, say: Say): void {
  const { minItems, maxItems, uniqueItems, items } = schema;
  if (typeof minItems === "number" && value.length < minItems) say(`must NOT have fewer than ${minItems} items`);
  if (typeof maxItems === "number" && value.length > maxItems) return say(`must NOT have more than ${maxItems} items`);
  if (uniqueItems === true && new Set(value).size < value.length) say("must NOT have an item twice");
  if (isSchema(items)) for (const [index, item] of value.entries()) explain(explainer, items, item, [...path, index]);
}

function explainObject(explainer: Explainer, schema: JsonObject, value: Readonly<Record<string, unknown>>, path: DocumentPath, say: Say): void {
  const properties = propertiesOf(schema);
  for (const name of requiredOf(schema)) {
    if (!Object.hasOwn(value, name)) explainer.faults.push({ pointer: toPointer([...path, name]), message: "is required" });
  }
  for (const [key, member] of Object.entries(value)) {
    const property = properties.get(key);
    if (property !== undefined) explain(explainer, property, member, [...path, key]);
    else if (schema["additionalProperties"] === false) explainer.faults.push({ pointer: toPointer([...path, key]), message: `is not a known key${didYouMean(key, properties.keys())}` });
  }
  const { minProperties } = schema;
  if (typeof minProperties === "number" && Object.keys(value).length < minProperties) say(`must have one of ${listed([...properties.keys()])}`);
  const choices = schemasIn(schema["oneOf"]).flatMap(requiredOf);
  const chosen = choices.filter((name) => Object.hasOwn(value, name));
  if (choices.length > 0 && chosen.length === 0) say(`must have one of ${listed(choices)}`);
  if (chosen.length > 1) say(`has ${chosen.map((name) => `\`${name}\``).join(" and ")}; only one of them may be there`);
}

type Choice = { alternatives: readonly JsonObject[]; title: string | null };

function explainAlternatives(explainer: Explainer, choice: Choice, value: unknown, path: DocumentPath): void {
  const alternatives = choice.alternatives.map((each) => resolve(explainer, each));
  const say = (message: string): void => void explainer.faults.push({ pointer: toPointer(path), message });
  if (isJsonObject(value)) return explainMeant(explainer, alternatives.filter(isObjectSchema), choice.title, value, path);
  const fitting = alternatives.find((each) => !isObjectSchema(each) && accepts(each, value));
  if (fitting !== undefined) return explain(explainer, fitting, value, path);
  const names = alternatives.flatMap((each) => namesIn(each) ?? []).filter((name) => typeof name === "string");
  const meant = typeof value === "string" ? didYouMean(value, names) : "";
  if (meant !== "") return say(`\`${String(value)}\` is not known here${meant}`);
  say(`must be ${choice.title ?? "something else"}, not ${inWords(value)}${alternatives.some((each) => each["type"] === "number") ? numberIn(value) : ""}`);
}

/** Of alternatives that are objects, the one whose mark the value bears. */
function explainMeant(explainer: Explainer, alternatives: readonly JsonObject[], title: string | null, value: Readonly<Record<string, unknown>>, path: DocumentPath): void {
  const say = (at: DocumentPath, message: string): void => void explainer.faults.push({ pointer: toPointer(at), message });
  const marks = [...new Set(alternatives.map(markOf))];
  const borne = marks.filter((mark) => Object.hasOwn(value, mark));
  const [mark] = borne;
  if (mark === undefined) {
    const slip = Object.keys(value).map((key) => ({ key, meant: didYouMean(key, marks) })).find(({ meant }) => meant !== "");
    if (slip !== undefined) return say([...path, slip.key], `is not a known key${slip.meant}`);
    if (marks.length === 1) return say([...path, marks[0] ?? ""], "is required");
    return say(path, `must be ${title ?? "an object"}, with one of ${listed(marks)}`);
  }
  if (borne.length > 1) return say(path, `has ${borne.map((name) => `\`${name}\``).join(" and ")}; only one of them may be there`);
  const marked = alternatives.filter((each) => markOf(each) === mark);
  const meant = marked.find((each) => accepts(propertiesOf(each).get(mark) ?? {}, value[mark])) ?? (marked.length === 1 ? marked[0] : undefined);
  if (meant !== undefined) return explain(explainer, meant, value, path);
  const names = marked.flatMap((each) => namesIn(propertiesOf(each).get(mark) ?? {}) ?? []);
  say([...path, mark], notOneOf(value[mark], names));
}

/** What tells an alternative from the others: the key that says its kind, or else the first that it cannot be without. */
function markOf(schema: JsonObject): string {
  const required = requiredOf(schema);
  return ["type", "action", "op"].find((name) => required.includes(name)) ?? required[0] ?? "";
}

/** Whether a name or a kind of value is this one; says nothing about bounds. */
function accepts(schema: JsonObject, value: unknown): boolean {
  const names = namesIn(schema);
  if (names !== null) return names.some((name) => name === value);
  const { type } = schema;
  return typeof type !== "string" || isOfType(value, type);
}

const isSchema = (value: unknown): value is JsonObject => isJsonObject(value);
const isObjectSchema = (schema: JsonObject): boolean => schema["type"] === "object";
const schemasIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const requiredOf = (schema: JsonObject): string[] => (Array.isArray(schema["required"]) ? schema["required"].filter((name) => typeof name === "string") : []);
const textIn = (schema: JsonObject, key: string): string | null => (typeof schema[key] === "string" ? schema[key] : null);

/** A schema's properties are asked for at every object of a document. */
const propertiesKnown = new WeakMap<JsonObject, ReadonlyMap<string, JsonObject>>();

function propertiesOf(schema: JsonObject): ReadonlyMap<string, JsonObject> {
  const known = propertiesKnown.get(schema);
  if (known !== undefined) return known;
  const { properties } = schema;
  const read = new Map(isJsonObject(properties) ? Object.entries(properties).flatMap(([key, each]) => (isSchema(each) ? [[key, each]] : [])) : []);
  propertiesKnown.set(schema, read);
  return read;
}

/** The values of an `enum` or a `const`; null when any other schema. */
function namesIn(schema: JsonObject): readonly unknown[] | null {
  if (Array.isArray(schema["enum"])) return schema["enum"];
  return Object.hasOwn(schema, "const") ? [schema["const"]] : null;
}

function resolve({ definitions }: Explainer, schema: JsonObject): JsonObject {
  const { $ref: name } = schema;
  if (typeof name !== "string") return schema;
  const definition = definitions.get(name);
  if (definition === undefined) throw new Error(`a schema refers to ${name}, which is none`);
  return definition;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isJsonObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function notOneOf(value: unknown, names: readonly unknown[]): string {
  const expected = names.length === 1 ? `must be ${JSON.stringify(names[0])}` : `must be one of ${JSON.stringify(names)}`;
  return typeof value === "string" ? `${expected}${didYouMean(value, names.filter((name) => typeof name === "string"))}` : `${expected}, not ${inWords(value)}`;
}

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

function inWords(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return value.length > 30 ? "text" : `the text ${JSON.stringify(value)}`;
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  return typeof value === "object" ? "an object" : "nothing";
}

/** A number that somebody wrote as text. */
const numberIn = (value: unknown): string => (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? `: did you mean ${Number(value)}?` : "");
