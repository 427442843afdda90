/**
 * Prices of the recording as whole ten-thousandths of a dollar: exact to compare, to
 * interpolate and to print. 167.42 is 1_674_200.
 */
export type Ticks = number;

const TICKS_PER_DOLLAR = 10_000;
/** Interpolated prices move in whole cents, as quoted stocks do. */
export const CENT: Ticks = 100;

/** Reads a decimal price of at most four decimals; throws on anything else. */
export function parseTicks(text: string): Ticks {
  const match = /^(\d+)(?:\.(\d{1,4})0*)?$/.exec(text.trim());
  if (match?.[1] === undefined) throw new RangeError(`not a price of at most four decimals: "${text}"`);
  const ticks = Number(match[1]) * TICKS_PER_DOLLAR + Number((match[2] ?? "").padEnd(4, "0"));
  if (!Number.isSafeInteger(ticks)) throw new RangeError(`price out of range: "${text}"`);
  return ticks;
}

/** The decimal string, without trailing zeros: `167.42`. */
export function ticksToDecimal(ticks: Ticks): string {
  const dollars = Math.floor(ticks / TICKS_PER_DOLLAR);
  const rest = String(ticks % TICKS_PER_DOLLAR).padStart(4, "0").replace(/0+$/, "");
  return rest === "" ? String(dollars) : `${dollars}.${rest}`;
}

/** The JSON number of Alpaca's market data. A correctly rounded quotient prints as the decimal it came from. */
export function ticksToJson(ticks: Ticks): number {
  return ticks / TICKS_PER_DOLLAR;
}
