import type { BarField, IndicatorOperand } from "@nod/contract/rule-language";
import fc from "fast-check";
import { ATR, BollingerBands, EMA, Highest, Lowest, SMA, VWAP } from "technicalindicators";
import { describe, expect, test } from "vitest";
import { readDailyBars, readRecordedDays, recordedDays } from "../support/recorded-bars.ts";
import type { FinishedBar } from "../../src/trading/rules/bar-window.ts";
import { historyOf, specOf } from "../../src/trading/rules/indicator-spec.ts";
import { createSymbolView } from "../../src/trading/rules/symbol-view.ts";

type Setting = Omit<IndicatorOperand, "timeframe">;

/** An indicator after each of the bars. */
function valuesOf(setting: Setting, bars: readonly FinishedBar[]): number[] {
  const frame = createSymbolView().frame("1Min");
  const spec = specOf({ ...setting, timeframe: "1Min" });
  frame.reserve(spec.length + 2, setting.indicator === "vwap");
  const series = frame.series(spec, 0);
  return bars.map((bar) => {
    frame.close(bar);
    return series.latest;
  });
}

const column = (bars: readonly FinishedBar[], field: BarField): number[] => bars.map((bar) => bar[field]);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
const returns = (values: readonly number[]): number[] => values.slice(1).map((value, index) => value / (values[index] ?? Number.NaN) - 1);

/** From the definition, over each run of `length` values; the first of them ends at value `length - 1`. */
const rolling = (values: readonly number[], length: number, of: (window: number[]) => number): number[] =>
  values.slice(length - 1).map((_, index) => of(values.slice(index, index + length)));

/** Wilder's: the mean of the first `length` values, then each new one weighs `1/length`. */
function wilder(values: readonly number[], length: number): number[] {
  const averages = [mean(values.slice(0, length))];
  for (const value of values.slice(length)) averages.push((averages.at(-1) ?? Number.NaN) + (value - (averages.at(-1) ?? Number.NaN)) / length);
  return averages;
}

function relativeStrength(closes: readonly number[], length: number): number[] {
  const moves = closes.slice(1).map((close, index) => close - (closes[index] ?? Number.NaN));
  const [gains, losses] = [wilder(moves.map((move) => Math.max(move, 0)), length), wilder(moves.map((move) => Math.max(-move, 0)), length)];
  return gains.map((gain, index) => 100 - 100 / (1 + gain / (losses[index] ?? Number.NaN)));
}

/** The last value against the `length` before it. */
const againstBefore = (values: readonly number[], length: number, of: (value: number, before: number[]) => number): number[] =>
  rolling(values, length + 1, (window) => of(window.at(-1) ?? Number.NaN, window.slice(0, -1)));

const scored = (value: number, before: readonly number[]): number => (value - mean(before)) / deviation(before);

/** Independent of the engine; each gives the last values of the series, as many as there are. */
const references: [Setting, (bars: readonly FinishedBar[]) => number[]][] = [
  [{ indicator: "sma", length: 20 }, (bars) => SMA.calculate({ period: 20, values: column(bars, "close") })],
  [{ indicator: "sma", length: 7, source: "volume" }, (bars) => SMA.calculate({ period: 7, values: column(bars, "volume") })],
  [{ indicator: "ema", length: 12 }, (bars) => EMA.calculate({ period: 12, values: column(bars, "close") })],
  [{ indicator: "ema", length: 26, source: "high" }, (bars) => EMA.calculate({ period: 26, values: column(bars, "high") })],
  [{ indicator: "rsi", length: 14 }, (bars) => relativeStrength(column(bars, "close"), 14)],
  [{ indicator: "atr", length: 14 }, (bars) => ATR.calculate({ period: 14, high: column(bars, "high"), low: column(bars, "low"), close: column(bars, "close") })],
  [{ indicator: "bollinger_upper", length: 20, deviations: 2.5 }, (bars) => bandsOf(bars).map(({ upper }) => upper)],
  [{ indicator: "bollinger_middle", length: 20 }, (bars) => bandsOf(bars).map(({ middle }) => middle)],
  [{ indicator: "bollinger_lower", length: 20, deviations: 2.5 }, (bars) => bandsOf(bars).map(({ lower }) => lower)],
  [{ indicator: "zscore", length: 30 }, (bars) => againstBefore(returns(column(bars, "close")), 30, scored)],
  [{ indicator: "zscore", length: 30, source: "volume" }, (bars) => againstBefore(column(bars, "volume"), 30, scored)],
  [{ indicator: "highest", length: 50 }, (bars) => Highest.calculate({ period: 50, values: column(bars, "high") })],
  [{ indicator: "lowest", length: 50 }, (bars) => Lowest.calculate({ period: 50, values: column(bars, "low") })],
  [{ indicator: "relative_volume", length: 20 }, (bars) => againstBefore(column(bars, "volume"), 20, (value, before) => value / mean(before))],
  [{ indicator: "volatility", length: 30 }, (bars) => rolling(returns(column(bars, "close")), 30, (window) => 100 * deviation(window))],
];

