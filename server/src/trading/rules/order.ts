import { errorAt, linearError } from "./arithmetic.ts";
import type { BoundOperand } from "./bound-operand.ts";
import { compareFractions } from "./fraction.ts";

/** -1, 0 or 1 as one is less than, equal to or greater than the other; NaN while one of them is unknown. */
export type Order = () => number;

/**
 * Doubles decide wherever they can; what lies within their error is decided exactly, so that 491.10 is not below 491.1 and
 * -1.5 % is not nearly so.
 */
export function createOrder(left: BoundOperand, right: BoundOperand): Order {
  const exactly = createExactOrder(left, right);
  // Taken out of their objects, which have many shapes: what is looked up at each look costs more than the comparison.
  const [readLeft, readRight] = [left.read, right.read];
  const { constant } = right;
  if (exactly === null) return constant === undefined ? () => approximateOrder(readLeft(), readRight()) : () => approximateOrder(readLeft(), constant);
  // Of doubles that are the nearest to their decimals, those that differ are in the same order as the decimals.
  if (left.slack === null && right.slack === null) {
    return () => {
      const order = approximateOrder(readLeft(), readRight());
      return order === 0 ? exactly() : order;
    };
  }
  const [leftError, rightError] = [linearError(left), linearError(right)];
  if (leftError !== null && rightError !== null) {
    const [{ relative: ofLeft }, { relative: ofRight }] = [leftError, rightError];
    const absolute = leftError.absolute + rightError.absolute;
    if (constant !== undefined) {
      const fixed = Math.abs(constant) * ofRight + absolute;
      return () => {
        const a = readLeft();
        return Math.abs(a - constant) <= Math.abs(a) * ofLeft + fixed ? exactly() : approximateOrder(a, constant);
      };
    }
    return () => {
      const a = readLeft();
      const b = readRight();
      return Math.abs(a - b) <= Math.abs(a) * ofLeft + Math.abs(b) * ofRight + absolute ? exactly() : approximateOrder(a, b);
    };
  }
  return () => {
    const [a, b] = [readLeft(), readRight()];
    return Math.abs(a - b) <= errorAt(left, a) + errorAt(right, b) ? exactly() : approximateOrder(a, b);
  };
}

const approximateOrder = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN);

function createExactOrder({ exact: left }: BoundOperand, { exact: right }: BoundOperand): Order | null {
  if (left === null || right === null) return null;
  return () => {
    const [a, b] = [left(), right()];
    return a === null || b === null ? Number.NaN : compareFractions(a, b);
  };
}
