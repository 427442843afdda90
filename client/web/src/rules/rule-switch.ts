import type { TradingConfigOverride } from "@nod/contract/trading-config";

/** The person's own document with one rule switched on or off, and everything else as it was. */
export function withRuleSwitched(own: TradingConfigOverride, ruleId: string, enabled: boolean): TradingConfigOverride {
  const rules = own.rules ?? [];
  if (!rules.some(({ id }) => id === ruleId)) return { ...own, rules: [...rules, { id: ruleId, enabled }] };
  return { ...own, rules: rules.map((rule) => (rule.id === ruleId ? { ...rule, enabled } : rule)) };
}
