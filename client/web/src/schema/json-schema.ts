/** As much of JSON Schema as the contract's schemas use, for forms and for completion. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: "array" | "boolean" | "integer" | "number" | "object" | "string";
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly examples?: readonly Json[];
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
};

/** A schema and the named parts that it refers to. */
export type SchemaBook = { readonly root: JsonSchema; readonly named: ReadonlyMap<string, JsonSchema> };

export const isObject = (value: Json | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** What a `$ref` stands for; the schema itself when it is none. */
export function resolved({ named }: SchemaBook, schema: JsonSchema): JsonSchema {
  const name = schema.$ref?.replace(/^#\/\$defs\//, "");
  return name === undefined ? schema : (named.get(name) ?? {});
}

/** The shapes that a schema allows, its own when there is no choice. */
export function shapesOf(book: SchemaBook, schema: JsonSchema): readonly JsonSchema[] {
  const own = resolved(book, schema);
  return own.anyOf === undefined ? [own] : own.anyOf.flatMap((each) => shapesOf(book, each));
}

const allows = (schema: JsonSchema | undefined, value: Json): boolean => schema === undefined || ((schema.const === undefined || schema.const === value) && (schema.enum === undefined || schema.enum.includes(value)));

/** Whether an object that is being written may still become this shape: nothing that stands there already speaks against it. */
export function mayBecome(shape: JsonSchema, value: JsonObject): boolean {
  if (shape.properties === undefined) return false;
  return Object.entries(value).every(([key, each]) => shape.properties?.[key] !== undefined && (typeof each === "object" || allows(shape.properties[key], each)));
}

export type PathStep = string | number;

/** Every shape that may stand at a place of a document, given what is written around it. */
export function schemasAt(book: SchemaBook, document: Json | undefined, path: readonly PathStep[]): JsonSchema[] {
  let schemas = shapesOf(book, book.root);
  let value = document;
  for (const step of path) {
    const here = value;
    const fitting = isObject(here) ? schemas.filter((shape) => mayBecome(shape, withoutKey(here, step))) : schemas;
    const inner = (fitting.length > 0 ? fitting : schemas).flatMap((shape) => (typeof step === "number" ? (shape.items === undefined ? [] : [shape.items]) : shape.properties?.[step] === undefined ? [] : [shape.properties[step]]));
    schemas = inner.flatMap((schema) => shapesOf(book, schema));
    value = isList(here) && typeof step === "number" ? here[step] : isObject(here) && typeof step === "string" ? here[step] : undefined;
  }
  return [...schemas];
}

function withoutKey(value: JsonObject, key: PathStep): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== key));
}

/** The steps of an RFC 6901 pointer; digits are an array's index. */
export function pathOf(pointer: string): PathStep[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll("~1", "/").replaceAll("~0", "~")));
}
