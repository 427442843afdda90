import { rulesOf, type CompiledCondition, type CompiledConfig, type CompiledRule } from "../rules/compiled-rule.ts";
import { marketKey } from "../market/fact-book.ts";
import { toRuleSource } from "../rules/shorthand.ts";
import type { Market } from "./timeline.ts";

export type AnyCompiledRule = CompiledRule | CompiledCondition;

/** Every rule in its long form, in the order of the config: the ladders of the live tick are a faster way to the same. */
export function inLongForm(config: CompiledConfig): CompiledCondition[] {
  const order = new Map(config.effective.rules.map(({ id }, index) => [id, index]));
  const placeOf = ({ rule }: CompiledCondition): number => order.get(rule.id) ?? 0;
  const thresholds = rulesOf(config).map(({ rule, feed, assetClass, maxStalenessMs, config: of }): CompiledCondition => {
    const source = toRuleSource(rule);
    return { rule, feed, assetClass, maxStalenessMs, config: of, source, key: JSON.stringify(source) };
  });
  return [...thresholds, ...config.conditions].toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** What the rules are about, each once. */
export function marketsOf(config: CompiledConfig): Market[] {
  const markets = inLongForm(config).map(({ feed, assetClass, rule: { symbol } }): Market => ({ key: marketKey({ feed, assetClass, symbol }), feed, assetClass, symbol }));
  return [...new Map(markets.map((market) => [market.key, market])).values()];
}
