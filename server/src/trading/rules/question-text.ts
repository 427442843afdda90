import { isPlaceholder, placeholderPattern, type Placeholder } from "@nod/contract/check-rule";
import type { NotionalUsd } from "@nod/contract/action";
import { decimalPlaces, isLess, price, toCents, toSentenceNumber, usd, type Percent, type Price } from "../../core/decimal.ts";

/**
 * Text that is safe to show: composed characters, no control, direction or zero-width characters, single spaces.
 * A right-to-left override could make "sell" read as "buy".
 */
export const sanitiseText = (text: string): string => text.normalize("NFC").replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ").replaceAll(/\s+/g, " ").trim();

/** Prices as they are shown; worked out once for all who are asked on the same facts. */
export type ShownPrices = { price: string; ref: string; pct: string };

/** `pct` is the distance from the reference without its sign, since the sentence around it says "down" or "up". */
export function showPrices(of: { price: Price; ref: Price; pct: Percent }): ShownPrices {
  return { price: showPrice(of.price), ref: showPrice(of.ref), pct: toSentenceNumber(of.pct, 2).replace(/^-/, "") };
}

/** The question as it is read. Values are put in once, so nothing in them is ever taken for a placeholder. */
export function renderQuestion(template: string, values: ShownPrices & { symbol: string; notional: NotionalUsd }): string {
  const shown: Record<Placeholder, string> = { ...values, notional: showNotional(values.notional) };
  return template.replaceAll(placeholderPattern, (all, name: string) => (isPlaceholder(name) ? shown[name] : all));
}

const aDollar = price("1");

/** Cents, or six decimals for what costs less than a dollar. */
export function showPrice(amount: Price): string {
  return isLess(amount, aDollar) ? toSentenceNumber(amount, 6) : toCents(usd(amount));
}

/** `10`, `10.50`, or `5 to 50` when the answer names it. */
export function showNotional(notional: NotionalUsd): string {
  return typeof notional === "number" ? showUsd(notional) : `${showUsd(notional.ask.min)} to ${showUsd(notional.ask.max)}`;
}

/** `10`, or `10.50` with odd cents; what costs less than a cent keeps its decimals. */
export function showUsd(amount: number): string {
  if (Number.isInteger(amount)) return usd(amount);
  return decimalPlaces(usd(amount)) > 2 ? usd(amount) : toCents(usd(amount));
}