const bandsOf = (bars: readonly FinishedBar[]) => BollingerBands.calculate({ period: 20, stdDev: 2.5, values: column(bars, "close") });
const nameOf = ({ indicator, length, source, deviations }: Setting): string => [indicator, length, source, deviations].filter((part) => part !== undefined).join(" ");

const minutesOf = (symbol: string): FinishedBar[] => readRecordedDays(symbol).flatMap((day) => day.bars);
const series: [string, FinishedBar[]][] = [
  ...Object.keys(recordedDays).map((symbol): [string, FinishedBar[]] => [`${symbol}'s minutes`, minutesOf(symbol)]),
  ["SPY's days of ten years", readDailyBars("SPY")],
  ["AAPL's days with its split", readDailyBars("AAPL")],
];

describe.each(series)("over %s", (_, bars) => {
  test.each(references.map(([setting, reference]) => [nameOf(setting), setting, reference] as const))("%s is what an independent implementation gives, to 1e-9", (_name, setting, reference) => {
    const [values, expected] = [valuesOf(setting, bars), reference(bars)];
    const known = values.slice(bars.length - expected.length);
    expect(expected.length).toBeGreaterThan(bars.length - 60);
    expect(values.slice(0, bars.length - expected.length).every(Number.isNaN)).toBe(true);
    expect(historyOf(specOf({ ...setting, timeframe: "1Min" })).least).toBe(bars.length - expected.length + 1);
    const farthest = Math.max(...known.map((value, index) => distance(value, expected[index] ?? Number.NaN)));
    expect(farthest).toBeLessThanOrEqual(1e-9);
  });
});

/** Relative beyond one, absolute below it. Both undefined (no spread to measure by) is no distance. */
function distance(value: number, expected: number): number {
  if (!Number.isFinite(expected) && Number.isNaN(value)) return 0;
  return Math.abs(value - expected) / Math.max(1, Math.abs(expected));
}

test.each(Object.keys(recordedDays))("the VWAP of %s begins anew each day and is what an independent implementation gives", (symbol) => {
  const days = readRecordedDays(symbol);
  const values = valuesOf({ indicator: "vwap" }, days.flatMap((day) => day.bars));
  const expected = days.flatMap(({ bars }) => VWAP.calculate({ high: column(bars, "high"), low: column(bars, "low"), close: column(bars, "close"), volume: column(bars, "volume") }));
  expect(values).toHaveLength(expected.length);
  expect(Math.max(...values.map((value, index) => distance(value, expected[index] ?? Number.NaN)))).toBeLessThanOrEqual(1e-9);
});

describe("by hand", () => {
  const bars = (...closes: number[]): FinishedBar[] => closes.map((close, index) => ({ startsAtMs: index * 60_000, open: close, high: close + 1, low: close - 1, close, volume: 100 * (index + 1) }));

  test.each<[Setting, number[], number]>([
    [{ indicator: "sma", length: 3 }, [1, 2, 6], 3],
    [{ indicator: "ema", length: 3 }, [1, 2, 6, 5], 4],
    [{ indicator: "rsi", length: 2 }, [10, 11, 10], 50],
    [{ indicator: "rsi", length: 2 }, [10, 11, 12], 100],
    [{ indicator: "rsi", length: 2 }, [12, 11, 10], 0],
    [{ indicator: "atr", length: 2 }, [10, 11, 15], 3.5],
    [{ indicator: "bollinger_upper", length: 2 }, [10, 14], 16],
    [{ indicator: "bollinger_lower", length: 2, deviations: 1 }, [10, 14], 10],
    [{ indicator: "highest", length: 2 }, [30, 10, 14], 15],
    [{ indicator: "lowest", length: 2, source: "close" }, [1, 10, 14], 10],
    [{ indicator: "relative_volume", length: 2 }, [1, 1, 1], 2],
    [{ indicator: "volatility", length: 2 }, [100, 110, 99], 10],
    [{ indicator: "zscore", length: 2 }, [100, 110, 99, 118.8], 2],
    [{ indicator: "vwap" }, [10, 16], 14],
  ])("%j over closes %j is %d", (setting, closes, expected) => {
    expect(valuesOf(setting, bars(...closes)).at(-1)).toBeCloseTo(expected, 12);
  });

  test.each<Setting>([{ indicator: "rsi", length: 3 }, { indicator: "zscore", length: 3 }])("%j of a price that stands still is unknown, whatever moved before", (setting) => {
    expect(valuesOf(setting, bars(7, 7, 7, 7, 7, 7)).at(-1)).toBeNaN();
    if (setting.indicator === "zscore") expect(valuesOf(setting, bars(1, 9, 7.1, 7.1, 7.1, 7.1, 7.1)).at(-1)).toBeNaN();
  });

  test.each<[Setting, number]>([
    [{ indicator: "sma", length: 20 }, 1e11],
    [{ indicator: "bollinger_upper", length: 20 }, 1e5],
    [{ indicator: "volatility", length: 20 }, 700],
  ])("the window of %j forgets a price of %d without a trace", (setting, outlier) => {
    const calm = Array.from({ length: 40 }, (_, index) => 100.01 + (index % 7) / 100);
    expect(valuesOf(setting, bars(outlier, ...calm)).at(-1)).toBe(valuesOf(setting, bars(...calm)).at(-1));
  });
});

