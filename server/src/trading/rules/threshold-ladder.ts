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
  // What was added since the last merge, side by side: an object for each of half a million rules would be most of a load.
  let addedThresholds: number[] = [];
  let addedSlots: number[] = [];
  const removed = new Set<number>();

  const merge = (): void => {
    if (addedSlots.length === 0 && removed.size === 0) return;
    const added = inOrder(addedThresholds);
    const mergedThresholds = new Float64Array(thresholds.length + added.length);
    const mergedSlots = new Int32Array(slots.length + added.length);
    let length = 0;
    const keep = (slot: number, threshold: number): void => {
      if (removed.size > 0 && removed.has(slot)) return;
      mergedThresholds[length] = threshold;
      mergedSlots[length] = slot;
      length += 1;
    };
    const keepAdded = (place: number): void => keep(addedSlots[added[place] ?? 0] ?? 0, addedThresholds[added[place] ?? 0] ?? 0);
    let next = 0;
    for (let index = 0; index < slots.length; index += 1) {
      const threshold = thresholds[index] ?? 0;
      for (; next < added.length && (addedThresholds[added[next] ?? 0] ?? 0) < threshold; next += 1) keepAdded(next);
      keep(slots[index] ?? 0, threshold);
    }
    for (; next < added.length; next += 1) keepAdded(next);
    // A view would keep the places of the removed for as long as it lives.
    thresholds = length === mergedThresholds.length ? mergedThresholds : mergedThresholds.slice(0, length);
    slots = length === mergedSlots.length ? mergedSlots : mergedSlots.slice(0, length);
    addedThresholds = [];
    addedSlots = [];
    for (const slot of removed) release(slot);
    removed.clear();
  };

  return {
    add(slot, threshold) {
      addedSlots.push(slot);
      addedThresholds.push(threshold);
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

/** The places of the numbers, from the least to the greatest; equals in the order that they came. */
function inOrder(numbers: readonly number[]): Uint32Array {
  return Uint32Array.from(numbers.keys()).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
}
