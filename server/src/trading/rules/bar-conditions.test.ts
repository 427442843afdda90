import type { Condition, Operand, Timeframe } from "@nod/contract/rule-language";
import { describe, expect, test } from "vitest";
import type { FinishedBar } from "./bar-window.ts";
import { needsOf } from "./needs.ts";
import { compileCondition } from "./program.ts";
import { createSymbolView, type SymbolView } from "./symbol-view.ts";
import { truthWord } from "./truth.ts";

const minute = 60_000;
const opensAtMs = Date.parse("2013-10-08T13:30:00Z");
const session = { tradingDay: "2013-10-08", opensAtMs, closesAtMs: Date.parse("2013-10-08T20:00:00Z") };
const previous = { tradingDay: "2013-10-07", opensAtMs: opensAtMs - 1_440 * minute, closesAtMs: session.closesAtMs - 1_440 * minute };

const bar = (startsAtMs: number, close: number, volume = 100): FinishedBar => ({ startsAtMs, open: close - 1, high: close + 2, low: close - 3, close, volume });

/** One-minute bars with these closes since the open, the last one just over. */
function viewAfter(closes: readonly number[], of = session): SymbolView {
  const view = createSymbolView();
  view.frame("1Min").reserve(500, true);
  view.setSession(of);
  for (const [index, close] of closes.entries()) view.closeBar("1Min", bar(of.opensAtMs + index * minute, close));
  view.setTime(of.opensAtMs + closes.length * minute);
  view.setFact("last", closes.at(-1) ?? 1, view.nowMs);
  return view;
}

function look(condition: Condition, view: SymbolView): { truth: string; why: string | null; facts: Record<string, string> } {
  const bound = compileCondition(condition, { maxAgeMs: 180_000 }).bind(view);
  const memory = bound.createMemory();
  return { truth: truthWord(bound.look(memory, null)), why: bound.why(memory, null), facts: bound.facts(null) };
}

const equals = (left: Operand, right: number): Condition => ({ op: "=", left, right });

