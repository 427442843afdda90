import type { TSchema } from "typebox";
import { operations, type Operation } from "./operations.ts";
import { Problem } from "./problem.ts";
import { withReferences, type JsonObject } from "./schema-references.ts";
import { TradingConfig } from "./trading-config.ts";

/** The named schemas that cross a wire by themselves, each one once. */
function namedSchemas(): Map<string, TSchema> {
  const all: TSchema[] = [TradingConfig, Problem];
  for (const operation of Object.values<Operation>(operations)) {
    all.push(operation.response);
    if (operation.body !== undefined) all.push(operation.body);
  }
  const named = new Map<string, TSchema>();
  for (const schema of all) if ("$id" in schema && typeof schema.$id === "string") named.set(schema.$id, schema);
  return named;
}

/**
 * The JSON Schema files of `packages/contract/schemas`, by file name. Each stands alone, so that an editor
 * completes a document with nothing but its file at hand.
 */
export function schemaFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, schema] of namedSchemas()) {
    const definitions = new Map<string, JsonObject>();
    withReferences(schema, "#/$defs/", definitions);
    const root = definitions.get(name);
    definitions.delete(name);
    const document: JsonObject = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `urn:nod:schema:${name}`,
      title: name,
      ...root,
      ...(definitions.size > 0 && { $defs: Object.fromEntries(definitions) }),
    };
    files.set(`${name}.schema.json`, `${JSON.stringify(document, null, 2)}\n`);
  }
  return files;
}
