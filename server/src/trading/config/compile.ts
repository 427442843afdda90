import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import { isThreshold, thresholdNanosOf, type CompiledCondition, type CompiledConfig, type CompiledInput, type RuleFrame } from "../rules/compiled-rule.ts";
import { compileRestraint } from "../rules/restraint.ts";
import { toRuleSource } from "../rules/shorthand.ts";
import { coverageOf } from "./coverage.ts";

/** The open-question limit of a user whose guardrails do not name one. */
export const defaultMaxOpenQuestions = 10;

/**
 * Compiles a config that `resolveConfig` accepted. A config that is switched off has neither rules nor inputs; rules on a
 * blocked symbol are left out, since an answer to their question could only be denied.
 */
export function compileConfig(effective: TradingConfig, revision: string): CompiledConfig {
  const blocked = new Set(effective.guardrails.symbols_blocklist);
  const sourceOf = coverageOf(effective);
  const frames: RuleFrame[] = [];
  const thresholds: number[] = [];
  const conditions: CompiledCondition[] = [];
  const config: CompiledConfig = {
    revision,
    enabled: effective.enabled,
    mode: effective.mode,
    maxOpenQuestions: effective.guardrails.max_open_questions ?? defaultMaxOpenQuestions,
    restraint: compileRestraint(effective),
    effective,
    frames,
    thresholds,
    conditions,
    inputs: effective.enabled ? compileInputs(effective) : [],
  };
  if (!effective.enabled) return config;
  for (const rule of effective.rules) {
    if (rule.enabled === false || blocked.has(rule.symbol)) continue;
    const source = sourceOf(rule);
    if (source === null) continue;
    if (!isThreshold(rule)) {
      conditions.push(compileConditionRule(rule, source, config));
      continue;
    }
    const thresholdNanos = thresholdNanosOf(rule.threshold_pct);
    if (thresholdNanos === null) throw new Error(`rule ${rule.id} has a threshold of more than nine decimals although it was checked`);
    frames.push({ rule, ...source, maxStalenessMs: rule.max_staleness_seconds * 1_000 });
    thresholds.push(thresholdNanos);
  }
  return config;
}

function compileConditionRule(rule: Rule, market: Pick<CompiledCondition, "feed" | "assetClass">, config: CompiledConfig): CompiledCondition {
  const source = toRuleSource(rule);
  return { rule, ...market, source, key: JSON.stringify(source), maxStalenessMs: source.maxAgeMs, config };
}

function compileInputs(config: TradingConfig): CompiledInput[] {
  return config.data_inputs
    .filter((input) => input.enabled !== false)
    .map((input) => ({ feed: input.feed, assetClass: input.asset_class, symbols: input.symbols, pollIntervalSeconds: input.poll_interval_seconds, quoted: input.metrics.includes("quote") }));
}
