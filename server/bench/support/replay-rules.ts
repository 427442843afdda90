import type { Condition, Firing } from "@nod/contract/rule-language";

/** Ten rules as people write them: every kind of state that the engine keeps is among them. */
export const replayRules: Readonly<Record<string, { when: Condition; fire: Firing }>> = {
  sma_cross: {
    when: { op: "crosses_above", left: { indicator: "sma", timeframe: "1Min", length: 10 }, right: { indicator: "sma", timeframe: "1Min", length: 30 } },
    fire: { mode: "on_change" },
  },
  ema_cross: {
    when: { op: "crosses", left: { indicator: "ema", timeframe: "1Min", length: 12 }, right: { indicator: "ema", timeframe: "1Min", length: 26 } },
    fire: { mode: "every", seconds: 600, at_start: true },
  },
  oversold: {
    when: { op: "<", left: { indicator: "rsi", timeframe: "1Min", length: 14 }, right: 30 },
    fire: { mode: "on_change", rearm: { op: ">", left: { indicator: "rsi", timeframe: "1Min", length: 14 }, right: 45 } },
  },
  momentum: {
    when: {
      all: [
        { op: ">", left: "last", right: { "*": [{ indicator: "vwap", timeframe: "1Min" }, 1.001] } },
        { op: ">", left: { indicator: "relative_volume", timeframe: "1Min", length: 20 }, right: 1.5 },
      ],
    },
    fire: { mode: "once_per_bar", timeframe: "1Min" },
  },
  anomaly: {
    when: { op: "outside", value: { indicator: "zscore", timeframe: "1Min", length: 30 }, low: -3, high: 3 },
    fire: { mode: "on_change" },
  },
  dip: { when: { op: "<=", left: { change: "percent", from: "prev_close" }, right: -0.75 }, fire: { mode: "every", seconds: 3_600, at_start: true } },
  weak: { when: { held_for: { seconds: 600, condition: { op: "<", left: "last", right: "day_open" } } }, fire: { mode: "on_change" } },
  trailing_exit: {
    when: { all: [{ op: ">", left: { position: "qty" }, right: 0 }, { op: "<=", left: { change: "percent", from: "peak" }, right: -0.5 }] },
    fire: { mode: "on_change" },
  },
  stretched: {
    when: {
      all: [
        { op: "<", left: "last", right: { indicator: "bollinger_lower", timeframe: "1Min", length: 20, deviations: 2 } },
        { op: ">", left: { indicator: "atr", timeframe: "1Min", length: 14 }, right: 0.01 },
      ],
    },
    fire: { mode: "on_change" },
  },
  breakout: {
    when: { all: [{ op: ">=", left: "last", right: { indicator: "highest", timeframe: "1Min", length: 60 } }, { op: ">", left: { clock: "minutes_since_open" }, right: 30 }] },
    fire: { mode: "once_per_day" },
  },
};
