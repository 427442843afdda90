import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draggedOffset, swipeAtRelease, swipeIntent, swipeThreshold } from "./swipe.ts";

const threshold = swipeThreshold(358);

describe("a swipe", () => {
  it("approves to the right and skips to the left, past a third of the card", () => {
    expect(threshold).toBeCloseTo(119.33, 1);
    expect(swipeAtRelease(120, 0.2, threshold)).toBe("approve");
    expect(swipeAtRelease(-120, -0.2, threshold)).toBe("skip");
  });

  it("is never a flick: speed alone does not answer", () => {
    expect(swipeAtRelease(60, 5, threshold)).toBeNull();
  });

  it("is taken back by moving back while letting go", () => {
    expect(swipeAtRelease(130, -0.5, threshold)).toBeNull();
    expect(swipeAtRelease(-130, 0.5, threshold)).toBeNull();
  });

  it("never does anything else at release than what was shown before it", () => {
    fc.assert(
      fc.property(fc.double({ min: -500, max: 500, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true }), (offset, velocity) => {
        expect([null, swipeIntent(offset, threshold)]).toContain(swipeAtRelease(offset, velocity, threshold));
      }),
    );
  });

  it("resists past the threshold but never jumps", () => {
    expect(draggedOffset(50, threshold)).toBe(50);
    expect(draggedOffset(threshold, threshold)).toBe(threshold);
    expect(draggedOffset(-219.33, threshold)).toBeGreaterThan(-200);
  });
});
