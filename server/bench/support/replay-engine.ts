import { newGate, passGate } from "../../src/trading/rules/firing-gate.ts";
import { compileRuleSource } from "../../src/trading/rules/rule-program.ts";
import { createSymbolView } from "../../src/trading/rules/symbol-view.ts";
import type { UserView } from "../../src/trading/rules/user-view.ts";
import type { ReplayDay } from "./replay-days.ts";
import { replayRules } from "./replay-rules.ts";

const minuteMs = 60_000;
const maxAgeMs = 180_000;

/** One symbol's days through the engine, bar by bar. A position is held from each day's open; its peak is the day's high so far. */
export function replayThroughEngine(days: readonly ReplayDay[], onFiring: (rule: string, atMs: number) => void): void {
  const view = createSymbolView();
  const rules = Object.entries(replayRules).map(([name, { when, fire }]) => {
    const { policy, bind } = compileRuleSource({ when, fire, maxAgeMs });
    const bound = bind(view);
    return { name, policy, bound, memory: bound.createMemory(), gate: newGate(policy) };
  });
  for (const { session, bars, prevClose } of days) {
    const { tradingDay, opensAtMs } = session;
    const dayOpen = bars[0]?.open ?? Number.NaN;
    let [high, low, volume] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
    const position = { qty: 10, avgEntry: dayOpen, peak: dayOpen, openedAtMs: opensAtMs };
    const user: UserView = { position, account: null };
    view.setSession(session);
    view.setFact("prev_close", prevClose, opensAtMs, tradingDay);
    view.setFact("day_open", dayOpen, opensAtMs, tradingDay);
    for (const bar of bars) {
      const atMs = bar.startsAtMs + minuteMs;
      high = Math.max(high, bar.high);
      low = Math.min(low, bar.low);
      volume += bar.volume;
      position.peak = high;
      view.setTime(atMs);
      view.setFact("last", bar.close, atMs);
      view.setFact("day_high", high, atMs, tradingDay);
      view.setFact("day_low", low, atMs, tradingDay);
      view.setFact("day_volume", volume, atMs, tradingDay);
      view.closeBar("1Min", bar);
      for (const rule of rules) {
        rule.bound.look(rule.memory, user);
        const next = passGate(rule.policy, rule.gate, rule.bound.gateLook());
        if (next.firings > rule.gate.firings) onFiring(rule.name, atMs);
        rule.gate = next;
      }
    }
  }
}
