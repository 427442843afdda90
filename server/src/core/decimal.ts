import { Decimal } from "decimal.js";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** US dollars as decimal text. */
export type Usd = Branded<"Usd">;
/** A price in USD per share or coin, as decimal text. */
export type Price = Branded<"Price">;
/** A number of shares or coins, up to nine decimals, as decimal text. */
export type Quantity = Branded<"Quantity">;
/** A percentage, 1.5 meaning 1.5 %, as decimal text. */
export type Percent = Branded<"Percent">;

type Amount = Usd | Price | Quantity | Percent;

/** 40 significant digits: products of two 24-digit columns stay exact where it matters, quotients never decide a tie. */
const Exact = Decimal.clone({ precision: 40, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -30, toExpPos: 30 });

const decimalText = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/;

export class NotADecimalError extends Error {
  override readonly name = "NotADecimalError";
}

/**
 * Reads decimal text, or a JSON number in the form that its author typed (10.1 is "10.1").
 * @throws NotADecimalError for NaN, infinities, exponents, more than 15 digits before or 9 after the point.
 */
function parse(input: string | number): string {
  const text = typeof input === "number" ? String(input) : input;
  if (!decimalText.test(text)) throw new NotADecimalError(`not a decimal number: ${JSON.stringify(text.slice(0, 40))}`);
  // Without zeros to drop the text is in its one form already; nearly all are, and this runs for every price and amount.
  if (text !== "-0" && !(text.endsWith("0") && text.includes("."))) return text;
  return new Exact(text).toFixed();
}

/** @throws NotADecimalError */
export const usd = (input: string | number): Usd => parse(input) as Usd;
/** @throws NotADecimalError */
export const price = (input: string | number): Price => parse(input) as Price;
/** @throws NotADecimalError */
export const quantity = (input: string | number): Quantity => parse(input) as Quantity;
/** @throws NotADecimalError */
export const percent = (input: string | number): Percent => parse(input) as Percent;

export const zeroUsd = usd("0");
export const zeroQuantity = quantity("0");

export function add<A extends Amount>(a: A, b: A): A {
  return new Exact(a).plus(b).toFixed() as A;
}

