import type { ConfigResponse } from "@nod/contract/config-exchange";
import type { Rule } from "@nod/contract/trading-config";
import { isList, isObject, type Json, type JsonObject } from "../schema/json-schema.ts";

/** A document as plain JSON. */
export function jsonOf(value: object): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- what JSON.stringify wrote of an object is one
  const parsed: JsonObject = JSON.parse(JSON.stringify(value));
  return parsed;
}

const same = (left: Json | undefined, right: Json | undefined): boolean => JSON.stringify(left) === JSON.stringify(right);

const rulesOf = (own: JsonObject): readonly Json[] => {
  const { rules } = own;
  return isList(rules) ? rules : [];
};

const isRule =
  (id: string) =>
  (rule: Json): boolean =>
    isObject(rule) && rule["id"] === id;

/** Where a rule stands in the person's own document; the end when it does not yet. Faults are named by this place. */
export function placeOfRule(own: JsonObject, id: string): number {
  const at = rulesOf(own).findIndex(isRule(id));
  return at === -1 ? rulesOf(own).length : at;
}

/**
 * The person's own document with a rule as it was edited. Only what was changed is written, so that the rest goes on following
 * the template; of a rule that nobody had before, everything is.
 */
export function withRule(own: JsonObject, before: JsonObject | null, edited: JsonObject): JsonObject {
  const { id } = edited;
  if (typeof id !== "string") throw new Error("a rule has an id");
  const rules = rulesOf(own);
  const ownRule = rules.find(isRule(id));
  const changed = before === null ? edited : Object.fromEntries(Object.entries(edited).filter(([key, value]) => !same(value, before[key])));
  const rule: JsonObject = { ...(isObject(ownRule) ? ownRule : {}), ...changed, id };
  return { ...own, rules: ownRule === undefined ? [...rules, rule] : rules.map((each) => (each === ownRule ? rule : each)) };
}

/** Without what the person wrote of a rule: a rule of their own is gone, one of the template is as the template has it. */
export function withoutRule(own: JsonObject, id: string): JsonObject {
  const { rules: _rules, ...rest } = own;
  const left = rulesOf(own).filter((rule) => !isRule(id)(rule));
  return left.length === 0 ? rest : { ...rest, rules: left };
}

export function ruleOf(config: ConfigResponse, id: string): Rule | null {
  return config.effective.rules.find((rule) => rule.id === id) ?? null;
}

/** Faults of one rule, by their place inside it; what concerns the document around it is under the empty place. */
export function faultsOfRule(faults: readonly { pointer: string; message: string }[], index: number): Map<string, string> {
  const prefix = `/rules/${index}`;
  const found = new Map<string, string>();
  for (const { pointer, message } of faults) {
    const inside = pointer === prefix || pointer.startsWith(`${prefix}/`);
    const place = inside ? pointer.slice(prefix.length) : "";
    const text = inside ? message : `${pointer} ${message}`.trim();
    found.set(place, found.has(place) ? `${found.get(place)}. ${text}` : text);
  }
  return found;
}
