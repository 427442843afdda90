import { isJsonObject } from "@nod/contract/json-pointer";
import { orderSizes } from "@nod/contract/action";
import { ConditionRule, LevelRule, ReferenceRule, RsiRule } from "@nod/contract/trading-config";

/** Lists whose entries are merged by `id`; every other list is replaced as a whole. */
const listsById: ReadonlySet<string> = new Set(["data_inputs", "rules"]);

/**
 * A template with a user's own document laid over it: objects merge deeply, `data_inputs` and `rules` by `id` (the template's
 * order first, new entries after it), everything else is the override's. A rule's condition and firing are one thing each and
 * replaced whole; a size takes the place of another; a rule or an action of another kind leaves behind what that kind has no
 * use for. Neither argument is changed; what the override does
 * not touch is shared with the template, so that a hundred thousand users do not hold a hundred thousand copies.
 */
export function mergeConfig(template: Readonly<Record<string, unknown>>, own: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...template };
  for (const [key, value] of Object.entries(own)) {
    const base = merged[key];
    merged[key] = listsById.has(key) && Array.isArray(base) && Array.isArray(value) ? mergeById(base, value, key === "rules" ? mergeRule : mergeValue) : mergeValue(base, value);
  }
  return merged;
}

function mergeValue(base: unknown, own: unknown): unknown {
  if (!isJsonObject(base) || !isJsonObject(own)) return own;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) merged[key] = mergeValue(base[key], value);
  return merged;
}

type Merge = (base: unknown, own: unknown) => unknown;

function mergeById(base: readonly unknown[], own: readonly unknown[], merge: Merge): unknown[] {
  const overrides = new Map(own.map((entry) => [idOf(entry), entry]));
  const merged = base.map((entry) => {
    const id = idOf(entry);
    const override = overrides.get(id);
    overrides.delete(id);
    return override === undefined ? entry : merge(entry, override);
  });
  return [...merged, ...overrides.values()];
}

const ruleKinds = [ReferenceRule, LevelRule, RsiRule, ConditionRule].map((kind) => ({ types: typesOf(kind.properties.type), keys: new Set(Object.keys(kind.properties)) }));

function typesOf(schema: { enum?: readonly unknown[]; const?: unknown }): readonly unknown[] {
  return schema.enum ?? [schema.const];
}

function mergeRule(base: unknown, own: unknown): unknown {
  if (!isJsonObject(base) || !isJsonObject(own)) return own;
  const merged: Record<string, unknown> = { ...base };
  const kind = ruleKinds.find(({ types }) => types.includes(own["type"]));
  if (kind !== undefined) for (const key of Object.keys(base)) if (!kind.keys.has(key)) delete merged[key];
  for (const [key, value] of Object.entries(own)) {
    merged[key] = key === "when" || key === "fire" ? value : key === "on_answer_match" ? mergeAction(base[key], value) : mergeValue(base[key], value);
  }
  return merged;
}

function mergeAction(base: unknown, own: unknown): unknown {
  if (!isJsonObject(base) || !isJsonObject(own)) return own;
  if (own["action"] !== undefined && own["action"] !== base["action"]) return own;
  if (!orderSizes.some((size) => Object.hasOwn(own, size))) return mergeValue(base, own);
  const unsized = Object.fromEntries(Object.entries(base).filter(([key]) => Object.hasOwn(own, key) || !orderSizes.some((size) => size === key)));
  return mergeValue(unsized, own);
}

const idOf = (entry: unknown): unknown => (isJsonObject(entry) ? entry["id"] : undefined);
