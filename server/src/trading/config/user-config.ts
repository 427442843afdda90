/** One user's config as the HTTP calls and the answers to questions need it: read now, from the database. */
import type { ConfigCheck, ConfigResponse, TemplateChoice } from "@nod/contract/config-exchange";
import { isJsonObject } from "@nod/contract/json-pointer";
import { didYouMean } from "@nod/contract/nearest-name";
import type { ProblemError } from "@nod/contract/problem";
import type { TradingConfig, TradingConfigOverride } from "@nod/contract/trading-config";
import type { Db } from "../../db/pool.ts";
import { describeRule } from "../rules/describe-rule.ts";
import { readConfig, readTemplates, revisionOf, writeOwnConfig, writeTemplateChoice, type StoredConfig } from "./config-table.ts";
import { warningsOf } from "./config-warnings.ts";
import { pointersInto, resolveConfig, resolveStoredConfig, resolveTemplate } from "./resolve.ts";

/** `in_force`: `enabled` is the user's row and the document's switch together. `broken`: nothing of it may be acted on. */
export type UserConfig =
  | { kind: "in_force"; revision: string; templateName: string; enabled: boolean; effective: TradingConfig; own: TradingConfigOverride; leftOut: ProblemError[] }
  | { kind: "broken"; revision: string; templateName: string; errors: ProblemError[] };

/** @returns null for a user without a config (`ensureUser` gives him one) */
export async function readUserConfig(db: Db, firebaseUid: string): Promise<UserConfig | null> {
  const stored = await readConfig(db, firebaseUid);
  return stored === null ? null : interpret(stored);
}

function interpret(stored: StoredConfig): UserConfig {
  const { templateName } = stored;
  const revision = revisionOf(stored);
  const template = resolveTemplate(stored.template);
  if (!template.ok) return { kind: "broken", revision, templateName, errors: template.errors };
  const resolved = resolveStoredConfig(template.config, stored.own);
  if (!resolved.ok || !isJsonObject(stored.own)) return { kind: "broken", revision, templateName, errors: resolved.ok ? [] : resolved.errors };
  const enabled = stored.enabled && resolved.config.enabled;
  return { kind: "in_force", revision, templateName, enabled, effective: resolved.config, own: stored.own, leftOut: resolved.leftOut };
}

/** The body of `GET` and `PUT /v1/me/trading/config`. */
export function toConfigResponse(config: Extract<UserConfig, { kind: "in_force" }>): ConfigResponse {
  const { revision, templateName, enabled, effective, own } = config;
  return {
    revision,
    template_name: templateName,
    enabled,
    effective,
    own,
    rule_texts: ruleTexts(effective),
  };
}

const ruleTexts = (config: TradingConfig): Record<string, string> => Object.fromEntries(config.rules.map((rule) => [rule.id, describeRule(rule)]));

export type SaveOutcome =
  | { kind: "saved"; config: Extract<UserConfig, { kind: "in_force" }> }
  | { kind: "invalid"; errors: ProblemError[] }
  /** Somebody saved since the caller read; `revision` is the one of now. */
  | { kind: "conflict"; revision: string }
  | { kind: "not_found" };

export type CheckedOwnConfig = { kind: "valid"; check: ConfigCheck } | { kind: "invalid"; errors: ProblemError[] };

/**
 * Checks a document as `saveOwnConfig` would, and stores nothing.
 * @param at the database's time
 * @returns null for a user without a config
 */
export async function checkOwnConfig(db: Db, firebaseUid: string, own: unknown, at: Date): Promise<CheckedOwnConfig | null> {
  const stored = await readConfig(db, firebaseUid);
  if (stored === null) return null;
  const resolved = resolveConfig(templateOf(stored), own);
  if (!resolved.ok) return { kind: "invalid", errors: resolved.errors };
  const { config: effective } = resolved;
  return { kind: "valid", check: { effective, rule_texts: ruleTexts(effective), warnings: pointersInto(own, effective, warningsOf(effective, at)) } };
}

/** @throws when a template is stored that makes no sense: that is the operator's affair, not the user's */
function templateOf(stored: Pick<StoredConfig, "template" | "templateName">): TradingConfig {
  const template = resolveTemplate(stored.template);
  if (!template.ok) throw new Error(`template ${stored.templateName} is not a valid config: ${JSON.stringify(template.errors)}`);
  return template.config;
}

/** Two writers without `If-Match` may overtake each other this often before one gives up. */
const maxAttempts = 5;

/**
 * Checks and replaces the user's own document.
 * @param ifMatch the revision that the caller saw; null replaces whatever is there
 */
export async function saveOwnConfig(db: Db, firebaseUid: string, own: unknown, ifMatch: string | null): Promise<SaveOutcome> {
  let revision = "";
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const stored = await readConfig(db, firebaseUid);
    if (stored === null) return { kind: "not_found" };
    revision = revisionOf(stored);
    if (ifMatch !== null && ifMatch !== revision) return { kind: "conflict", revision };
    const resolved = resolveConfig(templateOf(stored), own);
    if (!resolved.ok) return { kind: "invalid", errors: resolved.errors };
    const ownRevision = await writeOwnConfig(db, stored, own);
    if (ownRevision === null) continue;
    const config = interpret({ ...stored, own, ownRevision });
    if (config.kind === "broken") throw new Error("a config that was just accepted does not resolve");
    return { kind: "saved", config };
  }
  return { kind: "conflict", revision };
}

/**
 * Puts another template under the user's own document, which stays unless it is to be discarded. What makes no sense over the
 * new template is refused, and then nothing changes.
 * @param ifMatch the revision that the caller saw; null replaces whatever is there
 */
export async function chooseTemplate(db: Db, firebaseUid: string, choice: TemplateChoice, ifMatch: string | null): Promise<SaveOutcome> {
  let revision = "";
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const [stored, templates] = [await readConfig(db, firebaseUid), await readTemplates(db)];
    if (stored === null) return { kind: "not_found" };
    revision = revisionOf(stored);
    if (ifMatch !== null && ifMatch !== revision) return { kind: "conflict", revision };
    const chosen = templates.find(({ name }) => name === choice.template_name);
    if (chosen === undefined) {
      const meant = didYouMean(choice.template_name, templates.map(({ name }) => name));
      return { kind: "invalid", errors: [{ pointer: "/template_name", message: `is not the name of a template${meant}` }] };
    }
    if (!resolveTemplate(chosen.config).ok) return { kind: "invalid", errors: [{ pointer: "/template_name", message: "is a template that this server cannot use" }] };
    const own = choice.discard_own === true ? {} : stored.own;
    const next = { ...stored, templateName: chosen.name, template: chosen.config, templateRevision: chosen.revision, own };
    const resolved = resolveConfig(templateOf(next), own);
    if (!resolved.ok) return { kind: "invalid", errors: resolved.errors.map(({ pointer, message }) => ({ pointer: "/template_name", message: `your own document does not fit it: ${pointer} ${message}` })) };
    const ownRevision = await writeTemplateChoice(db, stored, chosen, own);
    if (ownRevision === null) continue;
    const config = interpret({ ...next, ownRevision });
    if (config.kind === "broken") throw new Error("a config that was just accepted does not resolve");
    return { kind: "saved", config };
  }
  return { kind: "conflict", revision };
}
