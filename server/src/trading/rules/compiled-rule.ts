import type { AssetClass, Feed, TradingMode } from "@nod/contract/primitives";
import type { ReferenceRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import type { CompiledRestraint } from "./restraint.ts";
import type { RuleSource } from "./rule-program.ts";

type Compiled = {
  readonly feed: Feed;
  readonly assetClass: AssetClass;
  readonly maxStalenessMs: number;
  readonly config: CompiledConfig;
};

/** A rule with everything that evaluation needs worked out; immutable, and shared by users with the same documents. */
export type CompiledRule = Compiled & {
  readonly rule: ReferenceRule;
  /** The threshold in billionths of a percent: an integer below 2^53, so exact as a double. */
  readonly thresholdNanos: number;
};

/** A rule that is evaluated in its long form. `key` is the same for rules that are true, and fire, at the same moments. */
export type CompiledCondition = Compiled & { readonly rule: Rule; readonly source: RuleSource; readonly key: string };

/**
 * Such rules stand in a ladder of thresholds, where finding those that hold takes no time for those that do not. One that is
 * sized by volatility reads bars besides, and is a condition.
 */
export function isThreshold(rule: Rule): rule is ReferenceRule {
  if (rule.type !== "price_below_pct_of_ref" && rule.type !== "price_above_pct_of_ref") return false;
  return rule.on_answer_match.action !== "propose_order" || !("volatility" in rule.on_answer_match);
}

/** What ingest has to fetch for a user. */
export type CompiledInput = {
  readonly feed: Feed;
  readonly assetClass: AssetClass;
  readonly symbols: readonly string[];
  readonly pollIntervalSeconds: number;
  /** The bid and the ask are wanted too. */
  readonly quoted: boolean;
};

export type CompiledConfig = {
  /** `template.own`, as in the config's ETag. */
  readonly revision: string;
  readonly mode: TradingMode;
  readonly maxOpenQuestions: number;
  readonly restraint: CompiledRestraint;
  readonly effective: TradingConfig;
  readonly rules: readonly CompiledRule[];
  readonly conditions: readonly CompiledCondition[];
  readonly inputs: readonly CompiledInput[];
};
