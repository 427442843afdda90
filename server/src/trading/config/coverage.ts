import type { AssetClass, Feed } from "@nod/contract/primitives";
import { metricsOf } from "@nod/contract/rule-operands";
import type { Metric, Rule, TradingConfig } from "@nod/contract/trading-config";

/** Where the prices of a rule come from. They are always of one feed: IEX against SIP compares nothing. */
export type Source = { feed: Feed; assetClass: AssetClass };

type Coverage = { source: Source; metrics: Map<string, Set<Metric>> };

/** By symbol, what the enabled data inputs bring from each feed; inputs of one feed complement each other. */
export function coverageOf(config: TradingConfig): (rule: Rule) => Source | null {
  const feeds = new Map<string, Coverage>();
  for (const input of config.data_inputs) {
    if (input.enabled === false) continue;
    const key = `${input.feed} ${input.asset_class}`;
    const coverage = feeds.get(key) ?? { source: { feed: input.feed, assetClass: input.asset_class }, metrics: new Map<string, Set<Metric>>() };
    feeds.set(key, coverage);
    for (const symbol of input.symbols) {
      const metrics = coverage.metrics.get(symbol) ?? new Set();
      coverage.metrics.set(symbol, metrics);
      for (const metric of input.metrics) metrics.add(metric);
    }
  }
  return (rule) => {
    const needed = metricsOf(rule);
    for (const { source, metrics } of feeds.values()) {
      const brought = metrics.get(rule.symbol);
      if (brought !== undefined && needed.every((metric) => brought.has(metric))) return source;
    }
    return null;
  };
}
