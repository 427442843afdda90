import type { AssetClass, Feed, TradingMode } from "@nod/contract/primitives";
import type { ProposeOrder, ReferenceRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import type { CompiledRestraint } from "./restraint.ts";
import type { RuleSource } from "./rule-program.ts";

/** The rules that firing, asking and answering know so far; any other is refused before it gets here. */
export type EvaluatedRule = ReferenceRule & { on_answer_match: Extract<ProposeOrder, { notional_usd: unknown }> };

export function isEvaluated(rule: Rule): rule is EvaluatedRule {
  const { on_answer_match: action, mode } = rule;
  if (!isThreshold(rule)) return false;
  if (action.action !== "propose_order" || !("notional_usd" in action)) return false;
  return mode !== "auto" && action.order_type !== "limit" && action.exits === undefined;
}

type Compiled = {
  readonly feed: Feed;
  readonly assetClass: AssetClass;
  readonly maxStalenessMs: number;
  readonly config: CompiledConfig;
};

/** A rule with everything that evaluation needs worked out; immutable, and shared by users with the same documents. */
export type CompiledRule = Compiled & {
  readonly rule: EvaluatedRule;
  /** The threshold in billionths of a percent: an integer below 2^53, so exact as a double. */
  readonly thresholdNanos: number;
};

/** A rule that is evaluated in its long form. `key` is the same for rules that are true, and fire, at the same moments. */
export type CompiledCondition = Compiled & { readonly rule: Rule; readonly source: RuleSource; readonly key: string };

/** Such rules stand in a ladder of thresholds, where finding those that hold takes no time for those that do not. */
export const isThreshold = (rule: Rule): rule is ReferenceRule => rule.type === "price_below_pct_of_ref" || rule.type === "price_above_pct_of_ref";

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