describe("finished bars", () => {
  const closes = [10, 11, 12, 15, 14];

  test.each([
    ["open", 13], ["high", 16], ["low", 11], ["close", 14], ["volume", 100],
  ] as const)("the %s of the last one is %d", (field, value) => {
    expect(look(equals({ bar: field, timeframe: "1Min" }, value), viewAfter(closes)).truth).toBe("yes");
  });

  test("an offset counts back from the last one that is over; beyond the first there is nothing", () => {
    const view = viewAfter(closes);
    expect([0, 1, 4].map((offset) => look(equals({ bar: "close", timeframe: "1Min", offset }, closes.at(-1 - offset) ?? 0), view).truth)).toEqual(["yes", "yes", "yes"]);
    expect(look(equals({ bar: "close", timeframe: "1Min", offset: 5 }, 1), view).why).toBe("close(1Min, 5 back) needs 6 1Min bars, there are 5");
  });

  test("rising and falling are each bar against the one before it", () => {
    const trend = (op: "rising" | "falling", bars: number, of: number[]): string => look({ op, value: { bar: "close", timeframe: "1Min" }, bars }, viewAfter(of)).truth;
    expect([trend("rising", 3, [9, 10, 11, 12]), trend("rising", 3, [10, 10, 11, 12]), trend("rising", 3, [11, 12])]).toEqual(["yes", "no", "unknown"]);
    expect([trend("falling", 2, [12, 11, 10]), trend("falling", 2, [10, 12, 11]), trend("falling", 2, [10, 11])]).toEqual(["yes", "no", "no"]);
  });

  test("an indicator rises by what it was", () => {
    const condition: Condition = { op: "rising", value: { indicator: "sma", timeframe: "1Min", length: 2 }, bars: 2 };
    expect(look(condition, viewAfter([1, 2, 3, 4])).truth).toBe("yes");
    expect(look(condition, viewAfter([1, 2, 4])).why).toBe("sma(2, 1Min) has no 2 bars before it");
  });

  test("too little history says how much there is and how much it takes", () => {
    const condition: Condition = { op: "<", left: { indicator: "rsi", timeframe: "1Min", length: 14 }, right: 30 };
    expect(look(condition, viewAfter(closes)).why).toBe("rsi(14, 1Min) needs 15 1Min bars, there are 5");
  });

  test("bars that stopped coming are stale, those of yesterday are not at the open", () => {
    const condition: Condition = { op: ">", left: { indicator: "sma", timeframe: "1Min", length: 2 }, right: 0 };
    const view = viewAfter(closes);
    view.setTime(view.nowMs + 4 * minute);
    expect(look(condition, view).truth).toBe("yes");
    view.setTime(view.nowMs + 1);
    expect(look(condition, view).why).toBe("the 1Min bars are stale");
    const morning = viewAfter(closes, previous);
    morning.setSession(session);
    morning.setTime(session.opensAtMs + minute);
    expect(look(condition, morning).truth).toBe("yes");
  });

  test("days may be as old as a long weekend and its holidays", () => {
    const view = viewAfter(closes);
    const daysAgo = (days: number): number => view.nowMs - days * 1_440 * minute;
    view.closeBar("1Day", bar(daysAgo(6), 10));
    expect(look(equals({ bar: "close", timeframe: "1Day" }, 10), view).truth).toBe("yes");
    view.setTime(view.nowMs + 2 * 1_440 * minute);
    expect(look(equals({ bar: "close", timeframe: "1Day" }, 10), view).why).toBe("the 1Day bars are stale");
  });

  test("two means that are equal as decimals do not differ by their rounding", () => {
    const view = viewAfter([0.1, 0.2, 0.3, 0.1, 0.2, 0.3]);
    expect(look({ op: "=", left: { indicator: "sma", timeframe: "1Min", length: 3 }, right: { indicator: "sma", timeframe: "1Min", length: 6 } }, view).truth).toBe("yes");
    expect(look(equals({ indicator: "sma", timeframe: "1Min", length: 3 }, 0.2), view).truth).toBe("yes");
  });

  test("the VWAP is of today: yesterday's bars count for nothing, and before the first one of today it is unknown", () => {
    const view = viewAfter([50, 50], previous);
    const condition = equals({ indicator: "vwap", timeframe: "1Min" }, 99 + 2 / 3);
    view.setSession(session);
    view.setTime(session.opensAtMs + 30_000);
    expect(look(condition, view).why).toBe("there is no 1Min bar of today yet");
    view.closeBar("1Min", bar(session.opensAtMs, 100));
    view.setTime(session.opensAtMs + minute);
    expect(Number(look(condition, view).facts["vwap(1Min)"])).toBeCloseTo(99 + 2 / 3, 8);
  });
});

describe("changes", () => {
  const closes = [100, 101, 102, 103, 104, 110];

  test("against the close of so many bars before the last one that is over", () => {
    expect(look(equals({ change: "percent", from: { bars: 5, timeframe: "1Min" } }, 10), viewAfter(closes)).truth).toBe("yes");
    expect(look(equals({ change: "absolute", from: { bars: 1, timeframe: "1Min" } }, 6), viewAfter(closes)).truth).toBe("yes");
  });

  test("against the price that stood so many minutes ago, found over minutes without a trade", () => {
    const view = viewAfter([100, 101]);
    view.closeBar("1Min", bar(session.opensAtMs + 7 * minute, 105));
    view.setTime(session.opensAtMs + 8 * minute);
    view.setFact("last", 110, view.nowMs);
    const since = (minutes: number): string | undefined => look({ op: ">", left: { change: "absolute", from: { minutes } }, right: 0 }, view).facts[`price ${minutes} minutes ago`];
    expect([1, 5, 6, 7, 8].map(since)).toEqual(["101", "101", "101", "100", undefined]);
    expect(look({ op: ">", left: { change: "absolute", from: { minutes: 8 } }, right: 0 }, view).why).toBe("there is no price of 8 minutes ago");
  });

  test("what changed overnight did not change within minutes", () => {
    const view = viewAfter(Array.from({ length: 390 }, () => 100), previous);
    view.setSession(session);
    view.closeBar("1Min", bar(session.opensAtMs, 90));
    view.setTime(session.opensAtMs + minute);
    view.setFact("last", 90, view.nowMs);
    expect(look({ op: "<", left: { change: "percent", from: { minutes: 30 } }, right: -5 }, view).truth).toBe("unknown");
  });
});

