import { isJsonObject } from "./json-pointer.ts";

/** Lists whose entries are merged by `id`; every other list is replaced as a whole. */
const listsById: ReadonlySet<string> = new Set(["data_inputs", "rules"]);

/**
 * A template with a user's own document laid over it: objects merge deeply, `data_inputs` and `rules` by `id` (the template's
 * order first, new entries after it), everything else is the override's. Neither argument is changed; what the override does
 * not touch is shared with the template, so that a hundred thousand users do not hold a hundred thousand copies.
 */
export function mergeConfig(template: Readonly<Record<string, unknown>>, own: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...template };
  for (const [key, value] of Object.entries(own)) {
    const base = merged[key];
    merged[key] = listsById.has(key) && Array.isArray(base) && Array.isArray(value) ? mergeById(base, value) : mergeValue(base, value);
  }
  return merged;
}

function mergeValue(base: unknown, own: unknown): unknown {
  if (!isJsonObject(base) || !isJsonObject(own)) return own;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) merged[key] = mergeValue(base[key], value);
  return merged;
}

function mergeById(base: readonly unknown[], own: readonly unknown[]): unknown[] {
  const overrides = new Map(own.map((entry) => [idOf(entry), entry]));
  const merged = base.map((entry) => {
    const id = idOf(entry);
    const override = overrides.get(id);
    overrides.delete(id);
    return override === undefined ? entry : mergeValue(entry, override);
  });
  return [...merged, ...overrides.values()];
}

const idOf = (entry: unknown): unknown => (isJsonObject(entry) ? entry["id"] : undefined);
