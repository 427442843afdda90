import type { BarField, Timeframe } from "@nod/contract/rule-language";

/** A bar that is over. Prices and volume as doubles: exactly what was written wherever that had at most 15 digits. */
export type FinishedBar = { startsAtMs: number; open: number; high: number; low: number; close: number; volume: number };

/** The last bars of one timeframe in columns, newest last. A column's place for the bar `offset` back is `(count - 1 - offset) & mask`. */
export type BarWindow = Readonly<Record<BarField | "startsAtMs", Float64Array>> & {
  /** Bars taken since the window was last cleared; only the last `mask + 1` are held. */
  readonly count: number;
  readonly mask: number;
};

export type MutableBarWindow = { -readonly [Key in keyof BarWindow]: BarWindow[Key] };

export const timeframeMs: Record<Timeframe, number> = { "1Min": 60_000, "5Min": 300_000, "15Min": 900_000, "1Hour": 3_600_000, "1Day": 86_400_000 };

const columns = ["startsAtMs", "open", "high", "low", "close", "volume"] as const;

export function createBarWindow(): MutableBarWindow {
  const empty = (): Float64Array => new Float64Array(2);
  return { count: 0, mask: 1, startsAtMs: empty(), open: empty(), high: empty(), low: empty(), close: empty(), volume: empty() };
}

/** Makes room for so many bars, keeping those that are held. */
export function widen(window: MutableBarWindow, bars: number): void {
  const size = powerOfTwoFrom(bars);
  if (size <= window.mask + 1) return;
  for (const column of columns) window[column] = widened(window[column], window.count, size);
  window.mask = size - 1;
}

/** The same ring with more room: each entry moves to its place under the new mask. */
export function widened(ring: Float64Array, count: number, size: number): Float64Array {
  const larger = new Float64Array(size).fill(Number.NaN);
  for (let place = Math.max(0, count - ring.length); place < count; place += 1) larger[place & (size - 1)] = ring[place & (ring.length - 1)] ?? Number.NaN;
  return larger;
}

export function push(window: MutableBarWindow, bar: FinishedBar): void {
  const at = window.count & window.mask;
  window.startsAtMs[at] = bar.startsAtMs;
  window.open[at] = bar.open;
  window.high[at] = bar.high;
  window.low[at] = bar.low;
  window.close[at] = bar.close;
  window.volume[at] = bar.volume;
  window.count += 1;
}

/** NaN when the window does not hold so old a bar. */
export function columnAt(window: BarWindow, column: BarField | "startsAtMs", offset: number): number {
  return offset < window.count && offset <= window.mask ? (window[column][(window.count - 1 - offset) & window.mask] ?? Number.NaN) : Number.NaN;
}

/** The bars that are held, oldest first. */
export function heldBars(window: BarWindow): FinishedBar[] {
  const held = Math.min(window.count, window.mask + 1);
  return Array.from({ length: held }, (_, index): FinishedBar => {
    const offset = held - 1 - index;
    return {
      startsAtMs: columnAt(window, "startsAtMs", offset),
      open: columnAt(window, "open", offset),
      high: columnAt(window, "high", offset),
      low: columnAt(window, "low", offset),
      close: columnAt(window, "close", offset),
      volume: columnAt(window, "volume", offset),
    };
  });
}

export const powerOfTwoFrom = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, least)));
