import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createThresholdLadder, type Direction, type ThresholdLadder } from "./threshold-ladder.ts";

const reached = (bound: number, ladder: ThresholdLadder): number[] => [...ladder.reached(bound)];

/** What is at or beyond the bound, in the order of the slots, as somebody would find it who looks at each. */
const lookedUp = (direction: Direction, bound: number, entries: ReadonlyMap<number, number>): number[] => {
  const below = direction === "below";
  const held = [...entries].filter(([, threshold]) => (below ? threshold >= bound : threshold <= bound));
  return held.map(([slot]) => slot).toSorted((a, b) => a - b);
};

const directions: Direction[] = ["below", "above"];

describe.each(directions)("a ladder that looks %s", (direction) => {
  test("finds what is reached and nothing else, whatever came and went", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ add: fc.constantFrom(1, 3, 700, 5_000), spread: fc.constantFrom(1, 50, 1_000_000, 1_000_000_000_000) }) },
      { weight: 2, arbitrary: fc.record({ remove: fc.integer({ min: 1, max: 400 }) }) },
      { weight: 2, arbitrary: fc.record({ look: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 1_000_000 }), (steps, seed) => {
        const released: number[] = [];
        const ladder = createThresholdLadder(direction, (slot) => released.push(slot));
        const entries = new Map<number, number>();
        let [state, slot, widest] = [seed, 0, 1];
        const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
        let removed = 0;
        for (const each of steps) {
          if ("add" in each) {
            widest = each.spread;
            for (let n = 0; n < each.add; n += 1, slot += 1) {
              const threshold = Math.round((random() - 0.5) * widest);
              entries.set(slot, threshold);
              ladder.add(slot, threshold);
            }
          } else if ("remove" in each) {
            for (const known of [...entries.keys()].slice(0, each.remove)) {
              entries.delete(known);
              ladder.remove(known);
              removed += 1;
            }
          } else {
            const bound = Math.round((each.look - 0.5) * widest);
            expect(reached(bound, ladder).toSorted((a, b) => a - b)).toEqual(lookedUp(direction, bound, entries));
            expect(new Set(released).size).toBe(removed);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("goes from the end that is reached first, also where thousands came at once", () => {
    const ladder = createThresholdLadder(direction, () => undefined);
    const thresholds = Array.from({ length: 20_000 }, (_, slot) => ((slot * 7_919) % 9_973) * 1_000_000 - 5_000_000_000);
    for (const [slot, threshold] of thresholds.entries()) ladder.add(slot, threshold);
    const found = reached(direction === "below" ? -Infinity : Infinity, ladder).map((slot) => thresholds[slot] ?? 0);
    expect(found).toEqual(thresholds.toSorted((a, b) => (direction === "below" ? b - a : a - b)));
  });
});
