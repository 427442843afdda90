import { Decimal as Base } from "decimal.js";

/** Money and quantities: 40 significant digits, always printed in full, never through a binary float. */
export const Decimal = Base.clone({ precision: 40, rounding: Base.ROUND_HALF_UP, toExpNeg: -30, toExpPos: 30 });
export type Decimal = Base;

export const ZERO: Decimal = new Decimal(0);

/** Alpaca's quantities have nine decimals; what does not divide is rounded down. */
export function quantity(value: Decimal): Decimal {
  return value.toDecimalPlaces(9, Base.ROUND_DOWN);
}

/** Dollars to the cent, as account figures are shown. */
export function cents(value: Decimal): string {
  return value.toDecimalPlaces(2).toString();
}

const PLAIN_DECIMAL = /^-?\d{1,15}(\.\d{1,18})?$/;

/** A decimal from a request's string or number; undefined for anything else (exponents and NaN too). */
export function readDecimal(value: unknown): Decimal | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return readDecimal(String(value));
  return typeof value === "string" && PLAIN_DECIMAL.test(value) ? new Decimal(value) : undefined;
}
