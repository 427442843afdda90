/** The rules of `replay-rules.ts` by hand over `technicalindicators`: each indicator is computed anew over its window at each bar. */
import { ATR, AverageGain, AverageLoss, BollingerBands, EMA, Highest, SD, SMA, VWAP } from "technicalindicators";
import { newGate, passGate, policyOf } from "../../src/trading/rules/firing-gate.ts";
import { no, truthOf, unknown, yes, type Truth } from "../../src/trading/rules/truth.ts";
import type { ReplayDay } from "./replay-days.ts";
import { replayRules } from "./replay-rules.ts";

const minuteMs = 60_000;
/** Bars after which what came before shows no more in an average that never forgets: of Wilder's over 14, and an exponential one over 26. */
const wilderWindow = 307;
const exponentialWindow = 320;

type Columns = { open: number[]; high: number[]; low: number[]; close: number[]; volume: number[] };
/** A bar's moment, with what by-hand rules remember from the one before. */
type Moment = { columns: Columns; dayFrom: number; last: number; dayOpen: number; prevClose: number; peak: number; atMs: number; opensAtMs: number };

const last = (values: readonly number[]): number => values.at(-1) ?? Number.NaN;
const tail = (values: readonly number[], length: number): number[] => values.slice(-length);
const sma = (values: readonly number[], period: number): number => last(SMA.calculate({ period, values: tail(values, period) }));
const ema = (values: readonly number[], period: number): number => last(EMA.calculate({ period, values: tail(values, exponentialWindow) }));

function rsi({ close }: Columns, period: number): number {
  const values = tail(close, wilderWindow);
  if (values.length <= period) return Number.NaN;
  const [gain, loss] = [last(AverageGain.calculate({ period, values })), last(AverageLoss.calculate({ period, values }))];
  return 100 - 100 / (1 + gain / loss);
}

function atr({ high, low, close }: Columns, period: number): number {
  return last(ATR.calculate({ period, high: tail(high, wilderWindow), low: tail(low, wilderWindow), close: tail(close, wilderWindow) }));
}

function vwap({ high, low, close, volume }: Columns, from: number): number {
  return last(VWAP.calculate({ high: high.slice(from), low: low.slice(from), close: close.slice(from), volume: volume.slice(from) }));
}

function zscore({ close }: Columns, period: number): number {
  const closes = tail(close, period + 2);
  if (closes.length < period + 2) return Number.NaN;
  const returns = closes.slice(1).map((value, index) => value / (closes[index] ?? Number.NaN) - 1);
  const before = returns.slice(0, -1);
  // Its standard deviation ends at the first value that is zero; moved up by one, returns are never.
  const spread = last(SD.calculate({ period, values: before.map((value) => 1 + value) }));
  return spread === 0 ? Number.NaN : (last(returns) - sma(before, period)) / spread;
}

const relativeVolume = ({ volume }: Columns, period: number): number => (volume.length <= period ? Number.NaN : last(volume) / sma(volume.slice(0, -1), period));

const known = (holds: boolean, ...values: number[]): Truth => (values.some(Number.isNaN) ? unknown : truthOf(holds));
const both = (a: Truth, b: Truth): Truth => (a === no || b === no ? no : a === yes && b === yes ? yes : unknown);

/** A crossing by hand: the side of the look before, kept through looks that are on the line. */
function createCrossing(isAbove: boolean): (fast: number, slow: number) => Truth {
  let before = Number.NaN;
  return (fast, slow) => {
    // Means that are equal as decimals differ in their last digits as doubles.
    const side = Math.abs(fast - slow) < 1e-9 ? 0 : Math.sign(fast - slow);
    if (Number.isNaN(side)) return unknown;
    const [was, first] = [before, Number.isNaN(before)];
    if (side !== 0 || first) before = side;
    return first ? unknown : truthOf(side * was < 0 && (!isAbove || side > 0));
  };
}

