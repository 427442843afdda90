/**
 * The rules of one symbol, one reference and one direction, sorted by threshold: what holds is a run at one end, so finding
 * it takes time proportional to what holds, not to what is watched. Additions and removals are gathered and merged in when the
 * ladder is next read, and meanwhile whenever a ladder would double: whoever reads first, after half a million additions, would otherwise sort
 * them all at a stretch.
 */
export type ThresholdLadder = {
  add(slot: number, threshold: number): void;
  remove(slot: number): void;
  /**
   * The slots whose threshold is reached: with `below`, those at or above `bound`; with `above`, those at or below it. The end
   * that is reached first comes first. A copy, which knows nothing of what is added or removed afterwards.
   * @param bound where the price stands, as an integer in the unit of the thresholds, rounded towards not firing
   */
  reached(bound: number): Int32Array;
};

export type Direction = "below" | "above";

/** Additions that wait, unless there are more merged in already: merging costs two passes over a ladder, however large it grows. */
const mostWaiting = 4_096;
/** Room for additions, to begin with. */
const fewest = 4;

/** @param release told of each removed slot once nothing here refers to it any more, so that it may be used again */
export function createThresholdLadder(direction: Direction, release: (slot: number) => void): ThresholdLadder {
  let thresholds = new Float64Array(0);
  let slots = new Int32Array(0);
  // What was added since the last merge, side by side: an object for each of half a million rules would be most of a load.
  let addedThresholds = new Float64Array(fewest);
  let addedSlots = new Int32Array(fewest);
  let waiting = 0;
  const removed = new Set<number>();

  const merge = (): void => {
    if (waiting === 0 && removed.size === 0) return;
    const added = inOrder(addedThresholds.subarray(0, waiting));
    const mergedThresholds = new Float64Array(thresholds.length + added.length);
    const mergedSlots = new Int32Array(slots.length + added.length);
    let length = 0;
    const keep = (slot: number, threshold: number): void => {
      if (removed.size > 0 && removed.has(slot)) return;
      mergedThresholds[length] = threshold;
      mergedSlots[length] = slot;
      length += 1;
    };
    let index = 0;
    for (const place of added) {
      const threshold = addedThresholds[place] ?? 0;
      for (; index < slots.length && (thresholds[index] ?? 0) <= threshold; index += 1) keep(slots[index] ?? 0, thresholds[index] ?? 0);
      keep(addedSlots[place] ?? 0, threshold);
    }
    for (; index < slots.length; index += 1) keep(slots[index] ?? 0, thresholds[index] ?? 0);
    // A view would keep the places of the removed for as long as it lives.
    thresholds = length === mergedThresholds.length ? mergedThresholds : mergedThresholds.slice(0, length);
    slots = length === mergedSlots.length ? mergedSlots : mergedSlots.slice(0, length);
    if (addedSlots.length > fewest) {
      addedThresholds = new Float64Array(fewest);
      addedSlots = new Int32Array(fewest);
    }
    waiting = 0;
    for (const slot of removed) release(slot);
    removed.clear();
  };

  return {
    add(slot, threshold) {
      if (waiting === addedSlots.length) {
        const [moreThresholds, moreSlots] = [new Float64Array(waiting * 2), new Int32Array(waiting * 2)];
        moreThresholds.set(addedThresholds);
        moreSlots.set(addedSlots);
        [addedThresholds, addedSlots] = [moreThresholds, moreSlots];
      }
      addedThresholds[waiting] = threshold;
      addedSlots[waiting] = slot;
      waiting += 1;
      if (waiting >= Math.max(mostWaiting, slots.length)) merge();
    },
    remove(slot) {
      removed.add(slot);
    },
    reached(bound) {
      merge();
      return direction === "below" ? slots.slice(placeOf(thresholds, (threshold) => threshold >= bound)).reverse() : slots.slice(0, placeOf(thresholds, (threshold) => threshold > bound));
    },
  };
}

/** Where the first of the sorted numbers stands of which it is true, when it is so of all that follow. */
function placeOf(sorted: Float64Array, isTrue: (number: number) => boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isTrue(sorted[middle] ?? 0)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** From so many on, counting digits is cheaper than comparing. */
const manyNumbers = 512;
const digits = 2_048;

/**
 * The places of the integers, from the least to the greatest; equals in the order that they came. Many are dealt out by their
 * digits, the lowest first: a quarter of the time that comparing takes, whose every step is a call.
 */
function inOrder(numbers: Float64Array): Uint32Array {
  const places = new Uint32Array(numbers.length);
  for (let place = 0; place < places.length; place += 1) places[place] = place;
  if (places.length < manyNumbers) return places.sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of numbers) {
    if (number < least) least = number;
    if (number > greatest) greatest = number;
  }
  let [from, to] = [places, new Uint32Array(places.length)];
  for (let unit = 1; unit <= greatest - least; unit *= digits) {
    const digitAt = (place: number): number => Math.floor(((numbers[place] ?? 0) - least) / unit) % digits;
    dealOut(from, to, digitAt);
    [from, to] = [to, from];
  }
  return from;
}

/** One pass of the sort: by one digit, those with the same in the order that they have. */
function dealOut(from: Uint32Array, to: Uint32Array, digitAt: (place: number) => number): void {
  const next = new Uint32Array(digits + 1);
  for (const place of from) {
    const digit = digitAt(place);
    next[digit + 1] = (next[digit + 1] ?? 0) + 1;
  }
  for (let digit = 1; digit < digits; digit += 1) next[digit] = (next[digit] ?? 0) + (next[digit - 1] ?? 0);
  for (const place of from) {
    const digit = digitAt(place);
    const at = next[digit] ?? 0;
    next[digit] = at + 1;
    to[at] = place;
  }
}
