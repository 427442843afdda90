import type { ProposedOrder, TradingQuestionMetadata } from "@nod/contract/question";
import { aboutShares, movedByPercent, percentSize, price, quantity, usd, worthOfShares } from "../money/decimal-text.ts";
import { sideWords } from "../words/market.ts";

/** What would be sent, in lines that read like a receipt: the order, its terms, and what follows on it by itself. */
export type Receipt = { title: string; terms: string; exits: string | null };

/** `shares` also names coins, which nobody counts in shares. */
function unit(assetClass: TradingQuestionMetadata["asset_class"]): string {
  return assetClass === "crypto" ? "coins" : "shares";
}

function exitWords({ exits }: ProposedOrder, entry: string): string | null {
  if (exits === undefined) return null;
  const level = (percent: number): string => {
    const at = movedByPercent(entry, String(percent));
    return at === null ? "" : ` at about $${price(at)}`;
  };
  const parts: string[] = [];
  if (exits.stop_loss_pct !== undefined) parts.push(`stop${level(-exits.stop_loss_pct)} (−${percentSize(String(exits.stop_loss_pct))}\u202f%)`);
  if (exits.take_profit_pct !== undefined) parts.push(`target${level(exits.take_profit_pct)} (+${percentSize(String(exits.take_profit_pct))}\u202f%)`);
  if (exits.trailing_stop !== undefined) {
    const { trail_pct, activate_at_pct = 0 } = exits.trailing_stop;
    const from = activate_at_pct === 0 ? "" : ` once it is ${percentSize(String(activate_at_pct))}\u202f% up`;
    parts.push(`trailing stop ${percentSize(String(trail_pct))}\u202f% below its highest price${from}`);
  }
  return parts.length === 0 ? null : `Then sold by itself: ${parts.join(", ")}.`;
}

/**
 * @param amount what the person chose, when the question asks for it
 * @param latestPrice the newest one that is known
 */
export function receiptOf(metadata: TradingQuestionMetadata, amount: string | null, latestPrice: string): Receipt {
  const { order, symbol } = metadata;
  const side = sideWords[order.side].order;
  const kind = order.order_type === "limit" && order.limit_price !== undefined ? `Limit $${price(order.limit_price)}` : order.order_type === "limit" ? "Limit" : "Market";
  const at = order.limit_price ?? latestPrice;
  const exits = exitWords(order, at);
  const notional = order.notional_usd ?? amount;
  if (notional !== null) {
    const shares = aboutShares(notional, at);
    const terms = [kind, ...(shares === null ? [] : [`about ${shares} ${unit(metadata.asset_class)}`]), ...(order.side === "buy" ? [`at most ${usd(notional)}`] : [])];
    return { title: `${side} ${usd(notional)} of ${symbol}`, terms: terms.join(" · "), exits };
  }
  if (order.qty === undefined) return { title: `${side} ${symbol}`, terms: kind, exits };
  const worth = worthOfShares(order.qty, at);
  const isBound = order.side === "buy" && order.limit_price !== undefined;
  return { title: `${side} ${quantity(order.qty, 9)} ${unit(metadata.asset_class)} of ${symbol}`, terms: worth === null ? kind : `${kind} · ${isBound ? "at most" : "about"} ${usd(worth)}`, exits };
}
