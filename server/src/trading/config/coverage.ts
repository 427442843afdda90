import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Metric, ReferenceMetric, Rule, TradingConfig } from "@nod/contract/trading-config";

/** Where the two prices of a rule come from. They are always of one feed: IEX against SIP compares nothing. */
export type Source = { feed: Feed; assetClass: AssetClass };

/** What an input must bring for a reference to be known. */
export function metricFor(reference: ReferenceMetric): Metric {
  return reference === "prev_close" ? "prev_close" : "daily_bar";
}

/** What an input must bring for a rule to be looked at. */
export function metricsOf(rule: Rule): Metric[] {
  return "ref_metric" in rule ? [...new Set<Metric>(["last_trade", metricFor(rule.ref_metric)])] : ["last_trade"];
}

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
