/** A template's rules over recorded days, minute by minute, as somebody sees them who has held ten shares since the first open. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TradingConfig, type Rule } from "@nod/contract/trading-config";
import { compileValidator } from "@nod/contract/validators";
import type { FinishedBar } from "../../src/trading/rules/bar-window.ts";
import { newGate, passGate } from "../../src/trading/rules/firing-gate.ts";
import { compileRuleSource } from "../../src/trading/rules/rule-program.ts";
import { toRuleSource } from "../../src/trading/rules/shorthand.ts";
import { createSymbolView } from "../../src/trading/rules/symbol-view.ts";
import { unknown } from "../../src/trading/rules/truth.ts";
import { noPosition } from "../../src/trading/rules/user-view.ts";
import { readDailyBars, readRecordedDays } from "./recorded-bars.ts";

const readConfig = compileValidator(TradingConfig);
const minuteMs = 60_000;

export function readTemplate(name: string): TradingConfig {
  const sql = readFileSync(join(import.meta.dirname, `../../seeds/templates/${name}.sql`), "utf8");
  const config = readConfig(JSON.parse(/\$json\$([\s\S]*?)\$json\$/.exec(sql)?.[1] ?? "null"));
  if (!config.ok) throw new Error(`${name}: ${JSON.stringify(config.errors)}`);
  return config.value;
}

/** `known`: it was not unknown at some look. `firedAt`: the ends of the minutes at which it fired. */
export type Seen = { known: boolean; firedAt: string[] };

export function seenBy(rule: Rule, holds: boolean): Seen {
  const view = createSymbolView();
  const { policy, bind } = compileRuleSource(toRuleSource(rule));
  const bound = bind(view);
  const memory = bound.createMemory();
  let gate = newGate(policy);
  const days = readRecordedDays(rule.symbol);
  const daily = readDailyBars(rule.symbol);
  const entry = days[0]?.bars[0]?.open ?? Number.NaN;
  const position = { qty: 10, avgEntry: entry, peak: entry, openedAtMs: days[0]?.session.opensAtMs ?? Number.NaN };
  const seen: Seen = { known: false, firedAt: [] };
  for (const { session, bars } of days) {
    const before = daily.filter((bar) => bar.startsAtMs < Date.parse(session.tradingDay));
    view.loadBars("1Day", before);
    view.setSession(session);
    view.setFact("prev_close", before.at(-1)?.close ?? Number.NaN, session.opensAtMs, session.tradingDay);
    view.setFact("day_open", bars[0]?.open ?? Number.NaN, session.opensAtMs, session.tradingDay);
    for (const [index, bar] of bars.entries()) {
      const atMs = bar.startsAtMs + minuteMs;
      position.peak = Math.max(position.peak, bar.high);
      view.setTime(atMs);
      view.setFact("last", bar.close, atMs);
      if (atMs % (5 * minuteMs) === 0) view.closeBar("5Min", joined(bars, index));
      const truth = bound.look(memory, { position: holds ? position : noPosition, account: null });
      seen.known ||= truth !== unknown;
      const next = passGate(policy, gate, bound.gateLook());
      if (next.firings > gate.firings) seen.firedAt.push(new Date(atMs).toISOString().slice(0, 16));
      gate = next;
    }
  }
  return seen;
}

/** The five-minute bar that ends with the minute at `index`. */
export function joined(minutes: readonly FinishedBar[], index: number): FinishedBar {
  const endsAtMs = (minutes[index]?.startsAtMs ?? Number.NaN) + minuteMs;
  const startsAtMs = endsAtMs - 5 * minuteMs;
  const within = minutes.slice(Math.max(0, index - 4), index + 1).filter((bar) => bar.startsAtMs >= startsAtMs);
  return {
    startsAtMs,
    open: within[0]?.open ?? Number.NaN,
    high: Math.max(...within.map((bar) => bar.high)),
    low: Math.min(...within.map((bar) => bar.low)),
    close: within.at(-1)?.close ?? Number.NaN,
    volume: within.reduce((sum, bar) => sum + bar.volume, 0),
  };
}
