/**
 * Each indicator takes one finished bar at a time, in constant time, and gives NaN until its history suffices. The recursive
 * averages are those of `trading-signals`, begun with the plain mean of the first `length` values as usual; its windowed ones
 * walk their window at each bar, so these are written here (decision record 0070). Standard deviations are of the population.
 */
import type { BarField } from "@nod/contract/rule-language";
import { EMA, getTrueRange, RMA } from "trading-signals";
import type { BarWindow } from "./bar-window.ts";
import { createExactSum, scaledVariance } from "./exact-sum.ts";
import { historyOf, type IndicatorSpec } from "./indicator-spec.ts";

/** `update` is called once for each bar, after it was pushed to the window; `taken` counts the bars that it was given, this one among them. */
export type Indicator = { update(bars: BarWindow, taken: number, dayStartsAtMs: number): number };

export function createIndicator(spec: IndicatorSpec): Indicator {
  const { indicator, length, source } = spec;
  switch (indicator) {
    case "sma":
      return meanOf((bars, back) => at(bars[source], bars, back), length);
    case "bollinger_middle":
      return bollinger(spec, 0);
    case "bollinger_upper":
      return bollinger(spec, spec.deviations);
    case "bollinger_lower":
      return bollinger(spec, -spec.deviations);
    case "ema":
      return seeded(new EMA(length), length, (bars) => newest(bars[source], bars));
    case "rsi":
      return relativeStrength(length, source);
    case "atr":
      return seeded(new RMA(length), length, trueRange);
    case "vwap":
      return volumeWeighted();
    case "zscore":
      return zScore(length, source);
    case "highest":
      return extreme(length, source, 1);
    case "lowest":
      return extreme(length, source, -1);
    case "relative_volume":
      return relativeVolume(length);
    case "volatility":
      return volatility(length, source);
  }
}

type Value = (bars: BarWindow, back: number) => number;

const at = (column: Float64Array, bars: BarWindow, back: number): number => column[(bars.count - 1 - back) & bars.mask] ?? Number.NaN;
const newest = (column: Float64Array, bars: BarWindow): number => column[(bars.count - 1) & bars.mask] ?? Number.NaN;

/** The bar's return, `close / close before - 1`; NaN for the first bar of all. */
function returnOf(column: Float64Array, bars: BarWindow, back: number): number {
  return at(column, bars, back) / at(column, bars, back + 1) - 1;
}

function meanOf(value: Value, length: number): Indicator {
  const sum = createExactSum();
  return {
    update(bars, taken) {
      sum.add(value(bars, 0));
      if (taken > length) sum.add(-value(bars, length));
      return taken >= length ? sum.high / length : Number.NaN;
    },
  };
}

type Average = { update(value: number, replace: boolean): number | null };

/** An average that begins with the mean of its first `length` values; a value that is NaN (there is none yet) is left out. */
function seeded(average: Average, length: number, value: (bars: BarWindow, taken: number) => number): Indicator {
  const feed = seededAverage(average, length);
  return {
    update(bars, taken) {
      const next = value(bars, taken);
      return Number.isNaN(next) ? Number.NaN : feed(next);
    },
  };
}

function seededAverage(average: Average, length: number): (value: number) => number {
  const first = createExactSum();
  let taken = 0;
  return (value) => {
    if (taken >= length) return average.update(value, false) ?? Number.NaN;
    taken += 1;
    first.add(value);
    return taken < length ? Number.NaN : (average.update(first.high / length, false) ?? Number.NaN);
  };
}

/** Of the bar and the close before it; NaN for the first bar of all. */
function trueRange(bars: BarWindow, taken: number): number {
  if (taken < 2) return Number.NaN;
  return getTrueRange({ high: newest(bars.high, bars), low: newest(bars.low, bars), close: newest(bars.close, bars) }, at(bars.close, bars, 1));
}

/** Wilder's. Without any move it is 0/0 and so unknown: neither 100 nor 0 may fire on a price that stands still. */
function relativeStrength(length: number, source: BarField): Indicator {
  const gains = seededAverage(new RMA(length), length);
  const losses = seededAverage(new RMA(length), length);
  return {
    update(bars, taken) {
      if (taken < 2) return Number.NaN;
      const move = newest(bars[source], bars) - at(bars[source], bars, 1);
      const gain = gains(move > 0 ? move : 0);
      const loss = losses(move < 0 ? -move : 0);
      return (100 * gain) / (gain + loss);
    },
  };
}