function createHeld(forMs: number): (holds: boolean, atMs: number, openedAtMs: number) => Truth {
  let since = Number.NaN;
  return (holds, atMs, openedAtMs) => {
    if (!holds) since = Number.NaN;
    else if (!(since >= openedAtMs)) since = atMs;
    return truthOf(atMs - since >= forMs);
  };
}

/** Each rule's truth at a moment; made anew for each symbol. */
function createTruths(): Record<string, (moment: Moment) => Truth> {
  const smaCross = createCrossing(true);
  const emaCross = createCrossing(false);
  const held = createHeld(600_000);
  return {
    sma_cross: ({ columns: { close } }) => smaCross(close.length < 10 ? Number.NaN : sma(close, 10), close.length < 30 ? Number.NaN : sma(close, 30)),
    ema_cross: ({ columns: { close } }) => emaCross(close.length < 12 ? Number.NaN : ema(close, 12), close.length < 26 ? Number.NaN : ema(close, 26)),
    oversold: ({ columns }) => ((value) => known(value < 30, value))(rsi(columns, 14)),
    momentum: ({ columns, dayFrom, last: price }) => {
      const [mean, relative] = [vwap(columns, dayFrom), relativeVolume(columns, 20)];
      return both(known(price > mean * 1.001, mean), known(relative > 1.5, relative));
    },
    anomaly: ({ columns }) => ((value) => known(value < -3 || value > 3, value))(zscore(columns, 30)),
    dip: ({ last: price, prevClose }) => truthOf((price - prevClose) * 400 <= -3 * prevClose),
    weak: ({ last: price, dayOpen, atMs, opensAtMs }) => held(price < dayOpen, atMs, opensAtMs),
    trailing_exit: ({ last: price, peak }) => truthOf((price - peak) * 200 <= -peak),
    stretched({ columns, last: price }) {
      const lower = BollingerBands.calculate({ period: 20, stdDev: 2, values: tail(columns.close, 20) }).at(-1)?.lower ?? Number.NaN;
      const range = atr(columns, 14);
      return both(known(price < lower, lower), known(range > 0.01, range));
    },
    breakout({ columns: { high }, last: price, atMs, opensAtMs }) {
      const highest = high.length < 60 ? Number.NaN : last(Highest.calculate({ period: 60, values: tail(high, 60) }));
      return both(known(price >= highest, highest), truthOf(Math.floor((atMs - opensAtMs) / minuteMs) > 30));
    },
  };
}

export function replayRecomputed(days: readonly ReplayDay[], onFiring: (rule: string, atMs: number) => void): void {
  const columns: Columns = { open: [], high: [], low: [], close: [], volume: [] };
  const truths = createTruths();
  const rules = Object.entries(replayRules).map(([name, { fire }]) => {
    const policy = policyOf(fire);
    return { name, policy, gate: newGate(policy), truthAt: truths[name] ?? ((): Truth => unknown) };
  });
  for (const { session, bars, prevClose } of days) {
    const dayFrom = columns.close.length;
    let peak = bars[0]?.open ?? Number.NaN;
    for (const bar of bars) {
      const atMs = bar.startsAtMs + minuteMs;
      peak = Math.max(peak, bar.high);
      for (const name of ["open", "high", "low", "close", "volume"] as const) columns[name].push(bar[name]);
      const moment: Moment = { columns, dayFrom, last: bar.close, dayOpen: bars[0]?.open ?? Number.NaN, prevClose, peak, atMs, opensAtMs: session.opensAtMs };
      for (const rule of rules) {
        const truth = rule.truthAt(moment);
        const periodMs = rule.policy.mode === "once_per_day" ? session.opensAtMs : bar.startsAtMs;
        const rearm = rule.name === "oversold" ? ((value) => known(value > 45, value))(rsi(columns, 14)) : unknown;
        const next = passGate(rule.policy, rule.gate, { truth, rearm, atMs, periodMs, mayFire: atMs < session.closesAtMs });
        if (next.firings > rule.gate.firings) onFiring(rule.name, atMs);
        rule.gate = next;
      }
    }
  }
}
