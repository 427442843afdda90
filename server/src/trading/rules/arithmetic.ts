import type { BoundOperand } from "./bound-operand.ts";
import { dividedBy, exactly, minus, plus, times, type Fraction } from "./fraction.ts";

type Operator = "+" | "-" | "*" | "/";

/** Half a unit in the last place, with room to spare for the sums below. */
const rounding = 2 ** -52;

const compute: Record<Operator, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0 ? Number.NaN : a / b),
};

const computeExactly: Record<Operator, (a: Fraction, b: Fraction) => Fraction | null> = { "+": plus, "-": minus, "*": times, "/": dividedBy };

/** Left to right over two or more operands; a division by zero is unknown. */
export function bindArithmetic(operator: Operator, operands: readonly BoundOperand[]): BoundOperand {
  const [first, ...others] = operands;
  if (first === undefined) throw new TypeError(`${operator} of nothing`);
  return others.reduce((left, right) => bindPair(operator, left, right), first);
}

function bindPair(operator: Operator, left: BoundOperand, right: BoundOperand): BoundOperand {
  const of = compute[operator];
  const name = `(${left.name} ${operator} ${right.name})`;
  const [readLeft, readRight] = [left.read, right.read];
  const read = (): number => of(readLeft(), readRight());
  return {
    name,
    read,
    exact: exactly(left.exact, right.exact, computeExactly[operator]),
    slack(value) {
      const [a, b] = [left.read(), right.read()];
      return errorOf(operator, { a, b, value, aError: errorAt(left, a), bError: errorAt(right, b) });
    },
    why: () => left.why() ?? right.why() ?? (Number.isNaN(read()) ? `${name} is divided by zero` : null),
    tell(into) {
      left.tell(into);
      right.tell(into);
    },
  };
}

/** What an operand's value may be off by, its own rounding included. */
export function errorAt({ slack }: BoundOperand, value: number): number {
  const size = Math.abs(value);
  if (slack === null) return size * rounding;
  return typeof slack === "function" ? slack(value) + size * rounding : slack.absolute + size * (slack.relative + rounding);
}

/** The error of an operand as a part of its value and something besides; null where it has to be worked out. */
export function linearError({ slack }: BoundOperand): { relative: number; absolute: number } | null {
  if (slack === null) return { relative: rounding, absolute: 0 };
  return typeof slack === "function" ? null : { relative: slack.relative + rounding, absolute: slack.absolute };
}

function errorOf(operator: Operator, of: { a: number; b: number; value: number; aError: number; bError: number }): number {
  const { a, b, value, aError, bError } = of;
  const own = Math.abs(value) * rounding;
  if (operator === "+" || operator === "-") return aError + bError + own;
  if (operator === "*") return Math.abs(a) * bError + Math.abs(b) * aError + aError * bError + own;
  const divisor = Math.abs(b) - bError;
  return divisor > 0 ? (aError + Math.abs(value) * bError) / divisor + own : Number.POSITIVE_INFINITY;
}
