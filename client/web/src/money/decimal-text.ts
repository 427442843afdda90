/**
 * Decimal strings of the contract, formatted and compared without binary floats: 9 digits after the point,
 * held as an integer of billionths.
 */
const billion = 1_000_000_000n;
const decimalPattern = /^(-?)(\d{1,15})(?:\.(\d{1,9}))?$/;

/** Billionths of a decimal string; null when it is not one. */
export function toBillionths(text: string): bigint | null {
  const match = decimalPattern.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "0", fraction = ""] = match;
  const magnitude = BigInt(whole) * billion + BigInt(fraction.padEnd(9, "0"));
  return sign === "-" ? -magnitude : magnitude;
}

/** The shortest decimal string of so many billionths. */
export function fromBillionths(value: bigint): string {
  const magnitude = value < 0n ? -value : value;
  const fraction = (magnitude % billion).toString().padStart(9, "0").replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${(magnitude / billion).toString()}${fraction === "" ? "" : `.${fraction}`}`;
}

function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const rounded = (top * 2n + bottom) / (bottom * 2n);
  return negative ? -rounded : rounded;
}

function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Rounds half away from zero to `digits` after the point, with thousands apart and a true minus sign. */
function format(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(9 - digits);
  const rounded = divideRounded(value, unit);
  const magnitude = (rounded < 0n ? -rounded : rounded).toString().padStart(digits + 1, "0");
  const whole = magnitude.slice(0, magnitude.length - digits);
  const fraction = digits === 0 ? "" : `.${magnitude.slice(-digits)}`;
  return `${rounded < 0n ? "−" : ""}${grouped(whole)}${fraction}`;
}

const unreadable = "—";

/** `10` → `$10.00`; a long dash for what is not a decimal. */
export function usd(text: string): string {
  const value = toBillionths(text);
  if (value === null) return unreadable;
  const shown = format(value, 2);
  return shown.startsWith("−") ? `−$${shown.slice(1)}` : `$${shown}`;
}

/** `10.00` → `$10`, `10.5` → `$10.50`: for buttons, where the cents say something only when there are some. */
export function usdBrief(text: string): string {
  return usd(text).replace(/\.00$/, "");
}

/** A price as a chart labels it: two digits, four below one dollar. */
export function price(text: string): string {
  const value = toBillionths(text);
  if (value === null) return unreadable;
  return format(value, value > -billion && value < billion ? 4 : 2);
}

/** `-1.62` → `1.6`: the size of a change; its direction is said in words. One digit, two below one tenth. */
export function percentSize(text: string): string {
  const value = toBillionths(text);
  if (value === null) return unreadable;
  const magnitude = value < 0n ? -value : value;
  return format(magnitude, magnitude < billion / 10n ? 2 : 1);
}

/** A quantity with up to `digits` after the point and no trailing zeros. */
export function quantity(text: string, digits = 4): string {
  const value = toBillionths(text);
  if (value === null) return unreadable;
  const shown = format(value, digits);
  return shown.includes(".") ? shown.replace(/0+$/, "").replace(/\.$/, "") : shown;
}

/** About how many shares `notional` buys at `at`: four digits, six when four would show next to nothing. */
export function aboutShares(notional: string, at: string): string | null {
  const money = toBillionths(notional);
  const each = toBillionths(at);
  if (money === null || each === null || each <= 0n) return null;
  const shares = divideRounded(money * billion, each);
  return quantity(fromBillionths(shares), shares < billion / 100n ? 6 : 4);
}

/** `left × right`, in billionths. */
export function productOf(left: string, right: string): bigint | null {
  const one = toBillionths(left);
  const other = toBillionths(right);
  return one === null || other === null ? null : divideRounded(one * other, billion);
}

/** What so many shares are worth at a price, in dollars; null when one of them is not a decimal. */
export function worthOfShares(shares: string, at: string): string | null {
  const product = productOf(shares, at);
  return product === null ? null : fromBillionths(product);
}

/** By how many percent `to` lies above (or, negative, below) `from`; null without a positive `from`. */
export function percentChange(from: string, to: string): string | null {
  const base = toBillionths(from);
  const now = toBillionths(to);
  if (base === null || now === null || base <= 0n) return null;
  return fromBillionths(divideRounded((now - base) * 100n * billion, base));
}

/** `reference` moved by so many percent, which is where a rule's level lies. */
export function movedByPercent(reference: string, percent: string): string | null {
  const base = toBillionths(reference);
  const rate = toBillionths(percent);
  if (base === null || rate === null) return null;
  return fromBillionths(base + divideRounded(base * rate, 100n * billion));
}

/** What is not a decimal counts as zero. */
export function sumOf(texts: readonly string[]): string {
  return fromBillionths(texts.reduce((total, text) => total + (toBillionths(text) ?? 0n), 0n));
}

/** `2.94` → `+$2.94`, `-0.45` → `−$0.45`: what was made, or lost. */
export function signedUsd(text: string): string {
  const shown = usd(text);
  return compareDecimals(text, "0") > 0 && shown !== usd("0") ? `+${shown}` : shown;
}

/** Negative, zero or positive, as `left` is below, at or above `right`; what is not a decimal counts as zero. */
export function compareDecimals(left: string, right: string): number {
  const difference = (toBillionths(left) ?? 0n) - (toBillionths(right) ?? 0n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** For drawing alone: pixels need no exactness. */
export function toPlotNumber(text: string): number {
  return Number(text);
}
