import { compareDecimals } from "../money/decimal-text.ts";

export type AmountBounds = { min: string; max: string };

/** Dollars with at most two digits after the point, as a person types them. */
const amountPattern = /^\d{1,9}(\.\d{1,2})?$/;

/** The amount to send, or null when the text is not one or lies outside the bounds. */
export function readAmount(text: string, bounds: AmountBounds): string | null {
  const trimmed = text.trim().replace(/^\$/, "").replace(",", ".");
  if (!amountPattern.test(trimmed)) return null;
  return compareDecimals(trimmed, bounds.min) >= 0 && compareDecimals(trimmed, bounds.max) <= 0 ? trimmed : null;
}

/** One dollar more or less than what is there, kept inside the bounds. */
export function stepAmount(text: string, step: 1 | -1, bounds: AmountBounds): string {
  const amount = readAmount(text, bounds) ?? bounds.min;
  const whole = BigInt(amount.split(".")[0] ?? "0");
  const hasCents = /\.\d*[1-9]/.test(amount);
  const stepped = (step === 1 ? whole + 1n : hasCents ? whole : whole - 1n).toString();
  if (compareDecimals(stepped, bounds.min) < 0) return bounds.min;
  return compareDecimals(stepped, bounds.max) > 0 ? bounds.max : stepped;
}
