import type { AssetClass, Feed, TradingMode } from "@nod/contract/primitives";
import type { ReferenceRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import type { CompiledRestraint } from "./restraint.ts";
import type { RuleSource } from "./rule-program.ts";

/** A rule on a market, whoever's it is: what does not change from one user to the next, and may be shared by all of them. */
type RuleOnMarket<R extends Rule> = { readonly rule: R; readonly feed: Feed; readonly assetClass: AssetClass; readonly maxStalenessMs: number };

/** Its `rule` has a threshold of its own, which those who share the frame need not have. */
export type RuleFrame = RuleOnMarket<ReferenceRule>;

/**
 * A user's rule with everything that evaluation needs worked out; immutable. A hundred thousand users have half a million of
 * them, nearly all alike but for their thresholds: so configs hold frames and numbers, one of these is made when a rule is
 * wanted by itself (`ruleAt`), and it writes the rule down when somebody asks for it.
 */
export class CompiledRule implements RuleOnMarket<ReferenceRule> {
  readonly frame: RuleFrame;
  /** The threshold in billionths of a percent: an integer below 2^53, so exact as a double. */
  readonly thresholdNanos: number;
  readonly config: CompiledConfig;

  constructor(frame: RuleFrame, thresholdNanos: number, config: CompiledConfig) {
    this.frame = frame;
    this.thresholdNanos = thresholdNanos;
    this.config = config;
  }

  /** The frame's own where the thresholds are the same, and otherwise made anew each time. */
  get rule(): ReferenceRule {
    const { rule } = this.frame;
    const threshold = this.thresholdNanos / nanosPerPercent;
    return rule.threshold_pct === threshold ? rule : { ...rule, threshold_pct: threshold };
  }
  get feed(): Feed {
    return this.frame.feed;
  }
  get assetClass(): AssetClass {
    return this.frame.assetClass;
  }
  get maxStalenessMs(): number {
    return this.frame.maxStalenessMs;
  }
}

/** The rule as it is shared: all of it but its threshold, without making anything anew. */
export const sharedRuleOf = (compiled: { readonly rule: Rule } | CompiledRule): Rule => ("frame" in compiled ? compiled.frame.rule : compiled.rule);

const nanosPerPercent = 1_000_000_000;

/**
 * The threshold of a rule in billionths of a percent; null when it has more than nine decimals. Exact: within a schema's bounds
 * such a number has at most thirteen digits, and a double tells apart fifteen.
 */
export function thresholdNanosOf(percent: number): number | null {
  const nanos = Math.round(percent * nanosPerPercent);
  return nanos / nanosPerPercent === percent ? nanos : null;
}

/** A rule that is evaluated in its long form. `key` is the same for rules that are true, and fire, at the same moments. */
export type CompiledCondition = RuleOnMarket<Rule> & { readonly config: CompiledConfig; readonly source: RuleSource; readonly key: string };

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
  /** The document's own switch. */
  readonly enabled: boolean;
  readonly mode: TradingMode;
  readonly maxOpenQuestions: number;
  readonly restraint: CompiledRestraint;
  /** The document in force; may be put together anew each time it is asked for. */
  readonly effective: TradingConfig;
  /** Of the rules that stand in ladders, what others may share; the list itself, too. */
  readonly frames: readonly RuleFrame[];
  /** Beside each frame the user's own threshold, in billionths of a percent: an integer below 2^53, so exact as a double. */
  readonly thresholds: readonly number[];
  readonly conditions: readonly CompiledCondition[];
  readonly inputs: readonly CompiledInput[];
};

/** @returns null when the config has no such rule */
export function ruleAt(config: CompiledConfig, place: number): CompiledRule | null {
  const [frame, threshold] = [config.frames[place], config.thresholds[place]];
  return frame === undefined || threshold === undefined ? null : new CompiledRule(frame, threshold, config);
}

/** The rules that stand in ladders, one by one. */
export const rulesOf = (config: CompiledConfig): CompiledRule[] => config.frames.map((frame, place) => new CompiledRule(frame, config.thresholds[place] ?? Number.NaN, config));
