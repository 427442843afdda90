import type { AssetClass, Feed, TradingMode } from "@nod/contract/primitives";
import type { ProposeOrder, ReferenceRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import type { CompiledRestraint } from "./restraint.ts";

/** The rules that firing, asking and answering know so far; any other is refused before it gets here. */
export type EvaluatedRule = ReferenceRule & { on_answer_match: Extract<ProposeOrder, { notional_usd: unknown }> };

export function isEvaluated(rule: Rule): rule is EvaluatedRule {
  const { on_answer_match: action, mode } = rule;
  if (rule.type !== "price_below_pct_of_ref" && rule.type !== "price_above_pct_of_ref") return false;
  if (action.action !== "propose_order" || !("notional_usd" in action)) return false;
  return mode !== "auto" && action.order_type !== "limit" && action.exits === undefined;
}

/** A rule with everything that evaluation needs worked out; immutable, and shared by users with the same documents. */
export type CompiledRule = {
  readonly rule: EvaluatedRule;
  readonly feed: Feed;
  readonly assetClass: AssetClass;
  /** The threshold in billionths of a percent: an integer below 2^53, so exact as a double. */
  readonly thresholdNanos: number;
  readonly maxStalenessMs: number;
  readonly config: CompiledConfig;
};

/** What ingest has to fetch for a user. */
export type CompiledInput = {
  readonly feed: Feed;
  readonly assetClass: AssetClass;
  readonly symbols: readonly string[];
  readonly pollIntervalSeconds: number;
};

export type CompiledConfig = {
  /** `template.own`, as in the config's ETag. */
  readonly revision: string;
  readonly mode: TradingMode;
  readonly maxOpenQuestions: number;
  readonly restraint: CompiledRestraint;
  readonly effective: TradingConfig;
  readonly rules: readonly CompiledRule[];
  readonly inputs: readonly CompiledInput[];
};
