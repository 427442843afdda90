import type { TSchema } from "typebox";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A schema as plain JSON: what TypeBox keeps beside the keywords is not part of it. */
function plain(schema: TSchema): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- what JSON.stringify wrote of an object is one
  const parsed: JsonObject = JSON.parse(JSON.stringify(schema));
  return parsed;
}

const isObject = (value: Json): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Writes a schema with each named part (one with an `$id`) only once: in its place stands a `$ref` to `prefix` + name,
 * and the part itself is put into `named`. A part that contains itself refers to its own name.
 */
export function withReferences(schema: TSchema, prefix: string, named: Map<string, JsonObject>): JsonObject {
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isObject(value)) return value;
    const { $id: name, ...rest } = value;
    if (typeof rest["$ref"] === "string") return { $ref: `${prefix}${rest["$ref"]}` };
    const walked: JsonObject = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, walk(each)]));
    if (typeof name !== "string") return walked;
    named.set(name, walked);
    return { $ref: `${prefix}${name}` };
  };
  const result = walk(plain(schema));
  if (!isObject(result)) throw new Error("a schema is an object");
  return result;
}