test("what was looked at is told by name, the unknown left out", () => {
  const condition: Condition = {
    all: [
      { op: "<", left: { change: "percent", from: "prev_close" }, right: -1 },
      { op: "<", left: { indicator: "sma", timeframe: "1Min", length: 3 }, right: 200 },
      { op: ">", left: "bid", right: 1 },
    ],
  };
  const view = viewAfter([10, 11, 12.5]);
  view.setFact("prev_close", "12.80", view.nowMs, session.tradingDay);
  expect(look(condition, view).facts).toEqual({ last: "12.5", prev_close: "12.80", "change percent from prev_close": "-2.34375", "sma(3, 1Min)": "11.166666667" });
});

describe("what a condition needs", () => {
  const history = (condition: Condition): [Timeframe, number, boolean][] => needsOf([condition]).history.map(({ timeframe, bars, wholeDay }) => [timeframe, bars, wholeDay]);

  test.each<[string, Condition, [Timeframe, number, boolean][]]>([
    ["a bar", equals({ bar: "close", timeframe: "5Min", offset: 3 }, 1), [["5Min", 4, false]]],
    ["a mean", equals({ indicator: "sma", timeframe: "1Day", length: 20, offset: 2 }, 1), [["1Day", 24, false]]],
    ["an average that forgets slowly", equals({ indicator: "rsi", timeframe: "1Min", length: 14 }, 1), [["1Min", 307, false]]],
    ["the day's VWAP and ten bars", { all: [equals({ indicator: "vwap", timeframe: "1Min" }, 1), equals({ bar: "close", timeframe: "1Min", offset: 9 }, 1)] }, [["1Min", 10, true]]],
    ["a trend", { op: "rising", value: { bar: "close", timeframe: "1Hour" }, bars: 5 }, [["1Hour", 6, false]]],
    ["the price of ten minutes ago", equals({ change: "percent", from: { minutes: 10 } }, 1), [["1Min", 12, false]]],
    ["a quote", equals("mid", 1), []],
  ])("%s", (_, condition, expected) => {
    expect(history(condition)).toEqual(expected);
  });

  test("whether it reads what is the user's, and whether time alone may turn it", () => {
    const flags = (condition: Condition): [boolean, boolean] => [needsOf([condition]).user, needsOf([condition]).time];
    expect(flags(equals("last", 1))).toEqual([false, false]);
    expect(flags(equals({ position: "qty" }, 1))).toEqual([true, false]);
    expect(flags(equals({ change: "percent", from: "peak" }, 1))).toEqual([true, false]);
    expect(flags({ held_for: { seconds: 60, condition: equals("last", 1) } })).toEqual([false, true]);
    expect(flags(equals({ clock: "minutes_since_open" }, 1))).toEqual([false, true]);
  });

  test("a view says what bound programs want and it was not given, until it is", () => {
    const view = createSymbolView();
    compileCondition(equals({ indicator: "sma", timeframe: "5Min", length: 3 }, 1), { maxAgeMs: 1 }).bind(view);
    expect(view.lacks()).toEqual([{ timeframe: "5Min", bars: 5, wholeDay: false }]);
    view.loadBars("5Min", [1, 2, 3].map((n) => bar(n * 5 * minute, n)));
    expect(view.lacks()).toEqual([]);
    compileCondition(equals({ indicator: "sma", timeframe: "5Min", length: 4 }, 1), { maxAgeMs: 1 }).bind(view);
    expect(view.lacks()).toEqual([{ timeframe: "5Min", bars: 6, wholeDay: false }]);
  });
});
