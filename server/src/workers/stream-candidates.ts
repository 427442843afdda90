import type { CompiledConfigs } from "../trading/config/compiled-configs.ts";
import type { FeedGroup } from "../trading/config/due-inputs.ts";
import type { StreamCandidate } from "../trading/market/stream-pick.ts";
import type { CompiledConfig } from "../trading/rules/compiled-rule.ts";

/** Counting goes over all users; who gets a place on the stream may be this old. */
const countEveryMs = 10_000;

/** The symbols that are followed on a feed, and how many rules of all users are on each. */
export function createStreamCandidates(configs: Pick<CompiledConfigs, "inputs" | "activeUsers" | "get">, group: FeedGroup, nowMs: () => number = () => performance.now()): () => StreamCandidate[] {
  let counts = new Map<string, number>();
  let countedAtMs = -Infinity;
  return () => {
    const followed = configs.inputs.groups().find(({ group: { feed, assetClass } }) => feed === group.feed && assetClass === group.assetClass)?.symbols ?? [];
    if (nowMs() - countedAtMs >= countEveryMs || followed.some(({ symbol }) => !counts.has(symbol))) {
      counts = countRules(configs, group);
      for (const { symbol } of followed) if (!counts.has(symbol)) counts.set(symbol, 0);
      countedAtMs = nowMs();
    }
    return followed.map(({ symbol, quoted }) => ({ symbol, quoted, rules: counts.get(symbol) ?? 0 }));
  };
}

function countRules(configs: Pick<CompiledConfigs, "activeUsers" | "get">, { feed, assetClass }: FeedGroup): Map<string, number> {
  // Most users share a compiled config with others.
  const users = new Map<CompiledConfig, number>();
  for (const firebaseUid of configs.activeUsers()) {
    const config = configs.get(firebaseUid);
    if (config !== undefined) users.set(config, (users.get(config) ?? 0) + 1);
  }
  const counts = new Map<string, number>();
  for (const [config, sharing] of users) {
    for (const each of [...config.frames, ...config.conditions]) {
      if (each.feed === feed && each.assetClass === assetClass) counts.set(each.rule.symbol, (counts.get(each.rule.symbol) ?? 0) + sharing);
    }
  }
  return counts;
}
