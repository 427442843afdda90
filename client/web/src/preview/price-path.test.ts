import { expect, test } from "vitest";
import { daysOf, pricePath } from "./price-path.ts";

const at = (time: string): number => Date.parse(`2013-10-${time}Z`);
const point = (time: string, price: string): { as_of: string; price: string } => ({ as_of: new Date(at(time)).toISOString(), price });
/** Two minutes of an afternoon, and two of the next morning in New York. */
const line = { symbol: "IBM", interval_seconds: 60, points: [point("08T19:59:00", "180"), point("08T20:00:00", "181"), point("09T13:31:00", "179"), point("09T13:32:00", "178")] };

test("a night takes up no more room than a minute, and the next day begins between the two", () => {
  const path = pricePath(line, []);
  expect(path?.line).toBe("M0.00 38.00L33.33 12.00L66.67 64.00L100.00 90.00");
  expect(path?.dayStarts.map(Math.round)).toEqual([50]);
});

test("an instant lies between the prices around it, and what comes before or after them at the edge", () => {
  const path = pricePath(line, []);
  expect(["08T19:00:00", "08T19:59:30", "09T13:31:00", "09T13:30:10", "09T15:00:00"].map((time) => Math.round(path?.x(at(time)) ?? -1))).toEqual([0, 17, 67, 39, 100]);
});

test("what is marked is inside of the box, even where the line never went", () => {
  const path = pricePath(line, [170]);
  expect(path?.y(170)).toBe(90);
  expect(path?.low).toBe(170);
});

test("one price is no line", () => {
  expect(pricePath({ ...line, points: line.points.slice(0, 1) }, [])).toBeNull();
});

test("the days with prices are New York's", () => {
  expect(daysOf({ ...line, points: [...line.points, point("11T01:00:00", "178")] })).toEqual(["2013-10-08", "2013-10-09", "2013-10-10"]);
  expect(daysOf(undefined)).toEqual([]);
});
