import { describe, expect, it } from "vitest";
import { chartGeometry } from "./chart-geometry.ts";

const day = [
  { atMs: 0, value: 500 },
  { atMs: 50, value: 505 },
  { atMs: 100, value: 492 },
];

describe("the chart of the day", () => {
  it("keeps the line and its levels inside the box, with room for labels", () => {
    const geometry = chartGeometry(day, [510], { top: 10, bottom: 20, right: 10 });
    expect(geometry?.y(510)).toBe(10);
    expect(geometry?.y(492)).toBe(80);
    expect(geometry?.x(100)).toBe(90);
    expect(geometry?.line).toMatch(/^M0\.00 \S+L45\.00 \S+L90\.00 80\.00$/);
  });

  it("draws a flat day as a line, not as a division by zero", () => {
    const geometry = chartGeometry([{ atMs: 0, value: 5 }, { atMs: 9, value: 5 }], [], { top: 0, bottom: 0, right: 0 });
    expect(geometry?.line).toBe("M0.00 0.00L100.00 0.00");
  });

  it("draws nothing from less than two moments", () => {
    expect(chartGeometry([], [1], { top: 0, bottom: 0, right: 0 })).toBeNull();
    expect(chartGeometry(day.slice(0, 1), [], { top: 0, bottom: 0, right: 0 })).toBeNull();
  });
});
