import type { AssetClass, Feed, TradingMode } from "@nod/contract/primitives";
import type { Rule, TradingConfig } from "@nod/contract/trading-config";

/** A rule with everything that evaluation needs worked out; immutable, and shared by users with the same documents. */
export type CompiledRule = {
  readonly rule: Rule;
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
  readonly effective: TradingConfig;
  readonly rules: readonly CompiledRule[];
  readonly inputs: readonly CompiledInput[];
};