export function subtract<A extends Amount>(a: A, b: A): A {
  return new Exact(a).minus(b).toFixed() as A;
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compare<A extends Amount>(a: A, b: A): -1 | 0 | 1 {
  const order = new Exact(a).comparedTo(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

export const isLess = <A extends Amount>(a: A, b: A): boolean => compare(a, b) < 0;
export const isGreater = <A extends Amount>(a: A, b: A): boolean => compare(a, b) > 0;
export const smaller = <A extends Amount>(a: A, b: A): A => (isLess(a, b) ? a : b);
export const larger = <A extends Amount>(a: A, b: A): A => (isGreater(a, b) ? a : b);
export const isPositive = (a: Amount): boolean => new Exact(a).greaterThan(0);

/** How far `value` is from `ref`, in percent of `ref`: 98.5 from 100 is "-1.5". Up to 9 decimals. `ref` must not be zero. */
export function percentFrom(ref: Price, value: Price): Percent {
  return new Exact(value).minus(ref).dividedBy(ref).times(100).toDecimalPlaces(9).toFixed() as Percent;
}

/** `part` in percent of `whole`, with its sign: 5 of 200 is "2.5". Up to 9 decimals. `whole` must not be zero. */
export function percentOf(whole: Usd, part: Usd): Percent {
  return new Exact(part).dividedBy(whole).times(100).toDecimalPlaces(9).toFixed() as Percent;
}

/** The distance of `b` from `a` in basis points of `a`, without sign. Up to 9 decimals. `a` must not be zero. */
export function basisPointsBetween(a: Price, b: Price): string {
  return new Exact(b).minus(a).abs().dividedBy(a).times(10_000).toDecimalPlaces(9).toFixed();
}

/** `at` moved by so many basis points, up or (negative) down. Up to 9 decimals. */
export function moveBy(at: Price, basisPoints: number): Price {
  return new Exact(basisPoints).dividedBy(10_000).plus(1).times(at).toDecimalPlaces(9).toFixed() as Price;
}

/** `value` by the ratio of `to` to `from`. Up to 9 decimals. `from` must not be zero. */
export function scaleBy(value: Price, from: Price, to: Price): Price {
  return new Exact(value).times(to).dividedBy(from).toDecimalPlaces(9).toFixed() as Price;
}

/** A price in the shares of after a split, `ratio` of them for an old one; to four decimals, as the market tells it. */
export function splitPrice(value: Price, ratio: string): Price {
  return new Exact(value).dividedBy(ratio).toDecimalPlaces(4).toFixed() as Price;
}

/** So many shares after a split; rounded down to nine decimals. */
export function splitQuantity(qty: Quantity, ratio: string): Quantity {
  return new Exact(qty).times(ratio).toDecimalPlaces(9, Decimal.ROUND_DOWN).toFixed() as Quantity;
}

export function roundPrice(value: Price, places: number, toward: "up" | "down"): Price {
  return new Exact(value).toDecimalPlaces(places, toward === "up" ? Decimal.ROUND_UP : Decimal.ROUND_DOWN).toFixed() as Price;
}

/** What `qty` costs at `at`, rounded up to the cent: a reservation must never be too small. */
export function costOf(qty: Quantity, at: Price): Usd {
  return new Exact(qty).times(at).toDecimalPlaces(2, Decimal.ROUND_UP).toFixed() as Usd;
}

/** What `qty` is worth at `at`, to the cent, half to even. */
export function valueOf(qty: Quantity, at: Price): Usd {
  return new Exact(qty).times(at).toDecimalPlaces(2).toFixed() as Usd;
}

/** The same to nine decimals: for sums of many, which are rounded once, where they are shown. */
export function exactValueOf(qty: Quantity, at: Price): Usd {
  return new Exact(qty).times(at).toDecimalPlaces(9).toFixed() as Usd;
}

/** The price of two lots together, to nine decimals. The quantities must not add up to zero. */
export const averagePrice = (a: { qty: Quantity; price: Price }, b: { qty: Quantity; price: Price }): Price => averagePriceOf([a, b]);

/** The price of any number of lots together, to nine decimals. The quantities must not add up to zero. */
export function averagePriceOf(lots: readonly { qty: Quantity; price: Price }[]): Price {
  const cost = Exact.sum(0, ...lots.map((lot) => new Exact(lot.qty).times(lot.price)));
  return cost.dividedBy(Exact.sum(0, ...lots.map((lot) => lot.qty))).toDecimalPlaces(9).toFixed() as Price;
}

/** How much `amount` buys at `at`, rounded down to nine decimals, the finest quantity that the broker takes. */
export function quantityFor(amount: Usd, at: Price): Quantity {
  return new Exact(amount).dividedBy(at).toDecimalPlaces(9, Decimal.ROUND_DOWN).toFixed() as Quantity;
}

/** A part of it in percent, rounded down to nine decimals. */
export function shareOf(qty: Quantity, pct: number): Quantity {
  return new Exact(qty).times(pct).dividedBy(100).toDecimalPlaces(9, Decimal.ROUND_DOWN).toFixed() as Quantity;
}

/** A part of it in percent, rounded down to the cent. */
export function centsOf(amount: Usd, pct: number): Usd {
  return new Exact(amount).times(pct).dividedBy(100).toDecimalPlaces(2, Decimal.ROUND_DOWN).toFixed() as Usd;
}

/** One of so many equal parts, rounded down to the cent. */
export function dividedEqually(amount: Usd, parts: number): Usd {
  return new Exact(amount).dividedBy(parts).toDecimalPlaces(2, Decimal.ROUND_DOWN).toFixed() as Usd;
}

/** How much may be held so that a move of `multiple` times `range` costs `risk` at most; rounded down to nine decimals. `range` must be positive. */
export function quantityAtRisk(risk: Usd, multiple: number, range: Price): Quantity {
  return new Exact(risk).dividedBy(new Exact(range).times(multiple)).toDecimalPlaces(9, Decimal.ROUND_DOWN).toFixed() as Quantity;
}

/** So many basis points of an amount, rounded up to the cent. */
export function feeFrom(worth: Usd, basisPoints: number): Usd {
  return new Exact(worth).times(basisPoints).dividedBy(10_000).toDecimalPlaces(2, Decimal.ROUND_UP).toFixed() as Usd;
}

/** Two decimals, as the broker wants a notional: rounds half to even. */
export const toCents = (amount: Usd): string => new Exact(amount).toFixed(2);

/** Digits after the point that are not zeros at the end. */
export function decimalPlaces(amount: Amount): number {
  const point = amount.indexOf(".");
  return point === -1 ? 0 : amount.length - point - 1;
}

/** The amount in billionths, exactly: for integer arithmetic on hot paths. No amount has more than nine decimals. */
export function toNanos(amount: Amount): bigint {
  const [whole = "0", fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.padEnd(9, "0"));
}

/** For charts and rankings only; never for money. */
export const toApproximateNumber = (amount: Amount): number => Number(amount);

/** `digits` after the point at most, without trailing zeros: for sentences. */
export const toSentenceNumber = (amount: Amount, digits: number): string => new Exact(amount).toDecimalPlaces(digits).toFixed();
