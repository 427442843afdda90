import { describe, expect, it } from "vitest";
import { curveOf } from "./curve.ts";

const point = (minute: number, result: string | null) => ({ at: new Date(minute * 60_000).toISOString(), value_usd: result, result_usd: result });

describe("the curve of what was made", () => {
  it("rises to the top of its room and falls to the bottom of it, as time goes from left to right", () => {
    expect(curveOf([point(0, "0"), point(5, "-10"), point(10, "10")])).toEqual({ lines: ["M0.00 50.00L50.00 92.00L100.00 8.00"], begin: 50, last: { x: 100, y: 8 } });
  });

  it("breaks where a point is unknown, and joins nothing over it", () => {
    const curve = curveOf([point(0, "0"), point(1, "1"), point(2, null), point(3, "2"), point(4, "4")]);
    expect(curve?.lines).toEqual(["M0.00 92.00L25.00 71.00", "M75.00 50.00L100.00 8.00"]);
  });

  it("lies in the middle while nothing moves", () => {
    expect(curveOf([point(0, "0"), point(1, "0")])).toMatchObject({ lines: ["M0.00 50.00L100.00 50.00"], begin: 50 });
  });

  it("shows next to nothing as next to nothing", () => {
    const held = (minute: number, result: string) => ({ ...point(minute, result), value_usd: "1000" });
    // A cent on a thousand dollars; the height is two dollars.
    expect(curveOf([held(0, "0"), held(1, "0.01")])).toMatchObject({ lines: ["M0.00 50.21L100.00 49.79"] });
  });

  it("is none with less than two known points, and knows no beginning that is unknown", () => {
    expect(curveOf([])).toBeNull();
    expect(curveOf([point(0, null), point(1, "1")])).toBeNull();
    expect(curveOf([point(0, null), point(1, "1"), point(2, "2")])).toMatchObject({ begin: null, lines: ["M50.00 92.00L100.00 8.00"] });
  });
});