/** Over the bars of the day so far, by typical price. */
function volumeWeighted(): Indicator {
  let day = Number.NaN;
  let traded = 0;
  let volume = 0;
  return {
    update(bars, _taken, dayStartsAtMs) {
      if (dayStartsAtMs !== day) {
        day = dayStartsAtMs;
        traded = 0;
        volume = 0;
      }
      const ofBar = newest(bars.volume, bars);
      traded += ((newest(bars.high, bars) + newest(bars.low, bars) + newest(bars.close, bars)) / 3) * ofBar;
      volume += ofBar;
      return traded / volume;
    },
  };
}

/** Mean and standard deviation of the last `length` of a series of values. */
function createMoments(length: number): { take(value: number, leaving: number): void; mean(): number; deviation(): number } {
  const sum = createExactSum();
  const squares = createExactSum();
  let previous = Number.NaN;
  let alike = 0;
  return {
    take(value, leaving) {
      sum.add(value);
      squares.addProduct(value, value, 1);
      if (!Number.isNaN(leaving)) {
        sum.add(-leaving);
        squares.addProduct(leaving, leaving, -1);
      }
      alike = value === previous ? alike + 1 : 1;
      previous = value;
    },
    mean: () => sum.high / length,
    // Values that are all the same deviate by nothing at all, which their rounded squares might not say.
    deviation: () => (alike >= length ? 0 : Math.sqrt(scaledVariance(length, sum, squares)) / length),
  };
}

function bollinger({ length, source }: IndicatorSpec, deviations: number): Indicator {
  const moments = createMoments(length);
  return {
    update(bars, taken) {
      moments.take(newest(bars[source], bars), taken > length ? at(bars[source], bars, length) : Number.NaN);
      return taken < length ? Number.NaN : moments.mean() + deviations * moments.deviation();
    },
  };
}

/** Against the `length` values before: the last one is not measured by a spread that it made itself. */
function zScore(length: number, source: BarField): Indicator {
  const value: Value = source === "volume" ? (bars, back) => at(bars.volume, bars, back) : (bars, back) => returnOf(bars[source], bars, back);
  const { least } = historyOf({ indicator: "zscore", length, source, deviations: 0 });
  const moments = createMoments(length);
  return {
    update(bars, taken) {
      const next = value(bars, 0);
      if (source !== "volume" && taken < 2) return Number.NaN;
      const spread = taken >= least ? moments.deviation() : 0;
      const score = spread > 0 ? (next - moments.mean()) / spread : Number.NaN;
      moments.take(next, taken >= least ? value(bars, length) : Number.NaN);
      return score;
    },
  };
}

function relativeVolume(length: number): Indicator {
  const sum = createExactSum();
  return {
    update(bars, taken) {
      const next = newest(bars.volume, bars);
      const relative = taken > length && sum.high > 0 ? next / (sum.high / length) : Number.NaN;
      sum.add(next);
      if (taken > length) sum.add(-at(bars.volume, bars, length));
      return relative;
    },
  };
}

function volatility(length: number, source: BarField): Indicator {
  const moments = createMoments(length);
  return {
    update(bars, taken) {
      if (taken < 2) return Number.NaN;
      moments.take(returnOf(bars[source], bars, 0), taken > length + 1 ? returnOf(bars[source], bars, length) : Number.NaN);
      return taken > length ? 100 * moments.deviation() : Number.NaN;
    },
  };
}

/** Of the last `length` values: a queue of those that may still become the extreme, so a bar costs constant time on average. */
function extreme(length: number, source: BarField, sign: 1 | -1): Indicator {
  const places: number[] = [];
  const values: number[] = [];
  let head = 0;
  return {
    update(bars, taken) {
      const value = newest(bars[source], bars);
      while (values.length > head && sign * (values.at(-1) ?? 0) <= sign * value) {
        values.pop();
        places.pop();
      }
      values.push(value);
      places.push(taken);
      if ((places[head] ?? 0) <= taken - length) head += 1;
      if (head >= length) {
        values.splice(0, head);
        places.splice(0, head);
        head = 0;
      }
      return taken < length ? Number.NaN : (values[head] ?? Number.NaN);
    },
  };
}
