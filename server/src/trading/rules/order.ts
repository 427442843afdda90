import { errorAt, linearError } from "./arithmetic.ts";
import type { BoundOperand } from "./bound-operand.ts";
import { compareFractions } from "./fraction.ts";
import { unknown, type Truth } from "./truth.ts";
import type { Amount } from "./user-view.ts";

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
  if (exactly === null) return () => approximateOrder(readLeft(), readRight());
  // Of doubles that are the nearest to their decimals, those that differ are in the same order as the decimals.
  if (left.slack === null && right.slack === null) {
    return () => {
      const order = approximateOrder(readLeft(), readRight());
      return order === 0 ? exactly() : order;
    };
  }
  return () => {
    const [a, b] = [readLeft(), readRight()];
    return Math.abs(a - b) <= errorAt(left, a) + errorAt(right, b) ? exactly() : approximateOrder(a, b);
  };
}

/**
 * A comparison in one step wherever doubles decide.
 * @param truths when the left one is less, equal, greater
 */
export function createComparison([below, equal, above]: readonly [Truth, Truth, Truth], left: BoundOperand, right: BoundOperand): () => Truth {
  const order = createOrder(left, right);
  const decide = (): Truth => {
    const found = order();
    return Number.isNaN(found) ? unknown : found < 0 ? below : found > 0 ? above : equal;
  };
  const [leftError, rightError] = [linearError(left), linearError(right)];
  if (leftError === null || rightError === null) return decide;
  const [readLeft, readRight] = [left.read, right.read];
  const [ofLeft, ofRight] = [leftError.relative, rightError.relative];
  const fixed = leftError.absolute + rightError.absolute;
  const { constant } = right;
  if (constant !== undefined) {
    const ofConstant = Math.abs(constant) * ofRight + fixed;
    return () => {
      const a = readLeft();
      const error = Math.abs(a) * ofLeft + ofConstant;
      return a - constant > error ? above : constant - a > error ? below : decide();
    };
  }
  return () => {
    const a = readLeft();
    const b = readRight();
    const error = Math.abs(a) * ofLeft + Math.abs(b) * ofRight + fixed;
    return a - b > error ? above : b - a > error ? below : decide();
  };
}

const approximateOrder = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN);

function createExactOrder({ exact: left, written: writtenLeft }: BoundOperand, { exact: right, written: writtenRight }: BoundOperand): Order | null {
  if (left === null || right === null) return null;
  const isLeaves = writtenLeft !== undefined && writtenRight !== undefined;
  return () => {
    // Most ties are of the same price, and that is one price however it is written down.
    if (isLeaves && isShort(writtenLeft()) && isShort(writtenRight())) return 0;
    const [a, b] = [left(), right()];
    return a === null || b === null ? Number.NaN : compareFractions(a, b);
  };
}

/** So short that its double is no other decimal's: of two such, equal doubles are equal decimals. Asked of leaves whose doubles are equal. */
const isShort = (written: Amount): boolean => typeof written === "number" || written.length <= 15;
