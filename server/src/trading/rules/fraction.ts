/** Exact arithmetic for the few comparisons that doubles cannot decide. The denominator is positive; fractions are not reduced. */
export type Fraction = { numerator: bigint; denominator: bigint };

/** Null: there is none by nature. Null when asked: it was divided by what is exactly zero. */
export type Exact = (() => Fraction | null) | null;

const decimalPattern = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * Decimal text, or the decimal that a double prints as: exactly what was written wherever that had at most 15 digits.
 * @throws RangeError for what is not finite
 */
export function fractionOf(decimal: string | number): Fraction {
  const match = decimalPattern.exec(String(decimal));
  if (match === null) throw new RangeError(`not a decimal number: ${decimal}`);
  const [, sign = "", whole = "0", fraction = "", exponent = "0"] = match;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const shift = Number(exponent) - fraction.length;
  return shift >= 0 ? { numerator: digits * 10n ** BigInt(shift), denominator: 1n } : { numerator: digits, denominator: 10n ** BigInt(-shift) };
}

export const plus = (a: Fraction, b: Fraction): Fraction => ({ numerator: a.numerator * b.denominator + b.numerator * a.denominator, denominator: a.denominator * b.denominator });
export const minus = (a: Fraction, b: Fraction): Fraction => ({ numerator: a.numerator * b.denominator - b.numerator * a.denominator, denominator: a.denominator * b.denominator });
export const times = (a: Fraction, b: Fraction): Fraction => ({ numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator });

/** Null: division by zero. */
export function dividedBy(a: Fraction, b: Fraction): Fraction | null {
  if (b.numerator === 0n) return null;
  const sign = b.numerator < 0n ? -1n : 1n;
  return { numerator: sign * a.numerator * b.denominator, denominator: sign * a.denominator * b.numerator };
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareFractions(a: Fraction, b: Fraction): -1 | 0 | 1 {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** An exact value that is computed from two others: none when one of them has none by nature. */
export function exactly(a: Exact, b: Exact, of: (a: Fraction, b: Fraction) => Fraction | null): Exact {
  if (a === null || b === null) return null;
  return () => {
    const [left, right] = [a(), b()];
    return left === null || right === null ? null : of(left, right);
  };
}
