/**
 * From a template and a user's own document to the config that is in force, or to errors that point into what the user sent.
 * Pure: no clock, no database.
 */
import { isJsonObject, memberOf, toPath, toPointer, type DocumentPath } from "@nod/contract/json-pointer";
import type { ProblemError } from "@nod/contract/problem";
import { TradingConfig, TradingConfigOverride } from "@nod/contract/trading-config";
import { compileExplainingValidator } from "@nod/contract/validators";
import { sanitiseText } from "../rules/question-text.ts";
import { checkConfig, type ConfigFault } from "./check-config.ts";
import { mergeConfig } from "./merge.ts";
import { screenDocument } from "./screen-document.ts";

export type Resolved = { ok: true; config: TradingConfig } | { ok: false; errors: ProblemError[] };

/** `leftOut`: entries that no longer make sense under the template of today, and are off until the user mends them. */
export type ResolvedStored = { ok: true; config: TradingConfig; leftOut: ProblemError[] } | { ok: false; errors: ProblemError[] };

const validateConfig = compileExplainingValidator(TradingConfig);
const validateOverride = compileExplainingValidator(TradingConfigOverride);

/** From the two documents as they are stored to the config in force; null when there is none. */
export function effectiveConfig(template: unknown, own: unknown): TradingConfig | null {
  const resolved = resolveTemplate(template);
  if (!resolved.ok) return null;
  const stored = resolveStoredConfig(resolved.config, own);
  return stored.ok ? stored.config : null;
}

/** Removing entries can uncover other entries that depended on them; each pass removes at least one. */
const maxLeaveOutPasses = 10;

/** A template is a whole document; pointers are into it. */
export function resolveTemplate(document: unknown): Resolved {
  const screened = screenDocument(document);
  if (screened.length > 0) return { ok: false, errors: screened };
  const validated = validateConfig(document);
  if (!validated.ok) return { ok: false, errors: validated.errors };
  const config = sanitise(validated.value);
  const faults = checkConfig(config);
  return faults.length === 0 ? { ok: true, config } : { ok: false, errors: faults.map(({ path, message }) => ({ pointer: toPointer(path), message })) };
}

/**
 * Merges, checks and sanitises. `template` must come from `resolveTemplate`; `own` may be anything.
 * Errors point into `own` where the fault is in it, and otherwise at the part of it that caused the fault, or at its root.
 */
export function resolveConfig(template: TradingConfig, own: unknown): Resolved {
  const screened = screenDocument(own);
  if (screened.length > 0) return { ok: false, errors: screened };
  const validated = validateOverride(own);
  if (!validated.ok) return { ok: false, errors: validated.errors };
  const duplicated = [...repeatedIds(validated.value, "data_inputs"), ...repeatedIds(validated.value, "rules")];
  if (duplicated.length > 0) return { ok: false, errors: duplicated };
  const merged = mergeConfig(template, validated.value);
  const whole = validateConfig(merged);
  if (!whole.ok) return { ok: false, errors: whole.errors.map(({ pointer, message }) => ({ pointer: pointInto(validated.value, merged, { path: toPath(pointer), message }), message })) };
  const config = sanitise(whole.value);
  const faults = checkConfig(config);
  if (faults.length === 0) return { ok: true, config };
  return { ok: false, errors: faults.map((fault) => ({ pointer: pointInto(validated.value, merged, fault), message: fault.message })) };
}

/**
 * As `resolveConfig`, for a document that was accepted once, maybe under an older template: an entry that has lost what it
 * overrode, or the symbol it watched, is left out and named, and the rest stays in force. Leaving out can only make Nod ask
 * less. A fault anywhere else (guardrails above all) puts the whole config out of force.
 */
