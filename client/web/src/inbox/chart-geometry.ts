/** For drawing only: milliseconds and prices as plain numbers. */
export type PlotPoint = { atMs: number; value: number };

export type ChartGeometry = {
  /** SVG paths in a box of 100 × 100. */
  line: string;
  area: string;
  /** Percent from the left and from the top. */
  x(atMs: number): number;
  y(value: number): number;
};

const percent = (value: number): string => value.toFixed(2);

/**
 * Fits a price line into a box of 100 × 100. `levels` are always inside. The line ends a little before the right
 * edge, so that the last point and its label have room.
 */
export function chartGeometry(points: readonly PlotPoint[], levels: readonly number[], room: { top: number; bottom: number; right: number }): ChartGeometry | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
  let low = Infinity;
  let high = -Infinity;
  for (const value of [...points.map((point) => point.value), ...levels]) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const spread = high - low || Math.abs(high) * 0.001 || 1;
  const x = (atMs: number): number => Math.min(100, Math.max(0, ((atMs - first.atMs) / (last.atMs - first.atMs)) * (100 - room.right)));
  const y = (value: number): number => room.top + ((high - value) / spread) * (100 - room.top - room.bottom);
  const line = points.map(({ atMs, value }, index) => `${index === 0 ? "M" : "L"}${percent(x(atMs))} ${percent(y(value))}`).join("");
  return { line, area: `${line}L${percent(x(last.atMs))} 100L0 100Z`, x, y };
}
