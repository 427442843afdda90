import type { BoundOperand } from "./bound-operand.ts";
import { compareFractions } from "./fraction.ts";

const rounding = 2 ** -52;

/**
 * -1, 0 or 1 as `left` is less than, equal to or greater than `right`, NaN while one of them is unknown. Doubles decide wherever
 * they can; what lies within their error is decided exactly, so that 491.10 is not below 491.1 and -1.5 % is not nearly so.
 */
export function createOrder(left: BoundOperand, right: BoundOperand): () => number {
  const exactly = createExactOrder(left, right);
  return () => {
    const [a, b] = [left.read(), right.read()];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
    if (exactly === null) return Math.sign(a - b);
    const error = left.slack(a) + right.slack(b);
    // Without slack both are the nearest doubles to decimals, which are in the same order wherever they differ.
    if (error === 0 ? a !== b : Math.abs(a - b) > error + (Math.abs(a) + Math.abs(b)) * rounding) return a < b ? -1 : 1;
    return exactly();
  };
}

function createExactOrder({ exact: left }: BoundOperand, { exact: right }: BoundOperand): (() => number) | null {
  if (left === null || right === null) return null;
  return () => {
    const [a, b] = [left(), right()];
    return a === null || b === null ? Number.NaN : compareFractions(a, b);
  };
}
