/**
 * Sums that forget what leaves a window without a trace: two doubles hold 106 bits, so that adding and later subtracting the
 * same prices gives the very number that summing only what is left would give (Dekker 1971; Knuth, TAOCP 4.2.2).
 */
export type ExactSum = {
  add(value: number): void;
  /** The exact product of two doubles, added or (with -1) taken away. */
  addProduct(a: number, b: number, sign: 1 | -1): void;
  /** The sum is `high + low`; `high` is it rounded. */
  readonly high: number;
  readonly low: number;
};

/** 2^27 + 1: splits a double into two halves of 26 bits. */
const splitter = 134_217_729;

export function createExactSum(): ExactSum {
  const sum = {
    high: 0,
    low: 0,
    add(value: number) {
      addPair(sum, value, 0);
    },
    addProduct(a: number, b: number, sign: 1 | -1) {
      const product = a * b;
      addPair(sum, sign * product, sign * productError(a, b, product));
    },
  };
  return sum;
}

function addPair(sum: { high: number; low: number }, value: number, rest: number): void {
  const { high } = sum;
  const rounded = high + value;
  const part = rounded - high;
  const error = high - (rounded - part) + (value - part) + sum.low + rest;
  sum.high = rounded + error;
  sum.low = error - (sum.high - rounded);
}

/** What `product`, the rounded product of the two, lacks. */
function productError(a: number, b: number, product: number): number {
  const aBig = splitter * a;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = splitter * b;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** `n × squares − sum²`: n² times the variance. Worked out in two doubles, since of prices it is what is left of nearly equal numbers. */
export function scaledVariance(n: number, sum: ExactSum, squares: ExactSum): number {
  const nSquares = n * squares.high;
  const nSquaresRest = productError(n, squares.high, nSquares) + n * squares.low;
  const square = sum.high * sum.high;
  const squareRest = productError(sum.high, sum.high, square) + 2 * sum.high * sum.low;
  // Both are close, so their difference is exact (Sterbenz) or the rests do not matter.
  const scaled = nSquares - square + (nSquaresRest - squareRest);
  return scaled > 0 ? scaled : 0;
}
