import type { Rule } from "@nod/contract/trading-config";
import { describe, expect, it } from "vitest";
import { holdsOf, nextPossible, type RuleRecord, type RuleSurroundings } from "./rule-standing.ts";

// A Monday, 15:00 in New York.
const at = new Date("2026-03-02T20:00:00Z");
const later = (minutes: number): Date => new Date(at.getTime() + minutes * 60_000);
const rule = (changes: object = {}): Rule => ({
  id: "dip",
  type: "condition",
  symbol: "SPY",
  when: { op: "<", left: "last", right: 400 },
  question_template: "?",
  on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
  cooldown_seconds: 3_600,
  expires_in_seconds: 300,
  max_staleness_seconds: 180,
  max_drift_bps: 50,
  ...changes,
});
const clean: RuleRecord = { askedUntil: null, orderUnderWay: false, cooldownUntil: null, snoozedUntil: null, firings: null };
const open: RuleSurroundings = {
  at,
  enabled: true,
  killSwitchOn: false,
  quietHours: null,
  session: { state: "open", tradingDay: "2026-03-02", nextOpen: new Date("2026-03-03T14:30:00Z"), nextClose: new Date("2026-03-02T21:00:00Z") },
  hours: { opensAt: new Date("2026-03-02T14:30:00Z"), closesAt: new Date("2026-03-02T21:00:00Z") },
  isCrypto: false,
  isBlocked: false,
};
const holds = (of: object, record: Partial<RuleRecord> = {}, around: Partial<RuleSurroundings> = {}) => holdsOf(rule(of), { ...clean, ...record }, { ...open, ...around });
const fired = (minutesAgo: number, periodMs: number | null = null) => ({ firings: { lastAt: later(-minutesAgo), periodMs } });

describe("what holds a rule", () => {
  it("is nothing in an open market, and then it may ask at the next look", () => {
    expect(holds({})).toEqual([]);
    expect(nextPossible([], at)).toBe(at.toISOString());
  });

  it("is told whole, what ends last first: that is when it may ask again", () => {
    const told = holds({}, { cooldownUntil: later(30), snoozedUntil: later(600), askedUntil: later(4) });
    expect(told.map(({ because }) => because)).toEqual(["snoozed", "cooldown", "asked_now"]);
    expect(nextPossible(told, at)).toBe(later(600).toISOString());
  });

  it("is over once its time has come", () => {
    expect(holds({}, { cooldownUntil: later(-1), snoozedUntil: at })).toEqual([]);
  });

  it.each([
    ["off", { enabled: false }, {}, {}],
    ["trading_off", {}, {}, { enabled: false }],
    ["symbol_blocked", {}, {}, { isBlocked: true }],
    ["kill_switch", {}, {}, { killSwitchOn: true }],
    ["order_under_way", {}, { orderUnderWay: true }, {}],
    ["not_watched", {}, {}, { session: null }],
    ["over", { fire: { mode: "on_change", expires_at: "2026-03-02T19:00:00Z" } }, {}, {}],
    ["spent", { fire: { mode: "once" } }, fired(600), {}],
    ["market_unknown", {}, {}, { session: { state: "unknown" as const, tradingDay: null, nextOpen: null, nextClose: null } }],
  ])("has no known end: %s", (because, of, record, around) => {
    const told = holds(of, record, around);
    expect(told[0]).toEqual({ because, until: null });
    expect(nextPossible(told, at)).toBeNull();
  });

  it("is not a kill switch for what only sells", () => {
    expect(holds({ on_answer_match: { action: "propose_exit" } }, {}, { killSwitchOn: true })).toEqual([]);
    expect(holds({ on_answer_match: { action: "propose_order", side: "sell", qty: 1 } }, {}, { killSwitchOn: true })).toEqual([]);
  });

  it("is a closed market until it opens", () => {
    expect(holds({}, {}, { session: { state: "closed", tradingDay: "2026-03-02", nextOpen: later(900), nextClose: null } })).toEqual([{ because: "market_closed", until: later(900).toISOString() }]);
  });

  it("is its own firing, by the day, the bar or the clock", () => {
    const nextOpen = "2026-03-03T14:30:00.000Z";
    expect(holds({ fire: { mode: "once_per_day" } }, fired(60))).toEqual([{ because: "once_per_day", until: nextOpen }]);
    expect(holds({ fire: { mode: "once_per_day" } }, fired(60 * 24))).toEqual([]);
    expect(holds({ fire: { mode: "once_per_bar", timeframe: "1Day" } }, fired(60))).toEqual([{ because: "once_per_bar", until: nextOpen }]);
    // It fired on the bar that began at 14:55; the next one is finished at 15:05.
    expect(holds({ fire: { mode: "once_per_bar", timeframe: "5Min" } }, fired(0, later(-5).getTime()))).toEqual([{ because: "once_per_bar", until: later(5).toISOString() }]);
    expect(holds({ fire: { mode: "every", seconds: 1_800 } }, fired(10))).toEqual([{ because: "cooldown", until: later(20).toISOString() }]);
  });

  it("of a coin is New York's day", () => {
    const crypto = { isCrypto: true, hours: null, session: { state: "open" as const, tradingDay: null, nextOpen: null, nextClose: null } };
    expect(holds({ fire: { mode: "once_per_day" } }, fired(60), crypto)).toEqual([{ because: "once_per_day", until: "2026-03-03T05:00:00.000Z" }]);
  });

  it("is the hour that it is for", () => {
    expect(holds({ fire: { mode: "on_change", session: "first_hour" } })).toEqual([{ because: "first_hour_only", until: "2026-03-03T14:30:00.000Z" }]);
    expect(holds({ fire: { mode: "on_change", session: "last_hour" } })).toEqual([]);
    expect(holds({ fire: { mode: "on_change", session: "last_hour" } }, {}, { at: later(-120) })).toEqual([{ because: "last_hour_only", until: at.toISOString() }]);
  });

  it("is the user's quiet time, by the clock on his wall", () => {
    const quietHours = { fromMinute: 20 * 60, toMinute: 7 * 60, timeZone: "Europe/Berlin" };
    // 21:00 in Berlin: until seven, ten hours later.
    expect(holds({}, {}, { quietHours })).toEqual([{ because: "quiet_hours", until: later(600).toISOString() }]);
    expect(holds({}, {}, { quietHours: { ...quietHours, fromMinute: 0, toMinute: 0 } })).toEqual([{ because: "quiet_hours", until: null }]);
    // The night in which the clocks go forward is an hour shorter.
    const spring = new Date("2026-03-28T20:00:00Z");
    expect(holdsOf(rule(), clean, { ...open, at: spring, quietHours })).toContainEqual({ because: "quiet_hours", until: "2026-03-29T05:00:00.000Z" });
  });
});
