import { describe, expect, test } from "vitest";
import type { FinishedBar } from "../../src/trading/rules/bar-window.ts";
import { readRecordedDays } from "../support/recorded-bars.ts";
import { joined, readTemplate, seenBy } from "../support/template-replay.ts";

const rulesOf = (name: string) => readTemplate(name).rules;
const ruleOf = (name: string, id: string) => {
  const rule = rulesOf(name).find((each) => each.id === id);
  if (rule === undefined) throw new Error(`${name} has no rule ${id}`);
  return rule;
};

describe("every rule of the templates on stocks is known on real days", () => {
  const names = ["dip_confirm", "momentum_breakout", "mean_reversion", "anomaly_guard", "trailing_exit", "morning_gap"];
  test.each(names.flatMap((name) => rulesOf(name).map((rule) => ({ name, id: rule.id, rule }))))("$name: $id", ({ rule }) => {
    expect(seenBy(rule, true).known).toBe(true);
  });

  test("but what is of a position is unknown to somebody who has none, and asks him nothing", () => {
    for (const rule of rulesOf("trailing_exit")) expect(seenBy(rule, false)).toEqual({ known: false, firedAt: [] });
  });
});

describe("dip_confirm", () => {
  test("asks about BAC on 2013-10-07, when it stood at 13.83 or less against a close of 14.05, and not twice within an hour", () => {
    // 14.05 less 1.5 % is 13.83925. Minutes that ended at or below it: from 13:33 (13.82), and after 14:33 from 18:28 (13.83),
    // and after 19:28 at once, at 19:29 (13.83). On the other days it never fell so far.
    expect(seenBy(ruleOf("dip_confirm", "bac_dip"), false).firedAt).toEqual(["2013-10-07T13:33", "2013-10-07T18:28", "2013-10-07T19:29"]);
  });

  test("asks nothing about SPY, which on 2013-10-08 fell by 1.2 % and no more", () => {
    expect(seenBy(ruleOf("dip_confirm", "dip_confirm"), false).firedAt).toEqual([]);
  });
});

/** The rule as its page says it, worked out anew at each minute over all that there was. */
function breakouts(symbol: string): string[] {
  const firedAt: string[] = [];
  const fives: FinishedBar[] = [];
  let [armed, before]: [boolean, boolean | null] = [true, null];
  for (const { session, bars } of readRecordedDays(symbol)) {
    const today = fives.length;
    for (const [index, bar] of bars.entries()) {
      const atMs = bar.startsAtMs + 60_000;
      if (atMs % 300_000 === 0) fives.push(joined(bars, index));
      const ofToday = fives.slice(today);
      const volume = ofToday.reduce((sum, each) => sum + each.volume, 0);
      const vwap = ofToday.reduce((sum, each) => sum + ((each.high + each.low + each.close) / 3) * each.volume, 0) / volume;
      const earlier = fives.slice(-21, -1);
      const usual = earlier.length < 20 ? Number.NaN : earlier.reduce((sum, each) => sum + each.volume, 0) / 20;
      const inTime = atMs - session.opensAtMs >= 900_000 && session.closesAtMs - atMs >= 1_800_000;
      if (bar.close < vwap) armed = true;
      const known = !inTime || (Number.isFinite(vwap) && Number.isFinite(usual));
      const holds = inTime && bar.close > 1.002 * vwap && (fives.at(-1)?.volume ?? Number.NaN) / usual > 1.5;
      if (holds && armed && before === false) {
        firedAt.push(new Date(atMs).toISOString().slice(0, 16));
        armed = false;
      }
      if (known) before = holds;
    }
  }
  return firedAt;
}

describe("momentum_breakout", () => {
  test.each(["SPY", "AAPL", "BAC"])("asks about %s in the minutes that working it out anew gives", (symbol) => {
    const worked = breakouts(symbol);
    expect(worked.length).toBeGreaterThan(1);
    expect(seenBy(ruleOf("momentum_breakout", `${symbol.toLowerCase()}_breakout`), false).firedAt).toEqual(worked);
  });
});

describe("anomaly_guard", () => {
  test("says nothing in the first ten minutes, and of one move names one severity", () => {
    for (const symbol of ["spy", "aapl"]) {
      const seen = ["low", "medium", "high", "critical"].flatMap((severity) => seenBy(ruleOf("anomaly_guard", `${symbol}_anomaly_${severity}`), true).firedAt);
      expect(seen.length).toBeGreaterThan(3);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((at) => at.slice(11) < "13:40")).toEqual([]);
    }
  });

  test("never asks somebody who holds nothing to sell", () => {
    const asking = rulesOf("anomaly_guard").filter((rule) => rule.on_answer_match.action === "propose_exit");
    expect(asking).toHaveLength(4);
    for (const rule of asking) expect(seenBy(rule, false).firedAt).toEqual([]);
  });

  test("has no rule that buys", () => {
    expect(rulesOf("anomaly_guard").map((rule) => rule.on_answer_match.action).filter((action) => action === "propose_order")).toEqual([]);
  });
});