export function resolveStoredConfig(template: TradingConfig, own: unknown): ResolvedStored {
  const strict = resolveConfig(template, own);
  if (strict.ok) return { ...strict, leftOut: [] };
  if (!isJsonObject(own) || screenDocument(own).length > 0 || !validateOverride(own).ok) return strict;

  let merged = mergeConfig(template, own);
  const leftOut: ProblemError[] = [];
  for (let pass = 0; pass < maxLeaveOutPasses; pass += 1) {
    const faults = faultsOf(merged);
    if (faults.length === 0) {
      const whole = validateConfig(merged);
      if (!whole.ok) return { ok: false, errors: whole.errors };
      return { ok: true, config: sanitise(whole.value), leftOut };
    }
    const inEntries = faults.filter(({ path }) => (path[0] === "rules" || path[0] === "data_inputs") && path.length > 1);
    if (inEntries.length < faults.length) return { ok: false, errors: faults.filter((fault) => !inEntries.includes(fault)).map(({ path, message }) => ({ pointer: toPointer(path), message })) };
    for (const fault of inEntries) leftOut.push({ pointer: pointInto(own, merged, fault), message: fault.message });
    merged = withoutEntries(merged, inEntries);
  }
  return strict;
}

function faultsOf(merged: unknown): ConfigFault[] {
  const whole = validateConfig(merged);
  return whole.ok ? checkConfig(sanitise(whole.value)) : whole.errors.map(({ pointer, message }) => ({ path: toPath(pointer), message }));
}

function withoutEntries(merged: Record<string, unknown>, faults: readonly ConfigFault[]): Record<string, unknown> {
  const kept = (list: string): unknown => {
    const entries = merged[list];
    const faulty = new Set(faults.filter(({ path }) => path[0] === list).map(({ path }) => Number(path[1])));
    return Array.isArray(entries) ? entries.filter((_entry, index) => !faulty.has(index)) : entries;
  };
  return { ...merged, data_inputs: kept("data_inputs"), rules: kept("rules") };
}

function repeatedIds(own: TradingConfigOverride, list: "data_inputs" | "rules"): ProblemError[] {
  const seen = new Set<string>();
  return (own[list] ?? []).flatMap(({ id }, index) => {
    const repeated = seen.has(id);
    seen.add(id);
    return repeated ? [{ pointer: toPointer([list, index, "id"]), message: `is used twice: ${id}` }] : [];
  });
}

/** Shares the config unless a text really changes, so that users of one template go on sharing it. */
function sanitise(config: TradingConfig): TradingConfig {
  let changed = false;
  const rules = config.rules.map((rule) => {
    const text = sanitiseText(rule.question_template);
    if (text === rule.question_template) return rule;
    changed = true;
    return { ...rule, question_template: text };
  });
  return changed ? { ...config, rules } : config;
}

/** Faults of a config in force, at their places in the user's document that it came from. */
export function pointersInto(own: unknown, config: TradingConfig, faults: readonly ConfigFault[]): ProblemError[] {
  return faults.map((fault) => {
    const pointer = pointInto(own, config, fault);
    const [list, index] = fault.path;
    const id = pointer === "" && list === "rules" && index !== undefined ? memberOf(memberOf(config.rules, index), "id") : undefined;
    return { pointer, message: typeof id === "string" ? `rule ${id}: ${fault.path.slice(2).join(".")} ${fault.message}` : fault.message };
  });
}

/** The place in the user's document that a fault of the merged one is about. */
function pointInto(own: unknown, merged: Record<string, unknown>, fault: ConfigFault): string {
  const [list, index, ...rest] = fault.path;
  if (list === undefined || (list !== "rules" && list !== "data_inputs") || index === undefined) return toPointer(deepest(own, fault.path, fault.message));
  const id = memberOf(memberOf(merged[list], index), "id");
  const entries = memberOf(own, list);
  const ownIndex = Array.isArray(entries) ? entries.findIndex((entry) => memberOf(entry, "id") === id) : -1;
  if (ownIndex >= 0) return toPointer(deepest(own, [list, ownIndex, ...rest], fault.message));
  return fault.because !== undefined && memberOf(own, fault.because) !== undefined ? toPointer([fault.because]) : "";
}

/** As far along the path as the document goes; a missing member is named all the same. */
function deepest(document: unknown, path: DocumentPath, message: string): DocumentPath {
  let value = document;
  for (const [depth, step] of path.entries()) {
    value = memberOf(value, step);
    if (value === undefined) return path.slice(0, message === "is required" ? depth + 1 : depth);
  }
  return path;
}
