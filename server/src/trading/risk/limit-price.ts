/** The prices that a limit order may name. Source: Alpaca's order rules, and the sub-penny rule (SEC Rule 612) that they follow. */
import type { AssetClass, Side } from "@nod/contract/primitives";
import { decimalPlaces, isLess, isPositive, moveBy, price, roundPrice, scaleBy, type Price } from "../../core/decimal.ts";

const oneDollar = price("1");

/** A share's price goes by cents from $1 on and by hundredths of a cent below; a coin's by as many decimals as we keep. */
function decimalsOf(assetClass: AssetClass, value: Price): number {
  if (assetClass === "crypto") return 9;
  return isLess(value, oneDollar) ? 4 : 2;
}

export const isOnTick = (assetClass: AssetClass, value: Price): boolean => isPositive(value) && decimalPlaces(value) <= decimalsOf(assetClass, value);

/** Whose limit it is to be: a buy's is rounded down and a sell's up, so that nobody is asked to agree to less and given more. */
type LimitOf = { assetClass: AssetClass; side: Side };

function onTick({ assetClass, side }: LimitOf, value: Price): Price {
  return roundPrice(value, decimalsOf(assetClass, value), side === "buy" ? "down" : "up");
}

/**
 * The limit of an order that is to lie so many basis points above (negative: below) `from`. Of a share that costs less than
 * a hundredth of a cent a buy's comes out as zero, which no guardrail passes. Pure.
 */
export const limitPriceFrom = (of: LimitOf & { from: Price; offsetBps: number }): Price => onTick(of, moveBy(of.from, of.offsetBps));

/** A limit that was named while the price was `from`, at the same distance from what it is now. Pure. */
export const limitPriceMoved = (of: LimitOf & { limit: Price; from: Price; to: Price }): Price => onTick(of, scaleBy(of.limit, of.from, of.to));
