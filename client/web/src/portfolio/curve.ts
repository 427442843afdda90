import type { Performance } from "@nod/contract/performance";
import { toPlotNumber } from "../money/decimal-text.ts";

/** For drawing only: percent of the box, from the left and from the top. */
export type CurvePoint = { x: number; y: number };

export type Curve = {
  /** SVG paths in a box of 100 × 100, one for each stretch in which every point is known. */
  lines: readonly string[];
  /** Where nothing was made or lost, measured from where the range began; null when that is not known. */
  begin: number | null;
  last: CurvePoint;
};

/** Percent of the box kept free above and below, so that no line runs along its edge. */
const room = 8;

/** The whole height is never less than so much of what was held at most. */
const leastSpread = 0.002;

const percent = (value: number): string => value.toFixed(2);

/** The result over time; null when there are not two points that are known. A point that is unknown breaks the line. */
export function curveOf(points: Performance["points"]): Curve | null {
  const known = points.flatMap(({ at, result_usd: result }, index) => (result === null ? [] : [{ index, atMs: Date.parse(at), value: toPlotNumber(result) }]));
  const [first] = points;
  const final = points.at(-1);
  const lastKnown = known.at(-1);
  if (first === undefined || final === undefined || lastKnown === undefined || known.length < 2) return null;
  const fromMs = Date.parse(first.at);
  const spanMs = Date.parse(final.at) - fromMs;
  if (spanMs <= 0) return null;
  const low = Math.min(...known.map(({ value }) => value));
  const high = Math.max(...known.map(({ value }) => value));
  const largest = Math.max(...points.map(({ value_usd: value }) => (value === null ? 0 : Math.abs(toPlotNumber(value)))));
  // A line that never moved lies in the middle, and a tenth of a cent does not look like a storm.
  const spread = Math.max(high - low, largest * leastSpread);
  const middle = (high + low) / 2;
  const y = (value: number): number => (spread === 0 ? 50 : 50 + ((middle - value) / spread) * (100 - 2 * room));
  const x = (atMs: number): number => ((atMs - fromMs) / spanMs) * 100;
  const lines: string[] = [];
  for (const [n, { index, atMs, value }] of known.entries()) {
    const goesOn = n > 0 && known[n - 1]?.index === index - 1;
    const step = `${goesOn ? "L" : "M"}${percent(x(atMs))} ${percent(y(value))}`;
    if (goesOn) lines.push(`${lines.pop() ?? ""}${step}`);
    else lines.push(step);
  }
  const begin = first.result_usd === null ? null : y(toPlotNumber(first.result_usd));
  return { lines: lines.filter((line) => line.includes("L")), begin, last: { x: x(lastKnown.atMs), y: y(lastKnown.value) } };
}
