/** The geometry of a preview's chart: trading time from left to right without the nights between, prices from top to bottom. */
import type { ReplayReport } from "@nod/contract/preview";
import { toPlotNumber } from "../money/decimal-text.ts";

type PriceLine = ReplayReport["prices"][number];

/** Percent of the box that stays free above and below the line, for labels and marks. */
const room = { top: 12, bottom: 10 };

export type PricePath = {
  /** SVG paths in a box of 100 × 100. */
  line: string;
  area: string;
  /** Where a New York day other than the first begins, in percent from the left. */
  dayStarts: number[];
  low: number;
  high: number;
  /** Percent from the left, between the two prices that an instant lies between. */
  x(atMs: number): number;
  /** Percent from the top. */
  y(value: number): number;
};

/** The trading days, as New York dates, of which there are prices. */
export function daysOf(line: PriceLine | undefined): string[] {
  return [...new Set(line?.points.map(({ as_of: at }) => newYorkDay.format(Date.parse(at))))];
}

const newYorkDay = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" });
const percent = (value: number): string => value.toFixed(2);

/** @param levels prices that are marked; they are always inside. Null: two prices at least make a line. */
export function pricePath({ points, interval_seconds: intervalSeconds }: PriceLine, levels: readonly number[]): PricePath | null {
  const plotted = points.map(({ as_of: at, price }) => ({ atMs: Date.parse(at), value: toPlotNumber(price) }));
  const last = plotted.length - 1;
  if (last < 1) return null;
  const values = [...plotted.map(({ value }) => value), ...levels];
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const spread = high - low || Math.abs(high) * 0.001 || 1;
  const xOf = (index: number): number => (Math.min(last, Math.max(0, index)) / last) * 100;
  const y = (value: number): number => room.top + ((high - value) / spread) * (100 - room.top - room.bottom);
  const x = (atMs: number): number => {
    const next = plotted.findIndex((point) => point.atMs >= atMs);
    if (next === -1) return 100;
    // After a night an instant belongs to the morning, however long the night was.
    const behind = ((plotted[next]?.atMs ?? atMs) - atMs) / (intervalSeconds * 1_000);
    return xOf(next - Math.min(1, behind));
  };
  const line = plotted.map(({ value }, index) => `${index === 0 ? "M" : "L"}${percent(xOf(index))} ${percent(y(value))}`).join("");
  const days = plotted.map(({ atMs }) => newYorkDay.format(atMs));
  const dayStarts = days.flatMap((day, index) => (index > 0 && day !== days[index - 1] ? [xOf(index - 0.5)] : []));
  return { line, area: `${line}L100 100L0 100Z`, dayStarts, low, high, x, y };
}
