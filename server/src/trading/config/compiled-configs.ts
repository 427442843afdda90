import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { ProblemError } from "@nod/contract/problem";
import type { TradingConfig } from "@nod/contract/trading-config";
import type { Db } from "../../db/pool.ts";
import { createRuleIndex, type RuleIndex } from "../rules/rule-index.ts";
import type { CompiledConfig } from "../rules/compiled-rule.ts";
import { compileConfig } from "./compile.ts";
import { createConfigPieces, type ConfigPieces } from "./config-pieces.ts";
import { readAllConfigs, readConfigsChangedSince, revisionOf, type ConfigWatermark, type StoredConfigText, type UserShard } from "./config-table.ts";
import { createWantedInputs, type WantedInputs } from "./due-inputs.ts";
import { resolveStoredConfig, resolveTemplate } from "./resolve.ts";

/** A user's config, or a template, that cannot be used as it is stored. Nothing of it that is in doubt is in force. */
export type ConfigProblem = { subject: string; revision: string; errors: readonly ProblemError[] };

/** `freshSlots`: of the rules that are to be looked at although nothing may have changed on their markets. */
export type ConfigRefresh = { changedUsers: number; freshSlots: number[] };

/** Every user's config, compiled once and kept up by change, with what is looked up by symbol beside it. */
export type CompiledConfigs = {
  /**
   * Reads and compiles everything anew. Must have run once before anything else. Whoever evaluates for the first time looks at
   * every market, and so at each threshold: the slots are of the conditions, which have a past of their own to be restored.
   */
  load(): Promise<ConfigRefresh>;
  /** Takes in what changed since, in one statement. The slots are of all rules that are new or changed. */
  refreshChanged(): Promise<ConfigRefresh>;
  get(firebaseUid: string): CompiledConfig | undefined;
  /** Who is evaluated, and so whose state is stamped. */
  activeUsers(): IterableIterator<string>;
  readonly rules: RuleIndex;
  readonly inputs: WantedInputs;
};

type Held = { config: CompiledConfig; enabled: boolean; slots: readonly number[] };
/** Null: a template that makes no sense. */
type CompiledTemplate = { config: TradingConfig; pieces: ConfigPieces; plain: Map<string, CompiledConfig> } | null;

/** Users compiled at a stretch, between which others have their turn: some 20 ms of work where all go the long way. */
const stretch = 1_000;
/** Users without a document of their own share one compiled config for each of their revisions. */
const maxPlainConfigs = 100;

/** @param shard of these users only; null: of all */
export function createCompiledConfigs(db: Db, onProblem: (problem: ConfigProblem) => void, shard: UserShard | null = null): CompiledConfigs {
  let users = new Map<string, Held>();
  let templates = new Map<string, CompiledTemplate>();
  let rules = createRuleIndex();
  let inputs = createWantedInputs();
  let watermark: ConfigWatermark | null = null;

  const templateOf = (stored: StoredConfigText): CompiledTemplate => {
    const name = `${stored.templateName}.${stored.templateRevision}`;
    const known = templates.get(name);
    if (known !== undefined) return known;
    const resolved = resolveTemplate(stored.template);
    for (const other of templates.keys()) if (other.startsWith(`${stored.templateName}.`)) templates.delete(other);
    const compiled: CompiledTemplate = resolved.ok ? { config: resolved.config, pieces: createConfigPieces(resolved.config), plain: new Map() } : null;
    if (!resolved.ok) onProblem({ subject: `template ${stored.templateName}`, revision: stored.templateRevision, errors: resolved.errors });
    templates.set(name, compiled);
    return compiled;
  };

  const compile = (stored: StoredConfigText): CompiledConfig | null => {
    const template = templateOf(stored);
    if (template === null) return null;
    const revision = revisionOf(stored);
    const isPlain = stored.ownText === "{}";
    const shared = isPlain ? template.plain.get(revision) : undefined;
    if (shared !== undefined) return shared;
    const compiled = template.pieces.assemble(stored.ownText, revision) ?? compileTheLongWay(template, stored, revision);
    if (compiled !== null && isPlain && template.plain.size < maxPlainConfigs) template.plain.set(revision, compiled);
    return compiled;
  };

  const compileTheLongWay = ({ config: template, pieces }: NonNullable<CompiledTemplate>, { firebaseUid, ownText }: StoredConfigText, revision: string): CompiledConfig | null => {
    const own: unknown = JSON.parse(ownText);
    const resolved = resolveStoredConfig(template, own);
    const errors = resolved.ok ? resolved.leftOut : resolved.errors;
    if (errors.length > 0) onProblem({ subject: `user ${firebaseUid}`, revision, errors });
    if (!resolved.ok) return null;
    if (errors.length === 0) pieces.learn(own, resolved.config);
    return (errors.length === 0 ? pieces.assemble(ownText, revision) : null) ?? compileConfig(resolved.config, revision);
  };

  /** @returns null when the user's config is the one that is held already */
  const replace = (stored: StoredConfigText): readonly number[] | null => {
    const held = users.get(stored.firebaseUid);
    if (held?.config.revision === revisionOf(stored) && held.enabled === stored.enabled) return null;
    if (held !== undefined) {
      rules.remove(held.slots);
      if (held.enabled) inputs.remove(held.config.inputs);
      users.delete(stored.firebaseUid);
    }
    const config = compile(stored);
    if (config === null) return [];
    const slots = stored.enabled ? rules.add(stored.firebaseUid, config) : [];
    if (stored.enabled) inputs.add(config.inputs);
    users.set(stored.firebaseUid, { config, enabled: stored.enabled, slots });
    return slots;
  };

  const replaceAll = async (configs: readonly StoredConfigText[], refresh: ConfigRefresh, areThresholdsFresh: boolean): Promise<void> => {
    for (const [index, stored] of configs.entries()) {
      const slots = replace(stored);
      if (slots !== null) {
        refresh.changedUsers += 1;
        const from = areThresholdsFresh ? 0 : (users.get(stored.firebaseUid)?.config.frames.length ?? 0);
        for (let place = from; place < slots.length; place += 1) refresh.freshSlots.push(slots[place] ?? -1);
      }
      if (index % stretch === stretch - 1) await yieldToOthers();
    }
  };

  return {
    async load() {
      users = new Map();
      templates = new Map();
      rules = createRuleIndex();
      inputs = createWantedInputs();
      watermark = null;
      const refresh: ConfigRefresh = { changedUsers: 0, freshSlots: [] };
      let reached: ConfigWatermark | null = null;
      for await (const page of readAllConfigs(db, shard)) {
        reached = page.watermark;
        await replaceAll(page.configs, refresh, false);
      }
      watermark = reached;
      return refresh;
    },
    async refreshChanged() {
      if (watermark === null) throw new Error("configs are refreshed before they were loaded");
      const changes = await readConfigsChangedSince(db, watermark, shard);
      const refresh: ConfigRefresh = { changedUsers: 0, freshSlots: [] };
      await replaceAll(changes.configs, refresh, true);
      watermark = changes.watermark;
      return refresh;
    },
    get: (firebaseUid) => users.get(firebaseUid)?.config,
    *activeUsers() {
      for (const [firebaseUid, held] of users) if (held.enabled && held.config.enabled) yield firebaseUid;
    },
    get rules() {
      return rules;
    },
    get inputs() {
      return inputs;
    },
  };
}
