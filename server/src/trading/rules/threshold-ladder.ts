/**
 * The rules of one symbol, one reference and one direction, sorted by threshold: what holds is a run at one end, so finding
 * it takes time proportional to what holds, not to what is watched. Additions and removals are gathered and merged in when the
 * ladder is next read; a merge is linear.
 */
export type ThresholdLadder = {
  add(slot: number, threshold: number): void;
  remove(slot: number): void;
  /**
   * Visits the slots whose threshold is reached: with `below`, those at or above `bound`; with `above`, those at or below it.
   * `bound` is where the price stands, as an integer in the unit of the thresholds, rounded towards not firing.
   */
  visitReached(bound: number, visit: (slot: number) => void): void;
};

export type Direction = "below" | "above";

/** @param release told of each removed slot once nothing here refers to it any more, so that it may be used again */
export function createThresholdLadder(direction: Direction, release: (slot: number) => void): ThresholdLadder {
  let thresholds = new Float64Array(0);
  let slots = new Int32Array(0);
  let added: { slot: number; threshold: number }[] = [];
  const removed = new Set<number>();

  const merge = (): void => {
    if (added.length === 0 && removed.size === 0) return;
    added.sort((a, b) => a.threshold - b.threshold);
    const mergedThresholds = new Float64Array(thresholds.length + added.length);
    const mergedSlots = new Int32Array(slots.length + added.length);
    let length = 0;
    const keep = (slot: number, threshold: number): void => {
      if (removed.size > 0 && removed.has(slot)) return;
      mergedThresholds[length] = threshold;
      mergedSlots[length] = slot;
      length += 1;
    };
    let next = 0;
    for (let index = 0; index < slots.length; index += 1) {
      const threshold = thresholds[index] ?? 0;
      for (let candidate = added[next]; candidate !== undefined && candidate.threshold < threshold; candidate = added[next]) {
        keep(candidate.slot, candidate.threshold);
        next += 1;
      }
      keep(slots[index] ?? 0, threshold);
    }
    for (const { slot, threshold } of added.slice(next)) keep(slot, threshold);
    thresholds = mergedThresholds.subarray(0, length);
    slots = mergedSlots.subarray(0, length);
    added = [];
    for (const slot of removed) release(slot);
    removed.clear();
  };

  return {
    add(slot, threshold) {
      added.push({ slot, threshold });
    },
    remove(slot) {
      removed.add(slot);
    },
    visitReached(bound, visit) {
      merge();
      if (direction === "below") {
        for (let index = slots.length - 1; index >= 0 && (thresholds[index] ?? 0) >= bound; index -= 1) visit(slots[index] ?? 0);
      } else {
        for (let index = 0; index < slots.length && (thresholds[index] ?? 0) <= bound; index += 1) visit(slots[index] ?? 0);
      }
    },
  };
}
