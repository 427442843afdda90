import type { BarField, IndicatorName, IndicatorOperand } from "@nod/contract/rule-language";

/** Everything that tells one indicator from another; operands that differ only in their offset share it. */
export type IndicatorSpec = { indicator: IndicatorName; length: number; deviations: number; source: BarField };

/** `least`: from so many bars on it has a value. `settled`: from so many on, what came before them no longer shows (below 1e-9 of it). */
export type IndicatorHistory = { least: number; settled: number };

const defaultSources: Partial<Record<IndicatorName, BarField>> = { highest: "high", lowest: "low" };
const defaultDeviations = 2;
/** An exponential average forgets as exp(-2m/(n+1)), Wilder's as exp(-m/n): 1e-9 after 10.4 and 20.8 lengths. */
const settling = { ema: 10.4, wilder: 20.8 } as const;

/** Without a source: the close; the high of `highest`, the low of `lowest`. Without deviations: 2. */
export function specOf(operand: IndicatorOperand): IndicatorSpec {
  const { indicator, length = 1, deviations = defaultDeviations, source = defaultSources[indicator] ?? "close" } = operand;
  return { indicator, length, deviations, source };
}

export function historyOf({ indicator, length, source }: IndicatorSpec): IndicatorHistory {
  switch (indicator) {
    case "ema":
      return { least: length, settled: length + Math.ceil(settling.ema * (length + 1)) };
    case "rsi":
    case "atr":
      return { least: length + 1, settled: length + 1 + Math.ceil(settling.wilder * length) };
    case "vwap":
      return { least: 1, settled: 1 };
    case "zscore":
      return exactly(source === "volume" ? length + 1 : length + 2);
    case "relative_volume":
    case "volatility":
      return exactly(length + 1);
    default:
      return exactly(length);
  }
}

const exactly = (bars: number): IndicatorHistory => ({ least: bars, settled: bars });
