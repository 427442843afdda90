import type { Position } from "@nod/contract/status";
import { fromBillionths, productOf, toBillionths } from "../money/decimal-text.ts";

/** What a position has gained (or, negative, lost) against what was paid, in USD; null while its price is unknown. */
export function gainOf({ qty, avg_entry_price, market_value }: Position): string | null {
  if (market_value === null) return null;
  const paid = productOf(qty, avg_entry_price);
  const worth = toBillionths(market_value);
  return paid === null || worth === null ? null : fromBillionths(worth - paid);
}