describe("step by step and all at once", () => {
  const cents = fc.integer({ min: 100, max: 100_000 }).map((value) => value / 100);
  const anyBar = fc.record({ open: cents, high: cents, low: cents, close: cents, volume: fc.integer({ min: 1, max: 1_000_000 }) });
  const anyBars = fc.array(anyBar, { minLength: 2, maxLength: 120 }).map((list) => list.map((bar, index): FinishedBar => ({ ...bar, startsAtMs: index * 60_000 })));
  const names = ["sma", "ema", "rsi", "atr", "vwap", "bollinger_upper", "bollinger_lower", "zscore", "highest", "lowest", "relative_volume", "volatility"] as const;
  const anySetting = fc.record({ indicator: fc.constantFrom(...names), length: fc.integer({ min: 2, max: 20 }) });

  test("loading the history anywhere and going on gives what going all the way gives", () => {
    fc.assert(
      fc.property(anySetting, anyBars, fc.nat(), (setting, bars, anywhere) => {
        const split = anywhere % bars.length;
        const frame = createSymbolView().frame("1Min");
        const spec = specOf({ ...setting, timeframe: "1Min" });
        frame.reserve(spec.length + 2, true);
        const values = frame.series(spec, 0);
        frame.load(bars.slice(0, split));
        for (const bar of bars.slice(split)) frame.close(bar);
        expect(values.latest).toBe(valuesOf(setting, bars).at(-1));
      }),
    );
  });

  test("a windowed indicator that comes late, or begins later, gives the same as one that saw everything", () => {
    const windowed = names.filter((name) => name !== "ema" && name !== "rsi" && name !== "atr");
    fc.assert(
      fc.property(fc.constantFrom(...windowed), fc.integer({ min: 2, max: 20 }), anyBars, (indicator, length, bars) => {
        const setting: Setting = { indicator, length };
        const expected = valuesOf(setting, bars).at(-1) ?? Number.NaN;
        const spec = specOf({ ...setting, timeframe: "1Min" });
        const frame = createSymbolView().frame("1Min");
        frame.reserve(spec.length + 2, true);
        for (const bar of bars) frame.close(bar);
        expect(frame.series(spec, 0).latest).toBe(expected);
        const { settled } = historyOf(spec);
        if (indicator !== "vwap") expect(distance(valuesOf(setting, bars.slice(-settled)).at(-1) ?? Number.NaN, expected)).toBeLessThanOrEqual(1e-12);
      }),
    );
  });

  test.each<Setting>([{ indicator: "ema", length: 12 }, { indicator: "rsi", length: 14 }, { indicator: "atr", length: 14 }])("%j has forgotten to 1e-8 what came before its settled history", (setting) => {
    const bars = minutesOf("SPY");
    const { settled } = historyOf(specOf({ ...setting, timeframe: "1Min" }));
    expect(distance(valuesOf(setting, bars.slice(-settled)).at(-1) ?? Number.NaN, valuesOf(setting, bars).at(-1) ?? Number.NaN)).toBeLessThan(1e-8);
  });

  test("an offset reads what the indicator was so many bars ago", () => {
    const bars = minutesOf("IBM").slice(0, 200);
    const frame = createSymbolView().frame("1Min");
    frame.reserve(100, false);
    const values = frame.series(specOf({ indicator: "ema", length: 9, timeframe: "1Min" }), 40);
    for (const bar of bars) frame.close(bar);
    const all = valuesOf({ indicator: "ema", length: 9 }, bars);
    expect([0, 1, 17, 40].map((offset) => values.at(offset))).toEqual([0, 1, 17, 40].map((offset) => all.at(-1 - offset)));
    expect(values.at(200)).toBeNaN();
  });

  test("a bar that is not newer than the last one is left out", () => {
    const frame = createSymbolView().frame("1Min");
    const [bar] = minutesOf("SPY");
    if (bar === undefined) throw new Error("SPY has no bars");
    expect([frame.close(bar), frame.close({ ...bar, close: 1 }), frame.close({ ...bar, startsAtMs: bar.startsAtMs - 60_000 })]).toEqual([true, false, false]);
    expect(frame.at("close", 0)).toBe(bar.close);
  });
});
